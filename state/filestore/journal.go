package filestore

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"herald/state"
)

// The journal is lines of JSON:
//
//	{"journal":1,"lineage":"…","base":7,           it goes on from the snapshot with serial 7
//	 "snapshot":"sha256:…"}                        and this checksum (on the same line)
//	{"n":1,"entry":{…}}                            an entry; they are numbered
//	{"n":2,"entry":{…}}
//	{"batch":1,"last":2,"sum":"…"}                 the end of a batch: what is before it is durable
//	{"fold":8,"snapshot":"sha256:…","sum":"…"}     all of it is in the snapshot with serial 8
//
// Where the record is encrypted the first line has journal 2, and the entries
// of a batch stand in lines of this form instead, one or more of them:
//
//	{"sealed":2,"data":"…"}                        the entries up to that number, sealed, as base64
//
// A sum is the first half of the SHA-256 over the sum before it and the lines
// since, up to the quote that opens it. The header line has a sum too, which
// is not written: that over sixteen zero bytes and the line. So no line can
// change or go without being noticed, a last batch that goes whole apart.
//
// The checksum of a snapshot is the SHA-256 of the file as it is stored. Two
// clones of a record come to the same serial easily, each with sends of its own;
// only the checksum tells their snapshots apart. Where the first line has none,
// the serial has to do.

const (
	journalVersion = 1
	sealedVersion  = 2 // of a journal whose entries are encrypted
	maxLine        = 16 << 20
	sumSize        = 16
)

type sum [sumSize]byte

// over returns the sum of lines that follow s.
func (s sum) over(lines []byte) sum {
	h := sha256.New()
	h.Write(s[:])
	h.Write(lines)
	return sum(h.Sum(nil)[:sumSize])
}

// journal is where a journal stands: its header, and all that is needed to
// write the next batch.
type journal struct {
	lineage string
	base    uint64
	from    string // the checksum of the snapshot from which it goes on, or ""
	entries uint64 // the number of the last one
	batches uint64
	sum     sum
	end     int64 // in bytes, behind the last complete batch
	bare    bool  // the line feed is missing there
	sealed  bool  // its entries are
	fold    *fold // if that is what comes last
}

// fold says that a snapshot holds what the journal holds.
type fold struct {
	serial   uint64
	snapshot string // sha256: and the SHA-256 of the file
}

// newJournal returns an empty journal that goes on from a snapshot with that
// checksum, and its header line.
func newJournal(lineage string, base uint64, from string, sealed bool) (*journal, []byte) {
	version := journalVersion
	if sealed {
		version = sealedVersion
	}
	name, _ := json.Marshal(lineage) // every string has a JSON form
	line := fmt.Appendf(nil, `{"journal":%d,"lineage":%s,"base":%d`, version, name, base)
	if from != "" {
		line = fmt.Appendf(line, `,"snapshot":%q`, from)
	}
	line = append(line, "}\n"...)
	return &journal{lineage: lineage, base: base, from: from, sealed: sealed, sum: sum{}.over(line), end: int64(len(line))}, line
}

// batch appends a batch of entry lines to buf and returns where the journal
// stands once that is written at its end.
func (j journal) batch(buf []byte, entries [][]byte) ([]byte, journal) {
	if j.bare {
		buf = append(buf, '\n')
	}
	start := len(buf)
	for _, e := range entries {
		j.entries++
		buf = append(buf, `{"n":`...)
		buf = strconv.AppendUint(buf, j.entries, 10)
		buf = append(buf, `,"entry":`...)
		buf = append(buf, e...)
		buf = append(buf, "}\n"...)
	}
	return j.endBatch(buf, start)
}

// endBatch appends the line that ends the batch whose lines begin at start.
func (j journal) endBatch(buf []byte, start int) ([]byte, journal) {
	j.batches++
	buf = fmt.Appendf(buf, `{"batch":%d,"last":%d,"sum":"`, j.batches, j.entries)
	j.fold = nil
	return j.finish(buf, start)
}

// folded appends the line that says which snapshot holds the journal.
func (j journal) folded(buf []byte, f fold) ([]byte, journal) {
	if j.bare {
		buf = append(buf, '\n')
	}
	start := len(buf)
	buf = fmt.Appendf(buf, `{"fold":%d,"snapshot":"%s","sum":"`, f.serial, f.snapshot)
	j.fold = &f
	return j.finish(buf, start)
}

// finish ends a line that begins with all but its sum.
func (j journal) finish(buf []byte, start int) ([]byte, journal) {
	j.sum = j.sum.over(buf[start:])
	buf = hex.AppendEncode(buf, j.sum[:])
	buf = append(buf, "\"}\n"...)
	j.end += int64(len(buf) - start)
	if j.bare {
		j.end, j.bare = j.end+1, false
	}
	return buf, j
}

// journalReader reads a journal line by line.
type journalReader struct {
	in      *bufio.Reader
	path    string
	sealer  state.Sealer
	line    int
	journal journal
	decoder state.EntryDecoder

	// Of the batch that has not ended yet:
	first   int // its first line
	pending []*state.Entry
	count   uint64 // of entries, those in sealed lines among them
	sealed  []sealedLine
	lines   []byte
}

// readJournal reads a whole journal. It hands the header to begin, and then each
// entry of a complete batch to put, in order. An unfinished last batch is left out. An error is a
// *state.FormatError, or what rd returned.
func readJournal(rd io.Reader, path string, sealer state.Sealer, begin func(*journal), put func(*state.Entry)) (*journal, error) {
	r := &journalReader{in: bufio.NewReaderSize(rd, 64<<10), path: path, sealer: sealer}
	if err := r.header(); err != nil {
		return nil, err
	}
	begin(&r.journal)
	for {
		line, whole, err := r.next()
		if err != nil {
			return nil, err
		}
		if len(line) == 0 && !whole {
			return &r.journal, nil
		}
		if err := r.take(line, whole, put); err != nil {
			return nil, err
		}
	}
}

func (r *journalReader) problem(form string, args ...any) error {
	return &state.FormatError{
		Path: r.path, Line: r.line, Problem: fmt.Sprintf(form, args...),
		Advice: fmt.Sprintf("Keep a copy of %[1]s, and put it back as it was if you have it elsewhere. Otherwise what the "+
			"journal says from line %[2]d on is lost: cut the file before that line, and find out in Instagram what was sent "+
			"since, or it is sent again. Nothing was sent.", filepath.Base(r.path), max(1, r.first)),
	}
}

// next returns the next line without its line feed; whole says that it had
// one. At the end of the file it returns an empty line that is not whole.
func (r *journalReader) next() (line []byte, whole bool, err error) {
	r.line++
	for {
		part, err := r.in.ReadSlice('\n')
		if err == nil && line == nil {
			return part[:len(part)-1], true, nil
		}
		line = append(line, part...)
		switch {
		case len(line) > maxLine:
			return nil, false, r.problem("the line is longer than 16 MiB, which none of a journal is")
		case err == nil:
			return line[:len(line)-1], true, nil
		case errors.Is(err, io.EOF):
			return line, false, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, false, fmt.Errorf("%s: %w", r.path, err)
		}
	}
}

func (r *journalReader) header() error {
	line, whole, err := r.next()
	if err != nil {
		return err
	}
	if !whole {
		return r.problem("the journal is cut off within its first line")
	}
	var h struct {
		Journal *int    `json:"journal"`
		Lineage string  `json:"lineage"`
		Base    *uint64 `json:"base"`
		From    string  `json:"snapshot"`
	}
	if err := json.Unmarshal(line, &h); err != nil || h.Journal == nil || h.Base == nil || h.Lineage == "" {
		return r.problem("this is not the first line of a journal of Herald")
	}
	if *h.Journal > sealedVersion {
		return &state.FormatError{
			Path: r.path, Line: r.line,
			Problem: fmt.Sprintf("a newer Herald wrote this journal: its version is %d, and this Herald knows up to %d", *h.Journal, sealedVersion),
			Advice:  "Use that version of Herald, or a newer one. Nothing was sent, and the journal is as it was.",
		}
	}
	j, want := newJournal(h.Lineage, *h.Base, h.From, *h.Journal == sealedVersion)
	if string(line) != string(want[:len(want)-1]) {
		return r.problem("the first line is not as Herald wrote it")
	}
	r.journal, r.first = *j, 2
	return nil
}

var (
	entryStart = []byte(`{"n":`)
	batchStart = []byte(`{"batch":`)
	foldStart  = []byte(`{"fold":`)
)

// take reads one line. A line that is not whole is the file's last one, and
// unfinished unless it ends a batch.
func (r *journalReader) take(line []byte, whole bool, put func(*state.Entry)) error {
	switch {
	case bytes.HasPrefix(line, entryStart) && whole && !r.journal.sealed:
		return r.entry(line)
	case bytes.HasPrefix(line, sealedStart) && whole && r.journal.sealed:
		return r.sealedEntries(line)
	case bytes.HasPrefix(line, batchStart) && (whole || bytes.HasSuffix(line, []byte(`"}`))):
		return r.batch(line, whole, put)
	case bytes.HasPrefix(line, foldStart) && (whole || bytes.HasSuffix(line, []byte(`"}`))):
		return r.fold(line, whole)
	case !whole && r.cutOff(line):
		return nil
	}
	return r.problem("this is no line of a journal: it is damaged")
}

// cutOff reports whether the file's last line is the beginning of one that was
// being written. Where the power failed, zeros may follow.
func (r *journalReader) cutOff(line []byte) bool {
	line = bytes.TrimRight(line, "\x00")
	if !bytes.HasPrefix(line, batchStart) {
		return true
	}
	want, _ := r.ending()
	return bytes.HasPrefix(want, line)
}

// ending returns the line that ends the present batch, and where the journal
// stands behind it.
func (r *journalReader) ending() ([]byte, journal) {
	next := r.journal
	next.batches++
	next.entries += r.count
	next.fold = nil
	begin := fmt.Appendf(nil, `{"batch":%d,"last":%d,"sum":"`, next.batches, next.entries)
	next.sum = next.sum.over(append(r.lines, begin...))
	line := hex.AppendEncode(begin, next.sum[:])
	return append(line, `"}`...), next
}

func (r *journalReader) entry(line []byte) error {
	n := r.journal.entries + r.count + 1
	digits, rest, ok := bytes.Cut(line[len(entryStart):], []byte(`,"entry":`))
	if !ok || !bytes.HasSuffix(rest, []byte{'}'}) {
		return r.problem("this is no line of a journal: it is damaged")
	}
	if want := strconv.FormatUint(n, 10); string(digits) != want {
		return r.problem("entry %s follows where entry %s was expected: lines are missing, or there twice", digits, want)
	}
	e, err := r.decoder.Decode(rest[:len(rest)-1])
	if err != nil {
		return r.problem("entry %d is damaged: %s", n, err)
	}
	r.pending = append(r.pending, e)
	r.count++
	r.lines = append(append(r.lines, line...), '\n')
	return nil
}

func (r *journalReader) batch(line []byte, whole bool, put func(*state.Entry)) error {
	want, next := r.ending()
	if begin := want[:len(want)-2*sumSize-2]; !bytes.HasPrefix(line, begin) {
		return r.problem("%s was expected: lines are missing, or there twice", begin[:bytes.LastIndexByte(begin, ',')])
	}
	if string(line) != string(want) {
		if r.first < r.line {
			return r.problem("lines %d to %d do not fit their checksum: one of them is damaged", r.first, r.line)
		}
		return r.problem("the line does not fit its checksum: it is damaged")
	}
	if err := r.openSealed(); err != nil {
		return err
	}
	for _, e := range r.pending {
		put(e)
	}
	r.goOn(line, whole, next)
	return nil
}

func (r *journalReader) fold(line []byte, whole bool) error {
	var f struct {
		Fold     uint64 `json:"fold"`
		Snapshot string `json:"snapshot"`
	}
	if err := json.Unmarshal(line, &f); err != nil || r.count > 0 {
		return r.problem("this is no line of a journal: it is damaged")
	}
	want, next := r.journal.folded(nil, fold{f.Fold, f.Snapshot})
	if string(line) != string(bytes.TrimPrefix(want[:len(want)-1], []byte{'\n'})) {
		return r.problem("the line does not fit its checksum: it is damaged")
	}
	r.goOn(line, whole, next)
	return nil
}

// goOn takes the line that ends a batch, or a journal.
func (r *journalReader) goOn(line []byte, whole bool, next journal) {
	next.end = r.journal.end + int64(len(r.lines)+len(line))
	if next.bare = !whole; whole {
		next.end++
	}
	r.journal, r.first = next, r.line+1
	r.pending, r.sealed, r.lines, r.count = r.pending[:0], r.sealed[:0], r.lines[:0], 0
}
