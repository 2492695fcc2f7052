package filestore

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"herald/state"
	"herald/state/storetest"
)

// written returns a journal with batches of one, two and three entries, and
// where it stands after each.
func written(t testing.TB) ([]byte, []journal) {
	t.Helper()
	j, text := newJournal("lineage-1", 7, "sha256:cd", false)
	stands := []journal{*j}
	n := 0
	for size := 1; size <= 3; size++ {
		var lines [][]byte
		for range size {
			n++
			e := storetest.Message(fmt.Sprintf("m%d", n), state.Sent, 2)
			line, err := state.EncodeEntry(&e)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, line)
		}
		buf, next := j.batch(nil, lines)
		text, j = append(text, buf...), &next
		stands = append(stands, next)
	}
	return text, stands
}

// read reads a journal and returns the names of its entries.
func read(text []byte) (*journal, string, error) {
	var names []string
	j, err := readJournal(bytes.NewReader(text), "x.journal", nil, func(*journal) {}, func(e *state.Entry) {
		names = append(names, e.Addr.Name)
	})
	return j, strings.Join(names, " "), err
}

func TestJournalText(t *testing.T) {
	j, text := newJournal("lineage-1", 7, "sha256:cd", false)
	buf, next := j.batch(text, [][]byte{[]byte(`{"a":1}`), []byte(`{"b":2}`)})
	buf, _ = next.folded(buf, fold{8, "sha256:ab"})
	want := `{"journal":1,"lineage":"lineage-1","base":7,"snapshot":"sha256:cd"}
{"n":1,"entry":{"a":1}}
{"n":2,"entry":{"b":2}}
{"batch":1,"last":2,"sum":"628c4c7161995424c6a099347ce1ecaa"}
{"fold":8,"snapshot":"sha256:ab","sum":"cdc07bd80c1496a8bbee8d3d2090e07f"}
`
	if string(buf) != want {
		t.Errorf("got\n%s\nwant\n%s", buf, want)
	}
}

// Wherever a crash cuts a journal, the complete batches are read, and the next
// batch goes on behind them.
func TestEveryPrefixOfAJournal(t *testing.T) {
	text, stands := written(t)
	names := []string{"", "m1", "m1 m2 m3", "m1 m2 m3 m4 m5 m6"}
	e := storetest.Message("next", state.Intent, 1)
	line, err := state.EncodeEntry(&e)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(text) + 1 {
		j, got, err := read(text[:n])
		if n < int(stands[0].end) {
			if want := "x.journal, line 1: the journal is cut off within its first line"; err == nil || err.Error() != want {
				t.Fatalf("the first %d bytes: %v", n, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("the first %d bytes: %v", n, err)
		}
		i := 0
		for i+1 < len(stands) && int(stands[i+1].end) <= n {
			i++
		}
		if bare := i+1 < len(stands) && int(stands[i+1].end) == n+1; bare {
			i++ // only the line feed is missing
		}
		if got != names[i] {
			t.Fatalf("the first %d bytes hold %q, want %q", n, got, names[i])
		}
		buf, next := j.batch(bytes.Clone(text[:j.end]), [][]byte{line})
		again, got, err := read(buf)
		if err != nil || got != strings.TrimSpace(names[i]+" next") || *again != next || int(next.end) != len(buf) {
			t.Fatalf("%d bytes and a batch hold %q, %v\n%s", n, got, err, buf)
		}
	}
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	text, _ := written(t)
	for i := range text {
		for _, bit := range []byte{1, 0x20, 0x80} {
			bad := bytes.Clone(text)
			bad[i] ^= bit
			_, names, err := read(bad)
			var fe *state.FormatError
			if !errors.As(err, &fe) || fe.Line == 0 || !strings.Contains(fe.Advice, "Keep a copy of x.journal") {
				t.Fatalf("bit %#x of byte %d: %q, %v", bit, i, names, err)
			}
		}
	}
}

func TestDamageNamesTheLine(t *testing.T) {
	text, _ := written(t)
	lines := strings.SplitAfter(string(text), "\n")
	without := func(i int) string {
		return strings.Join(append(append([]string(nil), lines[:i]...), lines[i+1:]...), "")
	}
	with := func(i int, line string) string { return strings.Replace(string(text), lines[i], line, 1) }
	for _, tc := range []struct{ name, text, want string }{
		{"empty", "", "line 1: the journal is cut off within its first line"},
		{"no journal", "hello\n", "line 1: this is not the first line of a journal of Herald"},
		{"a record", "{\n\"version\":1,\n", "line 1: this is not the first line of a journal of Herald"},
		{"newer", with(0, "{\"journal\":3,\"lineage\":\"l\",\"base\":0,\"x\":1}\n"), "line 1: a newer Herald wrote this journal: its version is 3, and this Herald knows up to 2"},
		{"header edited", with(0, strings.Replace(lines[0], ":7", ": 7", 1)), "line 1: the first line is not as Herald wrote it"},
		{"other base", with(0, strings.Replace(lines[0], ":7", ":8", 1)), "lines 2 to 3 do not fit their checksum: one of them is damaged"},
		{"entry gone", without(3), "line 4: entry 3 follows where entry 2 was expected: lines are missing, or there twice"},
		{"entry twice", with(3, lines[3]+lines[3]), "line 5: entry 2 follows where entry 3 was expected: lines are missing, or there twice"},
		{"last entry gone", without(4), `line 5: {"batch":2,"last":2 was expected: lines are missing, or there twice`},
		{"batch end gone", without(5), "line 9: {\"batch\":2,\"last\":6 was expected: lines are missing, or there twice"},
		{"batch gone", strings.Join(append(append([]string(nil), lines[:3]...), lines[6:]...), ""), "line 4: entry 4 follows where entry 2 was expected: lines are missing, or there twice"},
		{"edited", with(4, strings.Replace(lines[4], "mid.m3", "mid.m9", 1)), "lines 4 to 6 do not fit their checksum: one of them is damaged"},
		{"edited badly", with(4, strings.Replace(lines[4], `"sent"`, `"lost"`, 1)), `line 5: entry 3 is damaged: status: "lost" is no status of an entry`},
		{"another line", with(4, "<<<<<<< HEAD\n"+lines[4]), "line 5: this is no line of a journal: it is damaged"},
		{"an empty line", with(4, "\n"+lines[4]), "line 5: this is no line of a journal: it is damaged"},
		{"fold in a batch", with(4, "{\"fold\":8,\"snapshot\":\"x\",\"sum\":\"\"}\n"), "line 5: this is no line of a journal: it is damaged"},
		{"false fold", string(text) + "{\"fold\":8,\"snapshot\":\"x\",\"sum\":\"\"}\n", "line 11: the line does not fit its checksum: it is damaged"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, _, err := read([]byte(tc.text))
			want := "x.journal, " + tc.want
			if strings.HasPrefix(tc.want, "lines") {
				want = "x.journal, line " + strings.Fields(tc.want)[3] + ": " + tc.want
			}
			if err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

// After a power failure the end of an unfinished batch may be zeros.
func TestZerosAtTheEndAreUnfinished(t *testing.T) {
	text, stands := written(t)
	for n := int(stands[2].end); n < len(text)-1; n++ {
		j, names, err := read(append(bytes.Clone(text[:n]), make([]byte, len(text)-n)...))
		if err != nil || names != "m1 m2 m3" || j.end != stands[2].end {
			t.Fatalf("%d bytes and zeros: %q, %v", n, names, err)
		}
	}
	if _, names, err := read(append(bytes.Clone(text), make([]byte, 4096)...)); err != nil || names != "m1 m2 m3 m4 m5 m6" {
		t.Errorf("zeros alone: %q, %v", names, err)
	}
}

func FuzzJournal(f *testing.F) {
	text, stands := written(f)
	f.Add(text)
	f.Add(text[:len(text)-1])
	f.Add(text[:stands[1].end])
	buf, _ := stands[3].folded(bytes.Clone(text), fold{8, "sha256:ab"})
	f.Add(buf)
	e := storetest.Message("next", state.Intent, 1)
	line, err := state.EncodeEntry(&e)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		j, names, err := read(data)
		var fe *state.FormatError
		if err != nil {
			if !errors.As(err, &fe) || fe.Line == 0 || fe.Advice == "" {
				t.Fatalf("an error without line or advice: %v", err)
			}
			return
		}
		if j.end > int64(len(data)) {
			t.Fatalf("the journal ends at %d of %d bytes", j.end, len(data))
		}
		more, next := j.batch(bytes.Clone(data[:j.end]), [][]byte{line})
		again, got, err := read(more)
		if err != nil || got != strings.TrimSpace(names+" next") || *again != next {
			t.Fatalf("%q, then %q, %v", names, got, err)
		}
	})
}
