package state

import (
	"fmt"
	"strings"
	"testing"

	"herald/config/addr"
)

func message(name, key string) Entry {
	a := addr.Block{Kind: addr.Message, Name: name}.Only()
	if key != "" {
		a = a.Each(key)
	}
	return Entry{
		Addr: a, Revision: 1, Account: "17841405822304914", Recipient: "1001", Fingerprint: "v1:sha256:" + name,
		Status: Sent, MessageID: "mid." + name + key, Change: 1, Attempts: 1,
	}
}

func keys(list []*Entry) string {
	var s []string
	for _, e := range list {
		s = append(s, fmt.Sprintf("%s %s", e.Key(), e.Status))
	}
	return strings.Join(s, ", ")
}

func TestIndexFollowsTheRecord(t *testing.T) {
	r := NewRecord("l")
	a, b := message("a", ""), message("b", "")
	b.Fingerprint = a.Fingerprint
	r.Put(b)
	r.Put(a)
	x := NewIndex(r)
	expect := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	talk := a.Conversation()
	expect("both hold", keys(x.Fingerprint(a.Fingerprint)), "message.a sent, message.b sent")
	expect("conversation", keys(x.Conversation(talk)), "message.a sent, message.b sent")
	expect("message id", x.MessageID("mid.b").Key().String(), "message.b")

	put := func(e Entry) {
		old := r.Get(e.Key())
		r.Put(e)
		x.Put(old, r.Get(e.Key()))
	}
	b.Status = Absent
	put(b)
	expect("an absent entry holds nothing", keys(x.Fingerprint(a.Fingerprint)), "message.a sent")
	expect("but stays in its conversation", keys(x.Conversation(talk)), "message.a sent, message.b absent")
	if e := x.MessageID("mid.b"); e != nil {
		t.Errorf("an absent message is found by its id: %v", e.Key())
	}

	c := message("c", "")
	c.Status, c.Recipient, c.MessageID = Intent, "1002", ""
	put(c)
	expect("intent holds", keys(x.Fingerprint(c.Fingerprint)), "message.c intent")
	expect("another person", keys(x.Conversation(c.Conversation())), "message.c intent")
	c.Status, c.MessageID, c.Fingerprint = Sent, "mid.c", "v1:sha256:other"
	put(c)
	expect("the former fingerprint is free", keys(x.Fingerprint("v1:sha256:c")), "")
	expect("outcome", x.MessageID("mid.c").Key().String(), "message.c")

	old := r.Get(a.Key())
	moved := addr.Block{Kind: addr.Message, Name: "z"}.Only()
	r.Move(a.Addr, moved)
	x.Put(old, r.Get(Key{moved, 1}))
	expect("moved", keys(x.Conversation(talk)), "message.b absent, message.z sent")
	expect("moved id", x.MessageID("mid.a").Key().String(), "message.z")
	if _, left := NewIndex(r).fingerprint["v1:sha256:c"]; left {
		t.Error("a fresh index differs")
	}
}

func TestRevisionsOfAnAddress(t *testing.T) {
	r := NewRecord("l")
	a := message("a", "")
	if r.Latest(a.Addr) != nil || len(r.Revisions(a.Addr)) != 0 {
		t.Error("an empty record has a revision")
	}
	expect := func(want string) {
		t.Helper()
		if got := keys(r.Revisions(a.Addr)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := keys([]*Entry{r.Latest(a.Addr)}); !strings.HasSuffix(want, got) {
			t.Errorf("the latest is %q of %q", got, want)
		}
	}
	a.Revision = 3
	r.Put(a)
	expect("message.a revision 3 sent")
	a.Revision = 1
	r.Put(a)
	expect("message.a sent, message.a revision 3 sent")
	a.Revision = 1 << 40
	r.Put(a)
	expect("message.a sent, message.a revision 3 sent, message.a revision 1099511627776 sent")
	to := message("b", "").Addr
	if !r.Move(a.Addr, to) || r.Move(a.Addr, to) {
		t.Error("Move says that nothing moved, or that it moved twice")
	}
	a.Addr = to
	expect("message.b sent, message.b revision 3 sent, message.b revision 1099511627776 sent")
	if r.Latest(message("a", "").Addr) != nil {
		t.Error("the former address has an entry")
	}
}
