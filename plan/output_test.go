package plan

import (
	"strings"
	"testing"

	"herald/config"
	"herald/config/addr"
	"herald/state"
)

func TestResolveOutputs(t *testing.T) {
	w := newWorld(t)
	w.entry("message.a", "1", nil)
	w.entry("message.a", "2", func(e *state.Entry) { e.Revision, e.MessageID = 2, "mid.\"2\"" })
	w.entry("message.a", "3", func(e *state.Entry) { e.Revision, e.Status = 3, state.Intent })
	w.entry(`message.b["x"]`, "1", nil)
	w.entry("message.doubt", "1", inStatus(state.Intent))
	mark := strings.NewReplacer("<", config.RefOpen, ">", config.RefClose)
	for _, tc := range []struct{ in, want string }{
		{`{"n":1}`, `{"n":1}`},
		{`"<message.a>"`, `"mid.\"2\""`},
		{`["see <message.a>!","<message.b[\"x\"]>"]`, `["see mid.\"2\"!","mid.message.b[\"x\"]"]`},
		{`["<message.a>","<message.doubt>"]`, ``},
		{`"<message.unknown>"`, ``},
		{`"<no address>"`, ``},
		{`"<message.a"`, ``},
	} {
		outs := []Output{{Name: "x", Sensitive: true, JSON: []byte(mark.Replace(tc.in))}}
		got := ResolveOutputs(outs, w.record)[0]
		if string(got.JSON) != tc.want || got.Known != (tc.want != "") || got.Name != "x" || !got.Sensitive {
			t.Errorf("%s: got %s, %+v", tc.in, got.JSON, got)
		}
	}
	if got := ResolveOutputs([]Output{{JSON: []byte(mark.Replace(`"<message.a>"`))}}, nil)[0]; got.Known {
		t.Errorf("without a record it is known: %+v", got)
	}
}

func TestActions(t *testing.T) {
	for a, want := range map[Action]string{
		NoOp: "no-op = no-op", Send: "send + create", React: "react + create", Rereact: "change reaction ~ update",
		Retarget: "move reaction -/+ delete,create", Unreact: "unreact - delete", Settle: "settle ? read", Repeat: "repeat ? update",
		Action(99): "action(99) = ",
	} {
		symbol := strings.Replace(a.Symbol(), " ", "=", 1)
		if got := a.String() + " " + symbol + " " + strings.Join(a.Terraform(), ","); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		text, _ := a.MarshalText()
		var back Action
		if err := back.UnmarshalText(text); (err == nil) != (a <= Repeat) || err == nil && back != a {
			t.Errorf("%s became %v, %v", text, back, err)
		}
	}
}

func TestUnknownAddress(t *testing.T) {
	row{"", func(w *world) {
		w.message(`message.welcome["ana"]`, "1")
		w.message("message.b", "2", `message.welcome["anna"]`)
		w.message("message.c", "3", "reaction.nothing")
	}, ``, `
error: Unknown address (main.hcl:20)
message.b waits for message.welcome["anna"], which the configuration does not declare. Did you mean this one?

  message.welcome["ana"]

Correct the address, or declare the block.
error: Unknown address (main.hcl:30)
message.c waits for reaction.nothing, which the configuration does not declare. Correct the address, or declare the block.`}.test(t)

	row{"a target without a block that was sent", func(w *world) {
		w.reaction("reaction.r", "message.gone")
		w.entry("message.gone", "1", nil)
	}, `
			+ reaction.r: react not_reacted_yet
			retired: 1`, ``}.test(t)

	row{"twice", func(w *world) {
		w.message("message.a", "1")
		w.message("message.a", "2")
	}, ``, `
error: Address declared twice (main.hcl:20)
message.a is declared in main.hcl, line 10 and again here. An address says which message is meant, so it can be used once. Give one of the two another name.`}.test(t)
}

func TestEmpty(t *testing.T) {
	w := newWorld(t)
	w.message("message.a", "1")
	w.entry("message.a", "1", nil)
	if p := w.plan(); !p.Empty() {
		t.Errorf("not empty:\n%s", shown(p))
	}
	w.message("message.b", "2").OnInDoubt = config.DoubtHold
	w.entry("message.b", "2", inStatus(state.Intent))
	p := w.plan()
	if p.Empty() || !p.Changes[1].Held() || p.Changes[1].Pending() {
		t.Errorf("a held change is something to do:\n%s", shown(p))
	}
	for c := range p.Pending() {
		t.Errorf("pending: %s", c.Addr)
	}
	w.message("message.c", "3").Recipient = ben
	w.message("message.d", "4").Recipient = ben
	var first addr.Instance
	for c := range w.plan().Pending() {
		first = c.Addr
		break
	}
	if first.String() != "message.c" {
		t.Errorf("the first pending is %s", first)
	}
}
