package survey

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"herald/apply"
	"herald/config/addr"
	"herald/config/content"
	"herald/plan"
	"herald/state"
)

// look runs a survey of one conversation, with ana, that holds the messages.
func look(t *testing.T, s Survey, messages ...apply.Received) *Report {
	t.Helper()
	x := newInsta()
	x.talks[ana] = messages
	s.Client = x
	var rep *Report
	synctest.Test(t, func(*testing.T) { rep = s.Do(context.Background()) })
	return rep
}

func TestTextsAreFoundWordForWord(t *testing.T) {
	p := planOf(send("hi", ana, "Hi Ana"), send("order", ana, "Your order"), of("link", ana, content.Content{Kind: content.Link, Value: "https://example.com/a"}))
	r := look(t, Survey{Plan: p},
		ours("m4", "https://example.com/a", 4), theirs("m3", "Your order", 3), ours("m2", "Your order", 2), ours("m1", "Hi Ana", 1))
	wants(t, r, "hi found m1", "order found m2", "link found m4")
	if !r.Findings[1].At.Equal(began.Add(2 * time.Minute)) {
		t.Errorf("found at %s", r.Findings[1].At)
	}
	if got := r.Windows[0]; !got.Known || !got.Closes().Equal(began.Add(3*time.Minute+24*time.Hour)) {
		t.Errorf("window is %+v", got)
	}
}

func TestWhatIsNotThereIsAbsent(t *testing.T) {
	p := planOf(send("hi", ana, "Hi Ana"), of("pic", ana, content.Content{Kind: content.Image, Value: "https://example.com/a.png"}))
	wants(t, look(t, Survey{Plan: p}, theirs("m1", "Hello?", 1)), "hi absent", "pic absent")
	wants(t, look(t, Survey{Plan: p}, theirs("m2", "Hello?", 2), ours("m1", "Hi Ana", 1)), "hi found m1", "pic absent")
}

// What is there but belongs to nothing may be an earlier wording, unless a
// person says that there is none.
func TestOtherTextsMayBeEarlierWordings(t *testing.T) {
	p := planOf(send("hi", ana, "Hi Ana"))
	other := ours("m1", "Hi Anna", 1)
	r := look(t, Survey{Plan: p}, other)
	wants(t, r, "hi unknown other_messages")
	if len(r.Findings[0].Candidates) != 1 || r.Findings[0].Candidates[0].ID != "m1" {
		t.Errorf("candidates are %+v", r.Findings[0].Candidates)
	}
	wants(t, look(t, Survey{Plan: p, Unedited: true}, other), "hi absent")
	unclear := other
	unclear.Unclear = true
	wants(t, look(t, Survey{Plan: p, Unedited: true}, unclear), "hi unknown other_messages")
	post := picture("m2", content.Post, 2) // a link may come back as a share
	wants(t, look(t, Survey{Plan: p, Unedited: true}, post), "hi unknown other_messages")
	wants(t, look(t, Survey{Plan: p}, picture("m3", content.Image, 3)), "hi absent")
	late := Survey{Plan: p, LostAfter: began.Add(time.Hour)}
	wants(t, look(t, late, other), "hi absent")
}

func TestEqualTexts(t *testing.T) {
	one, two := send("one", ana, "Hi"), send("two", ana, "Hi")
	both := []apply.Received{ours("m2", "Hi", 2), ours("m1", "Hi", 1)}
	wants(t, look(t, Survey{Plan: planOf(one, two)}, both...), "one found m1", "two found m2")
	wants(t, look(t, Survey{Plan: planOf(one, two)}, both[:1]...), "one unknown equal_texts", "two unknown equal_texts")
	r := look(t, Survey{Plan: planOf(one)}, both...)
	wants(t, r, "one unknown equal_texts")
	if got := r.Findings[0].Explain; got != "Its text is there 2 times, and one message is declared with that text without a record of it." {
		t.Errorf("explained by %q", got)
	}

	// One of the two is recorded: the other is found.
	rec := state.NewRecord("l")
	rec.Put(entryOf("two", ana, state.Sent, "m2"))
	wants(t, look(t, Survey{Plan: planOf(one), Record: rec}, both...), "one found m1")

	// One is in doubt by a run: what is there may be that one.
	e := entryOf("two", ana, state.Intent, "")
	e.Fingerprint = one.Fingerprint
	rec = state.NewRecord("l")
	rec.Put(e)
	wants(t, look(t, Survey{Plan: planOf(one), Record: rec}, both[:1]...), "one unknown equal_texts")

	unclear := both[1]
	unclear.Unclear = true
	wants(t, look(t, Survey{Plan: planOf(one)}, unclear), "one unknown equal_texts")
}

// Media comes back under another address: it is taken only where a person says
// so, and only where there is one of it on both sides.
func TestMediaIsLeftToAPerson(t *testing.T) {
	pic := of("pic", ana, content.Content{Kind: content.Image, Value: "https://example.com/a.png"})
	heart := of("heart", ana, content.Content{Kind: content.Sticker, Value: content.Like})
	post := of("post", ana, content.Content{Kind: content.Post, Value: "1789"})
	for _, c := range []*plan.Change{pic, heart, post} {
		there := picture("m1", c.Content.Kind, 1)
		wants(t, look(t, Survey{Plan: planOf(c)}, there), c.Addr.Name+" unknown media")
		wants(t, look(t, Survey{Plan: planOf(c), Media: true}, there), c.Addr.Name+" found m1")
		wants(t, look(t, Survey{Plan: planOf(c), Media: true}, picture("m2", c.Content.Kind, 2), there), c.Addr.Name+" unknown media")
	}
	wants(t, look(t, Survey{Plan: planOf(pic, heart), Media: true}, picture("m1", content.Sticker, 1)), "pic unknown media", "heart unknown media")
	wants(t, look(t, Survey{Plan: planOf(pic), Media: true}, picture("m1", content.Video, 1)), "pic unknown media")
}

// Of a conversation with more than 20 newer messages nothing is known but what
// is seen, unless what was lost is newer than that.
func TestHiddenConversation(t *testing.T) {
	x := newInsta()
	x.talks[ana], x.hidden[ana] = []apply.Received{ours("m9", "Bye", 90), theirs("m8", "Hm", 80)}, true
	p := planOf(send("hi", ana, "Hi Ana"), send("bye", ana, "Bye"))
	run := func(s Survey) *Report {
		var rep *Report
		s.Plan, s.Client = p, x
		synctest.Test(t, func(*testing.T) { rep = s.Do(context.Background()) })
		return rep
	}
	r := run(Survey{})
	wants(t, r, "hi unknown hidden", "bye found m9")
	if !strings.Contains(r.Findings[0].Explain, "more than 20 newer messages") {
		t.Errorf("explained by %q", r.Findings[0].Explain)
	}
	wants(t, run(Survey{LostAfter: began.Add(81 * time.Minute)}), "hi unknown hidden", "bye found m9") // within the margin
	wants(t, run(Survey{LostAfter: began.Add(85 * time.Minute)}), "hi absent", "bye found m9")
	if w := r.Windows[0]; w.Before || !w.Wrote.Equal(began.Add(80*time.Minute)) {
		t.Errorf("window is %+v", w)
	}
}

func TestWindowThatCannotBeSeen(t *testing.T) {
	tk := &talk{at: state.Conversation{Account: shop, Recipient: ana}}
	l := apply.Listing{Outcome: accepted, Known: true, Messages: []apply.Received{ours("m1", "x", 5)}}
	if w := tk.window(l); !w.Known || !w.Before || !w.Closes().Equal(began.Add(5*time.Minute+24*time.Hour)) {
		t.Errorf("window is %+v", w)
	}
	l.Complete = true
	if w := tk.window(l); !w.Never || !w.Closes().IsZero() {
		t.Errorf("window is %+v", w)
	}
	if w := tk.window(apply.Listing{}); w.Known || !w.Closes().IsZero() {
		t.Errorf("window is %+v", w)
	}
}

func TestReactionsThatStand(t *testing.T) {
	react := func(name string, target plan.Target) *plan.Change {
		return &plan.Change{Addr: at(addr.Reaction, name), Revision: 1, Action: plan.React, Account: shop, Recipient: ana, React: "love", Target: target}
	}
	hi := send("hi", ana, "Hi Ana")
	loved, liked := ours("m1", "Hi Ana", 1), theirs("m2", "Thanks", 2)
	loved.Reacted, liked.Reacted = "love", "👍"
	r := look(t, Survey{Plan: planOf(hi, react("a", plan.Target{Ref: hi.Addr}), react("b", plan.Target{ID: "m2"}), react("c", plan.Target{ID: "m7"}))}, liked, loved)
	wants(t, r, "hi found m1")
	if len(r.Reactions) != 1 || r.Reactions[0].Change.Addr.Name != "a" || r.Reactions[0].Target != "m1" {
		t.Errorf("reactions are %+v", r.Reactions)
	}
}
