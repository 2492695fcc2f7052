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

func TestIndex(t *testing.T) {
	r := NewRecord("l")
	a, b, gone, doubt := message("a", ""), message("b", ""), message("gone", ""), message("doubt", "")
	b.Fingerprint = a.Fingerprint
	gone.Status, gone.Fingerprint = Absent, a.Fingerprint
	doubt.Status, doubt.MessageID = Intent, ""
	a.AlsoSent = []string{"mid.again"}
	for _, e := range []Entry{gone, b, doubt, a} {
		r.Put(e)
	}
	x := NewIndex(r)
	expect := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	expect("both hold, an absent one does not", keys(x.Fingerprint(a.Fingerprint)), "message.a sent, message.b sent")
	expect("an intent holds", keys(x.Fingerprint(doubt.Fingerprint)), "message.doubt intent")
	expect("nobody holds", keys(x.Fingerprint("v1:sha256:none")), "")
	expect("message id", x.MessageID("mid.b").Key().String(), "message.b")
	expect("further id", x.MessageID("mid.again").Key().String(), "message.a")
	if e := x.MessageID("mid.gone"); e != nil {
		t.Errorf("an absent message is found by its id: %v", e.Key())
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
