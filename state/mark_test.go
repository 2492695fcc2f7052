package state

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMarkIsStored(t *testing.T) {
	r := sample()
	plain := encode(t, r)
	r.Mark = &Mark{Kind: Moved, At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Place: "s3:bucket=records,key=spring"}
	text := encode(t, r)
	const line = "\"mark\":{\"at\":\"2026-01-02T03:04:05Z\",\"kind\":\"moved\",\"place\":\"s3:bucket=records,key=spring\"},\n"
	if !strings.Contains(text, line) || !strings.HasPrefix(text, "{\n\"version\":3,\n") {
		t.Fatalf("the header is\n%s", text[:300])
	}
	got, err := Decode(strings.NewReader(text), "r.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r.Mark, got.Mark); diff != "" {
		t.Errorf("the mark differs (-want +got):\n%s", diff)
	}
	// A Herald that knows no marks says that a newer one was at work.
	_, err = decode(strings.NewReader(text), "r.json", format{version: 2, upgrades: map[int]upgrade{1: {}}})
	if want := "r.json, line 2: a newer Herald wrote this record: its version is 3, and this Herald knows up to 2"; err == nil || err.Error() != want {
		t.Errorf("an older Herald: %v", err)
	}
	// A copy has a mark of its own, and without it the record is as before.
	c := r.Clone()
	c.Mark.Place = "elsewhere"
	if r.Mark.Place == c.Mark.Place {
		t.Error("a copy shares its mark")
	}
	if c.Mark = nil; encode(t, c) != plain {
		t.Error("the record without its mark is another one")
	}
	for want, bad := range map[string]string{
		`mark: there is no mark "gone"`:                         strings.Replace(line, "moved", "gone", 1),
		"mark: its time cannot be read":                         strings.Replace(line, "2026-01-02T", "", 1),
		"mark: it has a field that no mark has, or lacks one":   strings.Replace(line, `"place"`, `"where"`, 1) + "",
		"mark: an object in braces was expected, and this is 7": "\"mark\":7,\n",
	} {
		_, err := Decode(strings.NewReader(strings.Replace(text, line, bad, 1)), "r.json")
		var damaged *FormatError
		if !errors.As(err, &damaged) || !strings.Contains(damaged.Problem, strings.SplitN(want, ", and", 2)[0]) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestMarkedErrorSaysWhere(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	r := NewRecord("l")
	if err := Marked(r, "here"); err != nil {
		t.Errorf("a record without a mark: %v", err)
	}
	for want, kind := range map[string]MarkKind{
		"here: the record was moved to local:x at 2026-01-02T03:04:05Z":                Moved,
		"here: the record is on its way here from local:x, since 2026-01-02T03:04:05Z": Arriving,
	} {
		r.Mark = &Mark{Kind: kind, At: at, Place: "local:x"}
		if err := Marked(r, "here"); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// turned is a sealer that only turns a sign.
type turned struct{}

func (turned) Seal(b []byte) ([]byte, error) { return append([]byte("herald-sealed/v1\n"), b...), nil }
func (turned) Open(b []byte) ([]byte, error) { return b[len("herald-sealed/v1\n"):], nil }

func TestChangingReadsBothForms(t *testing.T) {
	sealed, _ := turned{}.Seal([]byte("text"))
	for _, c := range []Changing{{From: turned{}}, {From: turned{}, To: turned{}}} {
		for _, stored := range [][]byte{sealed, []byte("text")} {
			got, err := Unseal(c, stored, "r.json")
			if err != nil || string(got) != "text" {
				t.Errorf("%q was opened as %q, %v", stored, got, err)
			}
		}
		written, err := c.Seal([]byte("text"))
		if err != nil || IsSealed(written) != (c.To != nil) || Seals(c) != (c.To != nil) {
			t.Errorf("%q was written, %v", written, err)
		}
	}
	if Seals(nil) || !Seals(turned{}) {
		t.Error("who has no sealer seals, or who has one does not")
	}
}
