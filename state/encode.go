package state

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strconv"
	"unicode/utf8"
)

// Encode writes the record as JSON: an object whose fields stand one to a
// line, and so do the entries, sorted by address and revision. Equal records
// are equal bytes. The field check is "sha256:" and the SHA-256 of the entries'
// lines, each without its comma and with a line feed. It comes last, so that
// nothing is held in memory. The version is the lowest that has all the
// fields that are in use, so that an older Herald can read what it
// understands.
//
// The error is that of w, or says which part of the record may not be stored.
func Encode(w io.Writer, r *Record) error {
	for _, s := range []string{r.Lineage, r.Origin} {
		if !utf8.ValidString(s) {
			return fmt.Errorf("lineage or origin is not valid UTF-8: %q", s)
		}
	}
	for id, endpoint := range r.Endpoints {
		if !utf8.ValidString(id) || !utf8.ValidString(endpoint) {
			return fmt.Errorf("the endpoint %q of account %q is not valid UTF-8", endpoint, id)
		}
	}
	if r.Mark != nil && !utf8.ValidString(r.Mark.Place) {
		return fmt.Errorf("the place of the mark is not valid UTF-8: %q", r.Mark.Place)
	}
	if r.Lineage == "" {
		return fmt.Errorf("the record has no lineage")
	}
	out := bufio.NewWriterSize(w, 64<<10)
	if _, err := out.Write(appendHeader(nil, r)); err != nil {
		return err
	}
	sum := newCheck()
	var buf []byte
	for i, e := range r.Sorted() {
		buf = buf[:0]
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, '\n')
		start := len(buf)
		var err error
		if buf, err = AppendEntry(buf, e); err != nil {
			return err
		}
		sum.add(buf[start:])
		if _, err := out.Write(buf); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "\n],\n\"check\":\"%s\"\n}\n", sum)
	return out.Flush()
}

func appendHeader(b []byte, r *Record) []byte {
	b = append(b, "{\n\"version\":"...)
	b = strconv.AppendInt(b, int64(r.formatVersion()), 10)
	b = append(b, ",\n\"lineage\":"...)
	b = appendString(b, r.Lineage)
	b = append(b, ",\n\"serial\":"...)
	b = strconv.AppendUint(b, r.Serial, 10)
	if r.Origin != "" {
		b = append(b, ",\n\"origin\":"...)
		b = appendString(b, r.Origin)
	}
	if len(r.Endpoints) > 0 {
		b = append(b, ",\n\"endpoints\":"...)
		b = appendMap(b, r.Endpoints)
	}
	if r.Mark != nil {
		b = append(b, ",\n\"mark\":"...)
		b = appendMap(b, r.Mark.fields())
	}
	return append(b, ",\n\"entries\":["...)
}

// check is the running checksum of entry lines.
type check struct {
	hash hash.Hash
	feed [1]byte
}

func newCheck() *check { return &check{sha256.New(), [1]byte{'\n'}} }

func (c *check) add(line []byte) {
	c.hash.Write(line)
	c.hash.Write(c.feed[:])
}

// String returns the checksum as the file has it.
func (c *check) String() string { return "sha256:" + hex.EncodeToString(c.hash.Sum(nil)) }
