package s3store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"herald/state"
)

// A segment is lines of JSON:
//
//	{"segment":1,"lineage":"…","base":7,"generation":3,"n":12,"from":10,"seen":[[1,7]],"previous":"…"}
//	{…}                          the entries, as in a snapshot
//	{"entries":2,"sum":"…"}
//
// It goes on from the snapshot with serial base. The session of that generation
// numbers its segments through; from is its first one since that snapshot, and
// seen says how far it had read the segments of the other sessions. A
// sum is the first half of the SHA-256 over all that is before it in the
// segment; previous is that of the session's segment before, so that they are a chain.

const segmentVersion = 1

// name is what the name of a segment's object says.
type name struct{ base, generation, n uint64 }

// String pads the numbers, so that a listing is in order.
func (m name) String() string { return fmt.Sprintf("%010d-%06d-%06d", m.base, m.generation, m.n) }

func parseName(s string) (name, bool) {
	parts := strings.Split(s, "-")
	if len(parts) != 3 {
		return name{}, false
	}
	var v [3]uint64
	for i, p := range parts {
		var err error
		if v[i], err = strconv.ParseUint(p, 10, 64); err != nil {
			return name{}, false
		}
	}
	m := name{v[0], v[1], v[2]}
	return m, m.String() == s && m.generation > 0 && m.n > 0
}

// marks say how far each session's segments were read: its generation, and the
// number of the last one.
type marks map[uint64]uint64

// covers reports whether a segment is among those that were read.
func (m marks) covers(s name) bool { return s.n <= m[s.generation] }

// raise adds that a segment was read.
func (m marks) raise(s name) { m[s.generation] = max(m[s.generation], s.n) }

// pairs returns the marks in order.
func (m marks) pairs() [][2]uint64 {
	list := make([][2]uint64, 0, len(m))
	for _, g := range slices.Sorted(maps.Keys(m)) {
		list = append(list, [2]uint64{g, m[g]})
	}
	return list
}

// maxMarks is how many sessions a snapshot's object remembers. S3 allows 2 KiB
// of metadata; older segments are long gone, and one that came back would be
// merged as a late one.
const maxMarks = 60

// String is the form in the metadata of a snapshot: "1:7,2:3", the newest
// sessions only.
func (m marks) String() string {
	list := m.pairs()
	list = list[max(0, len(list)-maxMarks):]
	parts := make([]string, len(list))
	for i, p := range list {
		parts[i] = fmt.Sprintf("%d:%d", p[0], p[1])
	}
	return strings.Join(parts, ",")
}

func parseMarks(s string) (marks, bool) {
	m := marks{}
	if s == "" {
		return m, true
	}
	for part := range strings.SplitSeq(s, ",") {
		g, n, ok := strings.Cut(part, ":")
		gen, err1 := strconv.ParseUint(g, 10, 64)
		last, err2 := strconv.ParseUint(n, 10, 64)
		if !ok || err1 != nil || err2 != nil {
			return nil, false
		}
		m[gen] = last
	}
	return m, true
}

// segment is one object of the journal.
type segment struct {
	name
	lineage  string
	from     uint64
	seen     marks
	previous string
	entries  []*state.Entry
	sum      string
}

type segmentHeader struct {
	Segment    int         `json:"segment"`
	Lineage    string      `json:"lineage"`
	Base       uint64      `json:"base"`
	Generation uint64      `json:"generation"`
	N          uint64      `json:"n"`
	From       uint64      `json:"from"`
	Seen       [][2]uint64 `json:"seen,omitempty"`
	Previous   string      `json:"previous,omitempty"`
}

// encode returns the segment's text with the entry lines, and sets its sum.
func (s *segment) encode(lines [][]byte) ([]byte, error) {
	head, err := json.Marshal(segmentHeader{
		Segment: segmentVersion, Lineage: s.lineage, Base: s.base, Generation: s.generation, N: s.n, From: s.from,
		Seen: s.seen.pairs(), Previous: s.previous,
	})
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Write(head)
	b.WriteByte('\n')
	for _, line := range lines {
		b.Write(line)
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, `{"entries":%d,"sum":"`, len(lines))
	s.sum = sumOf(b.Bytes())
	b.WriteString(s.sum)
	b.WriteString("\"}\n")
	return b.Bytes(), nil
}

func sumOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

const sumLength = 32

// decodeSegment reads the text of the object with that name at the path.
func decodeSegment(text []byte, path string, want name) (*segment, error) {
	problem := func(line int, form string, args ...any) error {
		return &state.FormatError{Path: path, Line: line, Problem: fmt.Sprintf(form, args...), Advice: adviceSegment(path)}
	}
	body, ok := bytes.CutSuffix(text, []byte("\"}\n"))
	if !ok || len(body) < sumLength {
		return nil, problem(0, "the object is cut off, or no segment of a journal")
	}
	body, sum := body[:len(body)-sumLength], string(body[len(body)-sumLength:])
	head, rest, _ := bytes.Cut(body, []byte{'\n'})
	var h segmentHeader
	if err := json.Unmarshal(head, &h); err != nil || h.Segment < 1 {
		return nil, problem(1, "this is not the first line of a segment of Herald's journal")
	}
	if h.Segment > segmentVersion {
		return nil, &state.FormatError{
			Path:    path,
			Problem: fmt.Sprintf("a newer Herald wrote this segment: its version is %d, and this Herald knows up to %d", h.Segment, segmentVersion),
			Advice:  "Use that version of Herald, or a newer one. Nothing was sent, and the journal is as it was.",
		}
	}
	if sum != sumOf(body) {
		return nil, problem(0, "the segment does not fit its checksum: it is damaged")
	}
	if got := (name{h.Base, h.Generation, h.N}); got != want {
		return nil, problem(1, "the segment says that it is %s: it was renamed, or put in the place of another", got)
	}
	s := &segment{name: want, lineage: h.Lineage, from: h.From, seen: marks{}, previous: h.Previous, sum: sum}
	for _, p := range h.Seen {
		s.seen[p[0]] = p[1]
	}
	lines := bytes.Split(rest, []byte{'\n'})
	closing := lines[len(lines)-1]
	lines = lines[:len(lines)-1]
	if string(closing) != fmt.Sprintf(`{"entries":%d,"sum":"`, len(lines)) {
		return nil, problem(len(lines)+2, "the last line does not count the entries before it")
	}
	var d state.EntryDecoder
	for i, line := range lines {
		e, err := d.Decode(line)
		if err != nil {
			return nil, problem(i+2, "the entry is damaged: %s", err)
		}
		s.entries = append(s.entries, e)
	}
	return s, nil
}

func adviceSegment(path string) string {
	return fmt.Sprintf("Keep a copy of %[1]s. If the bucket keeps versions, bring back the one before. Otherwise what it says is "+
		"lost: move it out of the journal, and find out in Instagram what was sent since, or it is sent again. Nothing was sent.", path)
}
