package apply

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"herald/config/content"
	"herald/state"
)

// sent is when the message of the recipe's table was first intended, by the
// server's time, and ended when its call ended.
var (
	sent  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ended = sent.Add(2 * time.Second)
)

// inDoubtEntry is an entry of a message with that text, to the person of the
// table.
func inDoubtEntry(name, text string) *state.Entry {
	return &state.Entry{
		Addr: msg(name), Revision: 1, Account: shop, Recipient: "1", Status: state.Intent,
		Fingerprint:     content.Fingerprint(shop, "1", content.Content{Kind: content.Text, Value: text}),
		FirstIntendedAt: sent, IntendedAt: sent, DoubtAt: ended,
	}
}

// ours is a message of the account, so long after the sending began.
func ours(id string, after time.Duration, kind content.Kind, text string) Received {
	return Received{ID: id, At: sent.Add(after), FromUs: true, Kind: kind, Text: text}
}

func text(id string, after time.Duration, text string) Received {
	return ours(id, after, content.Text, text)
}

// theirs is n messages of the recipient's, the newest first.
func theirs(n int, after time.Duration) (list []Received) {
	for i := range n {
		list = append(list, Received{ID: fmt.Sprintf("t%d", i), At: sent.Add(after - time.Duration(i)*time.Second), Kind: content.Text, Text: "hello"})
	}
	return list
}

// row is one line of the recipe's table. What is not set is a listing that
// reaches the beginning, read an hour later.
type row struct {
	name   string
	listed []Received
	doubts []doubt // one text "hi" if there are none
	edit   func(l *Listing, ev *evidence)
	want   string // for each doubt: found id, absent, or doubtful and a part of why
}

func TestRecipe(t *testing.T) {
	hi := func() doubt { return doubt{entry: inDoubtEntry("a", "hi"), kind: content.Text} }
	picture := func(name string, k content.Kind) doubt {
		return doubt{entry: inDoubtEntry(name, name), kind: k}
	}
	incomplete := func(l *Listing, _ *evidence) { l.Complete = false }
	late := func(d doubt, by time.Duration) doubt {
		d.entry.Addr, d.entry.FirstIntendedAt, d.entry.DoubtAt = msg("b"), sent.Add(by), ended.Add(by)
		return d
	}
	for _, tc := range []row{
		// Found.
		{name: "the text is there", listed: []Received{text("m1", time.Second, "hi")}, want: "found m1"},
		{name: "a link is a text", listed: []Received{text("m1", time.Second, "hi")}, doubts: []doubt{{entry: inDoubtEntry("a", "hi"), kind: content.Link}}, want: "found m1"},
		{name: "with a preview beside it", listed: []Received{{ID: "m1", At: sent, FromUs: true, Kind: content.Text, Text: "hi", Unclear: true}}, want: "found m1"},
		{name: "at once, though not absent yet", listed: []Received{text("m1", 0, "hi")}, edit: func(_ *Listing, ev *evidence) { ev.now, ev.early = ended, true }, want: "found m1"},
		{name: "on a page", listed: []Received{text("m1", 0, "hi")}, edit: func(_ *Listing, ev *evidence) { ev.foundOnly = true }, want: "found m1"},
		{name: "without the time of the call's end", listed: []Received{text("m1", 0, "hi")}, edit: func(_ *Listing, ev *evidence) { ev.now = time.Time{} }, want: "found m1"},
		{name: "by the text alone, where the block is gone", listed: []Received{text("m1", 0, "hi")}, doubts: []doubt{{entry: inDoubtEntry("a", "hi")}}, want: "found m1"},
		{name: "as far before as two clocks may differ", listed: []Received{text("m1", -121*time.Second, "hi")}, want: "found m1"},
		{name: "as late as it may be", listed: []Received{text("m1", 24*time.Hour, "hi")}, want: "found m1"},
		{name: "behind twenty of theirs, one of them older", listed: append(theirs(19, time.Hour), text("m1", 0, "hi")), edit: incomplete, want: "found m1"},
		{name: "the first of two with the text", listed: []Received{text("m2", 9*time.Second, "hi"), text("m1", 0, "hi")}, want: "found m1"},

		// Absent.
		{name: "nothing is there", want: "absent"},
		{name: "only theirs", listed: []Received{{ID: "t1", At: sent, Kind: content.Text, Text: "hi"}}, want: "absent"},
		{name: "before the window", listed: []Received{text("m1", -122*time.Second, "hi")}, want: "absent"},
		{name: "claimed by another entry", listed: []Received{text("claimed", 0, "hi")}, want: "absent"},
		{name: "a picture of ours is no text", listed: []Received{ours("m1", 0, content.Image, "")}, want: "absent"},
		{name: "the listing goes back to before the window", listed: theirs(20, -122*time.Second), edit: incomplete, want: "absent"},
		{name: "the grace time has just passed", edit: func(_ *Listing, ev *evidence) { ev.now = ended.Add(time.Minute) }, want: "absent"},

		// In doubt still.
		{name: "an error", edit: func(l *Listing, _ *evidence) { l.Outcome = Outcome{Class: InDoubt, Code: 1} }, want: "doubtful could not be read (code 1)"},
		{name: "a conversation that is not known", edit: func(l *Listing, _ *evidence) { l.Known, l.Complete = false, true }, want: "doubtful did not have its conversation"},
		{name: "a text that came back changed", listed: []Received{text("m1", 0, "hi.")}, want: "doubtful a message of the account's from 2026-03-01T12:00:00Z"},
		{name: "two others", listed: []Received{text("m2", time.Minute, "x"), text("m1", 0, "y")}, want: "doubtful 2 messages of the account's since 2026-03-01T12:00:00Z"},
		{name: "a sticker may be a text", listed: []Received{ours("m1", 0, content.Sticker, "")}, want: "doubtful it may be this one"},
		{name: "a message of no clear sender", listed: []Received{{ID: "m1", At: sent, FromUs: true, Unclear: true}}, want: "doubtful it may be this one"},
		{name: "anything of ours, where the kind is not known", listed: []Received{ours("m1", 0, content.Image, "")}, doubts: []doubt{{entry: inDoubtEntry("a", "hi")}}, want: "doubtful it may be this one"},
		{name: "twenty newer messages", listed: theirs(20, time.Hour), edit: incomplete, want: "doubtful more than 20 newer messages"},
		{name: "nothing of a listing that is not complete", edit: incomplete, want: "doubtful more than 20 newer messages"},
		{name: "the grace time has not passed", edit: func(_ *Listing, ev *evidence) { ev.now = ended.Add(time.Minute - 1) }, want: "doubtful only 1m0s after the call"},
		{name: "it has not passed by our own clock", edit: func(_ *Listing, ev *evidence) { ev.early = true }, want: "doubtful only 1m0s after the call"},
		{name: "the server's time is not known", edit: func(_ *Listing, ev *evidence) { ev.now = time.Time{} }, want: "doubtful without Instagram's time"},
		{name: "on a page nothing is absent", edit: func(_ *Listing, ev *evidence) { ev.foundOnly = true }, want: "doubtful not in its conversation"},
		{name: "when the doubt began is not known", doubts: []doubt{{entry: &state.Entry{Recipient: "1", FirstIntendedAt: sent}, kind: content.Text}}, want: "doubtful without Instagram's time"},
		{name: "when it was sent is not known", listed: []Received{text("m1", 0, "hi")}, doubts: []doubt{func() doubt { d := hi(); d.entry.FirstIntendedAt = time.Time{}; return d }()}, want: "doubtful not recorded when it was sent"},

		// Media, which come back under other addresses.
		{name: "the only candidate of its kind", listed: []Received{ours("m1", 0, content.Image, "")}, doubts: []doubt{picture("a", content.Image)}, want: "found m1"},
		{name: "a text beside it is none", listed: []Received{text("m2", 0, "hello"), ours("m1", 0, content.Image, "")}, doubts: []doubt{picture("a", content.Image)}, want: "found m1"},
		{name: "two candidates", listed: []Received{ours("m2", 0, content.Image, ""), ours("m1", 0, content.Image, "")}, doubts: []doubt{picture("a", content.Image)}, want: "doubtful one of them may be this one"},
		{name: "another kind, which it may be", listed: []Received{ours("m1", 0, content.Video, "")}, doubts: []doubt{picture("a", content.Image)}, want: "doubtful it may be this one"},
		{name: "an unclear one", listed: []Received{{ID: "m1", At: sent, FromUs: true, Kind: content.Image, Unclear: true}}, doubts: []doubt{picture("a", content.Image)}, want: "doubtful it may be this one"},
		{name: "absent beside texts", listed: []Received{text("m1", 0, "hello")}, doubts: []doubt{picture("a", content.Image)}, want: "absent"},
		{name: "two doubts and one picture", listed: []Received{ours("m1", 0, content.Image, "")}, doubts: []doubt{picture("a", content.Image), picture("b", content.Image)}, want: "doubtful it may be this one, doubtful it may be this one"},
		{name: "a sticker beside any message", listed: []Received{text("m1", 0, "hello")}, doubts: []doubt{picture("a", content.Sticker)}, want: "doubtful it may be this one"},
		{name: "a text and a picture, both there", listed: []Received{text("m2", 0, "hi"), ours("m1", 0, content.Image, "")}, doubts: []doubt{hi(), picture("b", content.Image)}, want: "found m2, found m1"},

		// Two equal texts.
		{name: "both there", listed: []Received{text("m2", time.Minute, "hi"), text("m1", 0, "hi")}, doubts: []doubt{late(hi(), time.Minute), hi()}, want: "found m2, found m1"},
		{name: "one there", listed: []Received{text("m1", 0, "hi")}, doubts: []doubt{hi(), late(hi(), time.Minute)}, want: "found m1, absent"},
		{name: "one there, too early for the later", listed: []Received{text("m1", 0, "hi")}, doubts: []doubt{hi(), late(hi(), time.Hour)}, edit: func(_ *Listing, ev *evidence) { ev.now = sent.Add(3 * time.Hour) }, want: "found m1, absent"},
		{name: "one there, only the later's", listed: []Received{text("m1", time.Hour, "hi")}, doubts: []doubt{late(hi(), time.Hour), func() doubt { d := hi(); d.entry.FirstIntendedAt = sent.Add(2 * time.Hour); return d }()}, edit: func(_ *Listing, ev *evidence) { ev.now = sent.Add(3 * time.Hour) }, want: "found m1, absent"},
		{name: "one there, and another candidate", listed: []Received{text("m2", 0, "hi!"), text("m1", 0, "hi")}, doubts: []doubt{hi(), late(hi(), time.Minute)}, want: "found m1, doubtful it may be this one"},
		{name: "the first of them is not to be settled", listed: []Received{text("m1", 0, "hi")}, doubts: []doubt{{entry: inDoubtEntry("z", "hi"), apart: true}, late(hi(), time.Minute)}, want: "found m1, doubtful it may be this one"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := Listing{Outcome: Outcome{Class: Accepted}, Known: true, Recipient: "1", Messages: tc.listed, Complete: true}
			ev := evidence{now: sent.Add(time.Hour), grace: time.Minute, claimed: func(id string) bool { return id == "claimed" }}
			if tc.edit != nil {
				tc.edit(&l, &ev)
			}
			ev.listing = l
			if tc.doubts == nil {
				tc.doubts = []doubt{hi()}
			}
			wants := strings.Split(tc.want, ", ")
			for i, f := range settleBy(tc.doubts, ev) {
				got := []string{"doubtful " + f.why, "found " + f.id, "absent"}[f.verdict]
				if want := wants[i]; f.verdict != doubtful && got != want || f.verdict == doubtful && (!strings.HasPrefix(want, "doubtful ") || !strings.Contains(f.why, strings.TrimPrefix(want, "doubtful "))) {
					t.Errorf("doubt %d: %s\nwant %s", i, got, want)
				}
			}
		})
	}
}
