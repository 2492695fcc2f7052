package merge

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"herald/config/addr"
	"herald/state"
)

// The day of the merge tests; at(n) is n seconds into it.
var mergeDay = time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)

func at(n int) time.Time { return mergeDay.Add(time.Duration(n) * time.Second) }

// told makes an entry of message.a, or of reaction.a, from a few words:
// "sent ID SECOND", "intent SECOND", "hold", "final", "absent", "rm",
// "love TARGET", "reacting TARGET"; a number after a colon is its change:
// "sent mid.1 5 :3".
func told(t *testing.T, words string) *state.Entry {
	t.Helper()
	if words == "" {
		return nil
	}
	words, number, _ := strings.Cut(words, ":")
	f := append(strings.Fields(words), "", "")
	e := state.Entry{
		Addr: addr.Block{Kind: addr.Message, Name: "a"}.Only(), Revision: 1, Account: "1784", Recipient: "1001",
		Fingerprint: "v1:sha256:a", Change: 1, PlanID: "sha256:p",
	}
	second := 0
	switch f[0] {
	case "sent":
		e.Status, e.SettledBy = state.Sent, "answer"
		ids := strings.Split(f[1], ",")
		e.MessageID = ids[0]
		if len(ids) > 1 {
			e.AlsoSent = ids[1:]
		}
		if _, err := fmt.Sscan(f[2], &second); err == nil {
			e.SettledAt, e.IntendedAt, e.FirstIntendedAt = at(second), at(second), at(second)
		}
	case "intent":
		e.Status = state.Intent
		if _, err := fmt.Sscan(f[1], &second); err == nil {
			e.IntendedAt, e.FirstIntendedAt, e.DoubtAt = at(second), at(second), at(second+1)
		}
		if f[2] == "other" {
			e.Fingerprint = "v1:sha256:other"
		} else {
			e.Claim = f[2]
		}
	case "hold", "final":
		e.Status, e.Refusal = state.Rejected, &state.Refusal{Class: state.Hold, Code: 10}
		if f[0] == "final" {
			e.Refusal.Class = state.Final
		}
	case "absent": // or "absent SECOND", of a doubt that was settled
		e.Status, e.SettledBy = state.Absent, "read"
		if _, err := fmt.Sscan(f[1], &second); err == nil {
			e.IntendedAt, e.FirstIntendedAt = at(second), at(second)
		}
	case "rm":
		e.Status, e.SettledBy, e.MessageID = state.Absent, "rm", f[1]
	case "love", "reacting", "unloved":
		e.Addr.Kind, e.Target, e.Reaction = addr.Reaction, f[1], "love"
		e.Status = map[string]state.Status{"love": state.Reacted, "reacting": state.Intent, "unloved": state.Absent}[f[0]]
	default:
		t.Fatalf("what is %q?", words)
	}
	if number != "" {
		if _, err := fmt.Sscan(number, &e.Change); err != nil {
			t.Fatal(err)
		}
	}
	return &e
}

// retold is an entry in the words of told.
func retold(e *state.Entry) string {
	if e == nil {
		return ""
	}
	var s string
	switch {
	case e.Addr.Kind == addr.Reaction:
		s = map[state.Status]string{state.Reacted: "love ", state.Intent: "reacting ", state.Absent: "unloved "}[e.Status] + e.Target
	case e.Status == state.Sent:
		s = "sent " + strings.Join(ids(e), ",")
	case e.Status == state.Intent:
		s = "intent"
		if !e.FirstIntendedAt.IsZero() {
			s += fmt.Sprintf(" %d", int(e.FirstIntendedAt.Sub(mergeDay).Seconds()))
		}
		if e.Claim != "" {
			s += " " + e.Claim
		}
	case e.Status == state.Rejected:
		s = e.Refusal.Class.String()
	case e.SettledBy == "rm":
		s = "rm " + e.MessageID
	default:
		s = "absent"
	}
	return fmt.Sprintf("%s :%d", s, e.Change)
}

func recordOf(serial uint64, entries ...*state.Entry) *state.Record {
	r := state.NewRecord("l")
	r.Serial = serial
	for _, e := range entries {
		if e != nil {
			r.Put(*e)
		}
	}
	return r
}

// fataler is a test, of the testing package or of rapid.
type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(form string, args ...any)
}

func encode(t fataler, r *state.Record) string {
	t.Helper()
	var b bytes.Buffer
	if err := state.Encode(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// merged merges both ways, which must give the same.
func merged(t fataler, base, ours, theirs *state.Record) (*state.Record, []Twice, error) {
	t.Helper()
	r, twice, err := Records(base, ours, theirs)
	r2, twice2, err2 := Records(base, theirs, ours)
	if (err == nil) != (err2 == nil) || err != nil && errors.As(err, new(*Error)) && err.Error() != err2.Error() {
		t.Fatalf("one way %v, the other %v", err, err2)
	}
	if err != nil {
		return nil, nil, err
	}
	if a, b := encode(t, r), encode(t, r2); a != b {
		t.Fatalf("the sides are not treated alike:\n%s\n%s", a, b)
	}
	if a, b := fmt.Sprint(twice), fmt.Sprint(twice2); a != b {
		t.Fatalf("one way %s, the other %s", a, b)
	}
	return r, twice, nil
}

func TestMergeEntries(t *testing.T) {
	const none = "no base"
	for _, tc := range []struct{ base, ours, theirs, want, twice string }{
		// One side alone has changed it.
		{"", "sent mid.1 1", "", "sent mid.1 :1", ""},
		{none, "", "sent mid.1 1", "sent mid.1 :1", ""},
		{"intent 1", "sent mid.1 1 :2", "intent 1", "sent mid.1 :2", ""},
		{"intent 1", "absent 1 :2", "intent 1", "absent :2", ""},
		{"hold", "absent :2", "hold", "absent :2", ""},
		{"sent mid.1 1", "rm mid.1 :2", "sent mid.1 1", "rm mid.1 :2", ""},
		{"intent 1", "intent 1", "intent 1", "intent 1 :1", ""},
		{"sent mid.1 1", "sent mid.1,mid.2 1 :2", "sent mid.1 1", "sent mid.1,mid.2 :2", ""},
		{"", "intent 1 claim", "", "intent 1 claim :1", ""},

		// It has, but knows nothing of what the other side still has: the base is
		// not where it comes from. Or it is older.
		{"intent 1", "absent :2", "intent 1", "intent 1 :3", ""},
		{"intent 1", "final :2", "intent 1", "intent 1 :3", ""},
		{"sent mid.1 1", "absent :2", "sent mid.1 1", "sent mid.1 :3", ""},
		{"sent mid.1 1", "sent mid.2 5 :4", "sent mid.1 1", "sent mid.1,mid.2 :5", "message.a [mid.1 mid.2]"},
		{"sent mid.1 1 :3", "intent 1 :2", "sent mid.1 1 :3", "sent mid.1 :4", ""},
		{"rm mid.1 :3", "sent mid.1 1 :2", "rm mid.1 :3", "sent mid.1 :4", ""},
		{"intent 4 :3", "absent :2", "intent 4 :3", "intent 4 :4", ""},
		{"absent :3", "hold :2", "absent :3", "absent :4", ""},

		// What its plan has made of a prepared intent.
		{"intent 1 claim", "sent mid.1 5 :3", "intent 1 claim", "sent mid.1 :3", ""},
		{"intent 1 claim", "final :3", "intent 1 claim", "final :3", ""},
		{"intent 1 claim", "intent 5 :2", "intent 1 claim", "intent 5 :2", ""},
		{"intent 1 claim", "sent mid.1 5 :3", "intent 1 claim :2", "sent mid.1 :4", ""},

		// Both have sent it.
		{"", "sent mid.1 1", "sent mid.2 2", "sent mid.1,mid.2 :2", "message.a [mid.1 mid.2]"},
		{none, "sent mid.2 1", "sent mid.1 2", "sent mid.2,mid.1 :2", "message.a [mid.2 mid.1]"},
		{"", "sent mid.2 1", "sent mid.1 1", "sent mid.1,mid.2 :2", "message.a [mid.1 mid.2]"},
		{"", "sent mid.2 1", "sent mid.1", "sent mid.2,mid.1 :2", "message.a [mid.2 mid.1]"},
		{"", "sent mid.2,mid.3 1", "sent mid.1,mid.2 2", "sent mid.2,mid.1,mid.3 :2", "message.a [mid.2 mid.1 mid.3]"},
		{none, "sent mid.1 1", "sent mid.1,mid.2 1 :2", "sent mid.1,mid.2 :3", ""},
		{"intent 1", "sent mid.1 1 :2", "sent mid.1 2 :3", "sent mid.1 :4", ""},
		{"sent mid.1 1", "sent mid.2 5 :4", "sent mid.3 6 :4", "sent mid.2,mid.3 :5", "message.a [mid.2 mid.3]"},

		// Sent is before everything.
		{"intent 1", "sent mid.1 1 :2", "intent 1 :2", "sent mid.1 :3", ""},
		{"intent 1", "sent mid.1 9 :2", "intent 1 :2", "sent mid.1 :3", ""},
		{"intent 1", "sent mid.1 9 :2", "intent 4 :2", "sent mid.1 :3", "message.a [mid.1] or more"},
		{"", "sent mid.1 1 :2", "intent 3", "sent mid.1 :3", "message.a [mid.1] or more"},
		{"intent 1", "sent mid.1 1 :2", "absent :9", "sent mid.1 :10", ""},
		{"intent 1", "sent mid.1 1 :2", "rm :2", "sent mid.1 :3", ""},
		{"absent", "sent mid.1 1 :2", "final :2", "sent mid.1 :3", ""},
		{none, "sent mid.1 1", "rm mid.1 :2", "sent mid.1 :3", ""},
		{"sent mid.1 1", "sent mid.1,mid.2 1 :2", "rm mid.1 :2", "sent mid.1,mid.2 :3", ""},

		// A doubt is before what may be sent again.
		{"intent 1", "intent 2 :3", "absent :2", "intent 2 :4", ""},
		{"absent", "intent 1 :2", "final :3", "intent 1 :4", ""},
		{none, "intent 1", "rm mid.1 :3", "intent 1 :4", ""},
		{"", "intent 1", "intent 2", "intent 1 :2", ""},
		{"", "intent 1 claim", "intent 2 claim", "intent 1 claim :2", ""},
		{"", "intent 1 claim", "intent 1 mine", "intent 1 mine :2", ""},
		{"", "intent 3 claim", "intent 1 mine", "intent 1 claim :2", ""},
		{"", "intent 1 claim", "intent 2", "intent 1 claim :2", ""},
		{"", "intent 1 claim", "absent", "intent 1 claim :2", ""},

		// Of what may be sent again, the higher change.
		{"", "hold :2", "absent :3", "absent :4", ""},
		{"", "hold :3", "absent :2", "hold :4", ""},
		{"", "hold :2", "final :2", "final :3", ""},
		{"", "hold :2", "absent :2", "hold :3", ""},
		{"sent mid.1 1", "rm mid.1 :2", "absent :3", "absent :4", ""},

		// Reactions.
		{"", "love mid.1", "unloved mid.1", "love mid.1 :2", ""},
		{"love mid.1", "love mid.1 :3", "unloved mid.1 :2", "unloved mid.1 :4", ""},
		{"love mid.1", "love mid.2 :3", "unloved mid.1 :2", "love mid.2 :4", ""},
		{"love mid.1", "love mid.1", "unloved mid.1 :2", "unloved mid.1 :2", ""},
		{"love mid.1", "reacting mid.2 :3", "love mid.1 :2", "reacting mid.2 :4", ""},

		// Only a move takes entries away.
		{"sent mid.1 1", "", "sent mid.1 1", "sent mid.1 :1", ""},
		{"intent 1", "", "sent mid.1 1 :2", "sent mid.1 :2", ""},
		{"absent", "", "absent", "absent :1", ""},
	} {
		var base *state.Record
		if tc.base != none {
			base = recordOf(1, told(t, tc.base))
		}
		r, twice, err := merged(t, base, recordOf(2, told(t, tc.ours)), recordOf(3, told(t, tc.theirs)))
		if err != nil {
			t.Errorf("%q: %v", tc, err)
			continue
		}
		var got *state.Entry
		for e := range r.All() {
			got = e
		}
		if retold(got) != tc.want {
			t.Errorf("%q, %q and %q give %q, want %q", tc.base, tc.ours, tc.theirs, retold(got), tc.want)
		}
		var list []string
		for _, w := range twice {
			s := fmt.Sprintf("%s %v", w.Key, w.IDs)
			if w.Doubt {
				s += " or more"
			}
			list = append(list, s)
		}
		if got := strings.Join(list, "; "); got != tc.twice {
			t.Errorf("%q, %q and %q: twice %q, want %q", tc.base, tc.ours, tc.theirs, got, tc.twice)
		}
		if err := got.Check(); err != nil {
			t.Errorf("%q: %v", tc, err)
		}
		if got.Claim != "" && got.Status == state.Intent && tc.ours != "" && tc.theirs != "" && got.DoubtAt.IsZero() {
			t.Errorf("%q can be sent under a claim", tc)
		}
	}
}

// What a person lets be sent again, and a plan has sent since, is taken where
// the other side has changed nothing.
func TestMergeSentAnew(t *testing.T) {
	first := told(t, "sent mid.1 1")
	out := first.Removed("", at(2))
	again := out.Next("sha256:q")
	again.Status, again.MessageID, again.FirstIntendedAt, again.Change = state.Sent, "mid.2", at(3), 4
	r, twice, err := merged(t, recordOf(1, first), recordOf(3, &again), recordOf(2, first, under("b", told(t, "sent mid.3 3"))))
	if err != nil || len(twice) > 0 || list(r) != "message.a sent mid.2 :4; message.b sent mid.3 :1" {
		t.Errorf("%v, twice %v, %v", list(r), twice, err)
	}
}

func TestMergeRefuses(t *testing.T) {
	base, ours, theirs := recordOf(1), recordOf(2), recordOf(2)
	theirs.Lineage = "m"
	var lineage *LineageError
	if _, _, err := Records(base, ours, theirs); !errors.As(err, &lineage) || lineage.Ours != "l" || lineage.Theirs != "m" ||
		err.Error() != "these are two records, not two versions of one: the lineage of ours is l, and that of theirs is m" {
		t.Errorf("two lineages: %v", err)
	}
	theirs.Lineage = "l"
	refused := func(want string) {
		t.Helper()
		_, _, err := merged(t, base, ours, theirs)
		var merge *Error
		if !errors.As(err, &merge) || err.Error() != want || !strings.HasSuffix(merge.Advice, ".") {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	base.Endpoints["1"], ours.Endpoints["1"], theirs.Endpoints["1"] = "a", "c", "b"
	refused("the account 1 was applied with two endpoints: b and c")
	ours.Endpoints["1"] = "a"
	theirs.Endpoints["2"] = "z"
	r, _, err := merged(t, base, ours, theirs)
	if err != nil || fmt.Sprint(r.Endpoints) != "map[1:b 2:z]" {
		t.Errorf("endpoints %v, %v", r, err)
	}
	ours.Origin, theirs.Origin = "sha256:2", "sha256:1"
	refused("the two sides were begun by different plans: sha256:1 and sha256:2")
	ours.Origin = ""
	if r, _, err := merged(t, nil, ours, theirs); err == nil || r != nil {
		t.Errorf("without a base two endpoints are no error: %v", r)
	}
	base.Lineage, theirs.Endpoints["1"] = "another", "a"
	if r, _, err = merged(t, base, ours, theirs); err != nil || r.Origin != "sha256:1" || r.Serial != 3 {
		t.Errorf("a base of another lineage: %v, %v", r, err)
	}

	ours, theirs = recordOf(2, told(t, "intent 1")), recordOf(2, told(t, "intent 1 other"))
	base = nil
	refused("message.a is in doubt on both sides, and the two were not the same message")
	ours = recordOf(2, told(t, "sent mid.1 1"))
	if _, twice, err := merged(t, nil, ours, theirs); err != nil || len(twice) != 1 || !twice[0].Differ || !twice[0].Doubt {
		t.Errorf("sent, and a doubt about something else: %v, %v", twice, err)
	}
}

func TestMergeKeepsThePlan(t *testing.T) {
	x, y := told(t, "sent mid.1 1 :2"), told(t, "sent mid.2 2 :3")
	r, _, err := merged(t, recordOf(1), recordOf(2, x), recordOf(2, y))
	if e := r.Get(x.Key()); err != nil || e.PlanID != "sha256:p" {
		t.Errorf("one plan on both sides: %v, %v", e, err)
	}
	y.PlanID = "sha256:q"
	r, _, err = merged(t, recordOf(1), recordOf(2, x), recordOf(2, y))
	if e := r.Get(x.Key()); err != nil || e.PlanID != "" || e.Before != nil {
		t.Errorf("two plans: %v, %v", e, err)
	}
}

// under returns the entry under the address message.NAME.
func under(name string, e *state.Entry) *state.Entry {
	moved := e.MovedTo(addr.Block{Kind: addr.Message, Name: name}.Only())
	return &moved
}

// list writes the entries of a record.
func list(r *state.Record) string {
	var s []string
	for _, e := range r.Sorted() {
		s = append(s, e.Key().String()+" "+retold(e))
	}
	return strings.Join(s, "; ")
}

func TestMergeMoves(t *testing.T) {
	sent, doubt, settled := told(t, "sent mid.1 1"), told(t, "intent 1"), told(t, "sent mid.1 1 :2")
	other, second := told(t, "sent mid.9 9"), told(t, "sent mid.8 8")
	second.Revision = 2
	type side []*state.Entry
	for name, tc := range map[string]struct {
		base, ours, theirs side
		want               string
		twice              int
	}{
		"moved on one side": {
			side{sent}, side{under("b", sent)}, side{sent}, "message.b sent mid.1 :1", 0,
		},
		"moved on one side, settled on the other": {
			side{doubt}, side{under("b", doubt)}, side{settled}, "message.b sent mid.1 :2", 0,
		},
		"moved and settled on one side": {
			side{doubt}, side{under("b", settled)}, side{doubt}, "message.b sent mid.1 :2", 0,
		},
		"moved on one side, a revision sent on the other": {
			side{sent}, side{under("b", sent)}, side{sent, second}, "message.b sent mid.1 :1; message.b revision 2 sent mid.8 :1", 0,
		},
		"moved alike": {
			side{sent}, side{under("b", sent)}, side{under("b", sent)}, "message.b sent mid.1 :1", 0,
		},
		"moved alike, settled on one side": {
			side{doubt}, side{under("b", doubt)}, side{under("b", settled)}, "message.b sent mid.1 :2", 0,
		},
		"moved to two places": {
			side{sent}, side{under("b", sent)}, side{under("c", sent)}, "message.b sent mid.1 :1; message.c sent mid.1 :1", 0,
		},
		"moved, and the name used again": {
			side{doubt}, side{under("b", doubt), other}, side{settled}, "message.a sent mid.9 :1; message.b sent mid.1 :2", 0,
		},
		"moved to where the other side has sent something": {
			side{sent}, side{under("b", sent)}, side{sent, under("b", other)}, "message.a sent mid.1 :1; message.b sent mid.9 :1", 0,
		},
		"two changed places, one settled elsewhere": {
			side{doubt, under("b", other)},
			side{under("b", doubt), under("a", other)},
			side{settled, under("b", other)},
			"message.a sent mid.9 :1; message.b sent mid.1 :2", 0,
		},
		"moved one after the other": {
			side{sent, under("b", other)},
			side{under("b", sent), under("c", other)},
			side{sent, under("b", other)},
			"message.b sent mid.1 :1; message.c sent mid.9 :1", 0,
		},
		"both to one place": {
			side{sent, under("b", other)},
			side{under("c", sent), under("b", other)},
			side{sent, under("c", other)},
			"message.a sent mid.1 :1; message.b sent mid.9 :1", 0,
		},
		"taken out and moved": {
			side{sent}, side{under("b", told(t, "rm mid.1 :2"))}, side{sent}, "message.b rm mid.1 :2", 0,
		},
		"moved without a base": {
			nil, side{under("b", sent)}, side{sent}, "message.a sent mid.1 :1; message.b sent mid.1 :1", 0,
		},
	} {
		var base *state.Record
		if tc.base != nil {
			base = recordOf(1, tc.base...)
		}
		r, twice, err := merged(t, base, recordOf(2, tc.ours...), recordOf(2, tc.theirs...))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := list(r); got != tc.want || len(twice) != tc.twice {
			t.Errorf("%s: got  %s, twice %v\nwant %s", name, got, twice, tc.want)
		}
	}
}

func TestMergeSerial(t *testing.T) {
	sent := told(t, "sent mid.1 1")
	for _, tc := range []struct {
		base, ours, theirs *state.Record
		want               uint64
	}{
		{recordOf(4), recordOf(5, sent), recordOf(9, under("b", sent)), 10},
		{recordOf(4), recordOf(4), recordOf(9, sent), 9},
		{recordOf(4, sent), recordOf(4, sent), recordOf(9), 10}, // by hand
		{recordOf(4), recordOf(9), recordOf(5, sent), 10},       // nothing changed, but counted on
		{nil, recordOf(5, sent), recordOf(9, sent), 9},
		{nil, recordOf(5), recordOf(5, sent), 6},
	} {
		r, _, err := merged(t, tc.base, tc.ours, tc.theirs)
		if err != nil || r.Serial != tc.want {
			t.Errorf("%v, %v, %v: serial %d, %v; want %d", tc.base, tc.ours, tc.theirs, r.Serial, err, tc.want)
		}
		if !slices.Contains([]int{1, 2}, r.Len()) {
			t.Errorf("%d entries", r.Len())
		}
	}
}
