package pgstore

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"herald/state"
)

// head is what is stored of a record beside its entries and its serial. Of an
// encrypted record all of it is sealed, the key of the entries included.
type head struct {
	Record    string            `json:"record"`
	Lineage   string            `json:"lineage"`
	Origin    string            `json:"origin,omitempty"`
	Endpoints map[string]string `json:"endpoints,omitempty"`
	Key       []byte            `json:"key,omitempty"`
	// Of a marked record, Record is what no older Herald takes for its own, and
	// the name is here.
	Mark *state.Mark `json:"mark,omitempty"`
	Name string      `json:"name,omitempty"`

	stored []byte // as the database has it
	lines  *lines // how entries are stored
}

// lines turns entries into rows and back. The zero value leaves them readable.
//
// Of an encrypted record it encrypts each line under the record's own key,
// bound to its place, so that a row costs a microsecond whatever a Sealer
// costs; and in the place of what columns are to find it stores keyed hashes.
type lines struct {
	aead cipher.AEAD // nil: not encrypted
	mac  []byte
}

// newLines returns the lines of a record with that key; a nil key is that of
// one that is not encrypted.
func newLines(key []byte) (*lines, error) {
	if key == nil {
		return &lines{}, nil
	}
	if len(key) != sha256.Size {
		return nil, fmt.Errorf("the key of the entries has %d bytes", len(key))
	}
	block, err := aes.NewCipher(derive(key, "lines"))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &lines{aead, derive(key, "columns")}, nil
}

// derive returns the key for one use.
func derive(key []byte, use string) []byte {
	m := hmac.New(sha256.New, key)
	_, _ = m.Write([]byte("herald pgstore " + use))
	return m.Sum(nil)
}

// column returns what stands in a column for a value. An empty value stays so.
func (l *lines) column(name, value string) string {
	switch {
	case value == "":
		return ""
	case l.aead == nil:
		return plain(value)
	}
	m := hmac.New(sha256.New, l.mac)
	_, _ = m.Write([]byte(name + "\x00" + value))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:18])
}

// plain returns a value as a column holds it. What PostgreSQL cannot store, or
// cannot index, is replaced by its hash; what looks like one is hashed too.
func plain(value string) string {
	if len(value) <= 400 && !strings.ContainsRune(value, 0) && !strings.HasPrefix(value, "#") {
		return value
	}
	sum := sha256.Sum256([]byte(value))
	return "#" + hex.EncodeToString(sum[:])
}

// seal returns the line as it is stored at its place.
func (l *lines) seal(line []byte, place []byte) []byte {
	if l.aead == nil {
		return line
	}
	return l.aead.Seal(nil, nil, line, place)
}

// open returns the line that was stored at the place.
func (l *lines) open(stored, place []byte) ([]byte, error) {
	if l.aead == nil {
		return stored, nil
	}
	line, err := l.aead.Open(nil, nil, stored, place)
	if err != nil {
		return nil, errors.New("it was changed, or belongs elsewhere: it cannot be decrypted")
	}
	return line, nil
}

// place says where a line belongs: it cannot be put elsewhere, nor under
// another change.
func place(dst []byte, address string, revision, change int64) []byte {
	dst = strconv.AppendInt(dst, revision, 10)
	dst = strconv.AppendInt(append(dst, ' '), change, 10)
	return append(append(dst, ' '), address...)
}

// newHead returns the head of a new record, with a key of its own if it is to
// be encrypted.
func (s *Store) newHead(r *state.Record) (*head, error) {
	h := &head{Lineage: r.Lineage}
	if state.Seals(s.o.Sealer) {
		h.Key = make([]byte, sha256.Size)
		_, _ = rand.Read(h.Key) // never fails: crypto/rand ends the program instead
	}
	var err error
	h.lines, err = newLines(h.Key)
	return h, err
}

// with returns the head with what r says, ready to be stored.
func (s *Store) with(h *head, r *state.Record) (*head, error) {
	next := *h
	next.Lineage, next.Origin, next.Endpoints = r.Lineage, r.Origin, maps.Clone(r.Endpoints)
	next.Mark, next.Record, next.Name = r.Mark, s.o.Record, ""
	if r.Mark != nil {
		next.Record, next.Name = s.o.Record+", which a newer Herald has moved", s.o.Record
	}
	text, err := json.Marshal(&next)
	if err != nil {
		return nil, err
	}
	if s.o.Sealer != nil {
		if text, err = s.o.Sealer.Seal(text); err != nil {
			return nil, fmt.Errorf("the record cannot be encrypted: %w", err)
		}
	}
	next.stored = text
	return &next, nil
}

// openHead reads what newHead and with have made. Sealed says whether it was
// stored encrypted.
func (s *Store) openHead(stored []byte, sealed bool) (*head, error) {
	switch {
	case sealed && s.o.Sealer == nil:
		return nil, &state.StoreError{
			Store: storeName, Location: s.Location(), Problem: "the record is encrypted, and nothing says with which key",
			Advice: "Add the block encryption to herald { }, as it was when the record was made. If it is no longer to be encrypted, with the key still there:\n\n  herald state rekey -decrypt\n\nNothing was sent.",
		}
	case !sealed && state.Seals(s.o.Sealer) && !s.changing():
		return nil, &state.StoreError{
			Store: storeName, Location: s.Location(), Problem: "the record is not encrypted, and the configuration says that it is",
			Advice: "Take the block encryption out of herald { }, or have the record encrypted where it is:\n\n  herald state rekey\n\nNothing was sent.",
		}
	}
	s.mu.Lock()
	last := s.head
	s.mu.Unlock()
	if last != nil && bytes.Equal(last.stored, stored) {
		return last, nil
	}
	text := stored
	if sealed {
		var err error
		if text, err = s.o.Sealer.Open(stored); err != nil {
			return nil, &state.StoreError{
				Store: storeName, Location: s.Location(), Problem: "the record cannot be decrypted",
				Advice: "Look at whether the key is one that the record was encrypted for. If it is, the record was changed. Nothing was sent.", Err: err,
			}
		}
	}
	h := &head{stored: bytes.Clone(stored)}
	err := json.Unmarshal(text, h)
	switch {
	case err == nil && h.name() != s.o.Record:
		err = fmt.Errorf("it is that of the record %q", h.name())
	case err == nil && sealed != (h.Key != nil):
		err = errors.New("its key is missing, or it has one that it should not")
	}
	if err == nil {
		h.lines, err = newLines(h.Key)
	}
	if err != nil {
		return nil, s.damaged("the head of the record cannot be read: %v", err)
	}
	s.mu.Lock()
	s.head = h
	s.mu.Unlock()
	return h, nil
}

// name returns the name of the record.
func (h *head) name() string {
	if h.Mark != nil {
		return h.Name
	}
	return h.Record
}

// changing reports whether the encryption of the record is being changed, so
// that it may be read in either form.
func (s *Store) changing() bool {
	_, ok := s.o.Sealer.(state.Changing)
	return ok
}

// damaged returns an error about what is stored.
func (s *Store) damaged(form string, args ...any) error {
	return &state.FormatError{
		Path: s.Location(), Problem: fmt.Sprintf(form, args...),
		Advice: "Something other than Herald has changed the tables, or the server has damaged them. Restore the schema from a backup; a backup does not know " +
			"what was sent since, and Herald would send that again: see herald recover. Nothing was sent.",
	}
}

// holderText returns what is stored of a holder.
func (s *Store) holderText(who state.Holder) ([]byte, error) {
	text, err := json.Marshal(who)
	if err == nil && s.o.Sealer != nil {
		text, err = s.o.Sealer.Seal(text)
	}
	return text, err
}

// holder reads what holderText has made, or returns nil.
func (s *Store) holder(text []byte) *state.Holder {
	if s.o.Sealer != nil {
		opened, err := s.o.Sealer.Open(text)
		if err != nil {
			return nil
		}
		text = opened
	}
	var h state.Holder
	if json.Unmarshal(text, &h) != nil {
		return nil
	}
	return &h
}
