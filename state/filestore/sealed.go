package filestore

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"

	"herald/state"
)

// encode writes the snapshot of a record, sealed as a whole if there is a sealer.
func encode(w io.Writer, r *state.Record, sealer state.Sealer) error {
	if !state.Seals(sealer) {
		return state.Encode(w, r)
	}
	var plain bytes.Buffer
	if err := state.Encode(&plain, r); err != nil {
		return err
	}
	sealed, err := sealer.Seal(plain.Bytes())
	if err != nil {
		return err
	}
	_, err = w.Write(sealed)
	return err
}

// decode reads a snapshot, and returns its checksum as well. What is sealed is
// read to its end first.
func decode(f io.ReadSeeker, path string, sealer state.Sealer) (*state.Record, string, error) {
	h := sha256.New()
	if sealer == nil {
		begin, err := bufio.NewReaderSize(f, 64).Peek(32)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, "", fmt.Errorf("%s: %w", path, err)
		}
		if state.IsSealed(begin) {
			_, err = state.Unseal(nil, begin, path)
			return nil, "", err
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return nil, "", err
		}
		r, err := state.Decode(io.TeeReader(f, h), path)
		if err == nil {
			_, err = io.Copy(h, f) // nothing, as Decode reads to the end
		}
		return r, checksum(h), err
	}
	sealed, err := io.ReadAll(f)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", path, err)
	}
	plain, err := state.Unseal(sealer, sealed, path)
	if err != nil {
		return nil, "", err
	}
	h.Write(sealed)
	r, err := state.Decode(bytes.NewReader(plain), path)
	return r, checksum(h), err
}

var (
	sealedStart  = []byte(`{"sealed":`)
	sealedMiddle = []byte(`,"data":"`)
	sealedEnd    = []byte(`"}`)
)

// maxSealed is how many bytes of entries one sealed line holds, a single larger
// entry apart.
const maxSealed = 4 << 20

// sealedLine is a line of a batch that has not ended yet.
type sealedLine struct {
	line int
	last uint64 // the number of its last entry
	data []byte // sealed
}

// sealedBatch appends a batch of entry lines to buf as batch does, encrypted.
func (j journal) sealedBatch(buf []byte, entries [][]byte, sealer state.Sealer) ([]byte, journal, error) {
	if j.bare {
		buf = append(buf, '\n')
	}
	start := len(buf)
	for len(entries) > 0 {
		n, size := 0, 0
		for n < len(entries) && (n == 0 || size+len(entries[n]) <= maxSealed) {
			size += len(entries[n]) + 1
			n++
		}
		sealed, err := sealer.Seal(bytes.Join(entries[:n], []byte{'\n'}))
		if err != nil {
			return nil, j, err
		}
		j.entries += uint64(n)
		entries = entries[n:]
		buf = strconv.AppendUint(append(buf, sealedStart...), j.entries, 10)
		buf = base64.StdEncoding.AppendEncode(append(buf, sealedMiddle...), sealed)
		buf = append(append(buf, sealedEnd...), '\n')
	}
	buf, j = j.endBatch(buf, start)
	return buf, j, nil
}

// sealedEntries takes a sealed line. It is opened when the batch has ended and
// its sum fits.
func (r *journalReader) sealedEntries(line []byte) error {
	digits, rest, ok := bytes.Cut(line[len(sealedStart):], sealedMiddle)
	data, whole := bytes.CutSuffix(rest, sealedEnd)
	last, err := strconv.ParseUint(string(digits), 10, 64)
	if !ok || !whole || err != nil || strconv.FormatUint(last, 10) != string(digits) {
		return r.problem("this is no line of a journal: it is damaged")
	}
	if n := r.journal.entries + r.count; last <= n || last-n > maxSealed {
		return r.problem("entries up to %d follow where entry %d was expected: lines are missing, or there twice", last, n+1)
	}
	// A line that has lost its end would else be part of a batch that was not
	// finished, and be cut off.
	sealed, err := base64.StdEncoding.DecodeString(string(data))
	if err != nil {
		return r.problem("what is sealed is damaged: %s", err)
	}
	r.sealed = append(r.sealed, sealedLine{r.line, last, sealed})
	r.count = last - r.journal.entries
	r.lines = append(append(r.lines, line...), '\n')
	return nil
}

// openSealed opens the sealed lines of a batch that has ended.
func (r *journalReader) openSealed() error {
	before := r.journal.entries
	for _, l := range r.sealed {
		at := r.line
		r.line = l.line
		plain, err := state.Unseal(r.sealer, l.data, r.path)
		var told *state.FormatError
		if errors.As(err, &told) {
			told.Line = l.line
		}
		if err != nil {
			return err
		}
		entries := bytes.Split(plain, []byte{'\n'})
		if uint64(len(entries)) != l.last-before {
			return r.problem("%d entries are sealed here, and %d were expected", len(entries), l.last-before)
		}
		for i, text := range entries {
			e, err := r.decoder.Decode(text)
			if err != nil {
				return r.problem("entry %d is damaged: %s", before+uint64(i)+1, err)
			}
			r.pending = append(r.pending, e)
		}
		before, r.line = l.last, at
	}
	if r.sealer != nil && !r.journal.sealed && r.count > 0 {
		_, err := state.Unseal(r.sealer, r.lines, r.path)
		return err
	}
	return nil
}
