package plan

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"herald/config"
	"herald/config/addr"
	"herald/config/content"
	"herald/state"
)

const (
	shop = "17841405822304914"
	ana  = "1001"
	ben  = "1002"
)

// world builds what is wanted and what is recorded, a line for each.
type world struct {
	t       testing.TB
	wanted  *config.Wanted
	record  *state.Record
	account *config.Account
	in      Input
}

func newWorld(t testing.TB) *world {
	a := &config.Account{
		Name: "shop", IGID: shop, Endpoint: config.DefaultEndpoint, APIVersion: config.DefaultAPIVersion,
		Limits: config.DefaultRates(), SettleAfter: config.DefaultSettleAfter,
	}
	return &world{
		t: t, account: a, record: state.NewRecord("lineage-1"),
		wanted: &config.Wanted{Accounts: []*config.Account{a}, Blocks: map[addr.Block]bool{}},
	}
}

func address(t testing.TB, s string) addr.Instance {
	t.Helper()
	a, err := addr.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func addresses(t testing.TB, list []string) []addr.Instance {
	t.Helper()
	var out []addr.Instance
	for _, s := range list {
		out = append(out, address(t, s))
	}
	return out
}

func (w *world) item(a string) *config.Item {
	w.t.Helper()
	line := 10 * (len(w.wanted.Items) + 1)
	at := hcl.Range{Filename: "main.hcl", Start: hcl.Pos{Line: line, Column: 1}, End: hcl.Pos{Line: line, Column: 10}}
	it := &config.Item{Addr: address(w.t, a), Account: w.account, Recipient: ana, Revision: 1, Range: at}
	w.wanted.Items = append(w.wanted.Items, it)
	w.wanted.Blocks[it.Addr.Block] = it.Addr.Keyed
	return it
}

// message declares a message to ana.
func (w *world) message(a, text string, after ...string) *config.Item {
	w.t.Helper()
	it := w.item(a)
	it.Content = content.Content{Kind: content.Text, Value: text}
	it.DependsOn = addresses(w.t, after)
	return it
}

// reaction declares a reaction, to an address or an id.
func (w *world) reaction(a, target string) *config.Item {
	w.t.Helper()
	it := w.item(a)
	it.React = content.Love
	if strings.HasPrefix(target, "message.") {
		it.Target.Ref = address(w.t, target)
	} else {
		it.Target.ID = target
	}
	return it
}

// entry records a message to ana as sent, or in another status.
func (w *world) entry(a, text string, change func(*state.Entry)) *state.Entry {
	w.t.Helper()
	e := state.Entry{
		Addr: address(w.t, a), Revision: 1, Account: shop, Recipient: ana, Status: state.Sent, Change: 2, PlanID: "sha256:former", Attempts: 1,
	}
	if change != nil {
		change(&e)
	}
	if e.Addr.Kind == addr.Message {
		if e.Fingerprint == "" {
			e.Fingerprint = content.Fingerprint(e.Account, e.Recipient, content.Content{Kind: content.Text, Value: text})
		}
		if e.Status == state.Sent && e.MessageID == "" {
			e.MessageID = "mid." + e.Key().String()
		}
	} else {
		if e.Status == state.Sent {
			e.Status = state.Reacted
		}
		e.Target = text
		if e.Reaction == "" {
			e.Reaction = content.Love
		}
		e.Fingerprint = content.ReactionFingerprint(e.Account, e.Recipient, e.Target, e.Reaction)
	}
	if err := e.Check(); err != nil {
		w.t.Fatal(err)
	}
	w.record.Put(e)
	return w.record.Get(e.Key())
}

func inStatus(s state.Status) func(*state.Entry) { return func(e *state.Entry) { e.Status = s } }

func refused(c state.Class) func(*state.Entry) {
	return func(e *state.Entry) {
		e.Status, e.Refusal = state.Rejected, &state.Refusal{Class: c, HTTP: 400, Code: 100}
	}
}

func atRevision(n int) func(*state.Entry) { return func(e *state.Entry) { e.Revision = n } }

func (w *world) moved(from, to string) {
	at := hcl.Range{Filename: "moved.hcl", Start: hcl.Pos{Line: 1 + 4*len(w.wanted.Moves), Column: 1}}
	w.wanted.Moves = append(w.wanted.Moves, config.Move{From: address(w.t, from), To: address(w.t, to), Range: at})
}

// imports says that a message was sent by hand.
func (w *world) imports(to, id string) {
	at := hcl.Range{Filename: "import.hcl", Start: hcl.Pos{Line: 1 + 4*len(w.wanted.Imports), Column: 1}}
	w.wanted.Imports = append(w.wanted.Imports, config.Import{To: address(w.t, to), ID: id, Range: at})
}

// removed says that a reaction is forgotten.
func (w *world) removed(from string) {
	at := hcl.Range{Filename: "removed.hcl", Start: hcl.Pos{Line: 1 + 4*len(w.wanted.Removed), Column: 1}}
	w.wanted.Removed = append(w.wanted.Removed, config.Removed{From: address(w.t, from), Range: at})
}

func (w *world) only(patterns ...string) {
	for _, s := range patterns {
		p, err := addr.ParsePattern(s)
		if err != nil {
			w.t.Fatal(err)
		}
		w.in.Only = append(w.in.Only, p)
	}
}

func (w *world) build() (*Plan, hcl.Diagnostics) {
	in := w.in
	in.Wanted, in.Record = w.wanted, w.record
	return Build(in)
}

// plan builds a plan that must have no errors.
func (w *world) plan() *Plan {
	w.t.Helper()
	p, diags := w.build()
	if diags.HasErrors() {
		w.t.Fatal(said(diags))
	}
	return p
}

// shown writes a plan's changes, one to a line; = is nothing to do.
func shown(p *Plan) string {
	var b strings.Builder
	for _, c := range p.Changes {
		fmt.Fprintf(&b, "%s %s: %s %s", strings.Replace(c.Action.Symbol(), " ", "=", 1), c.Key(), c.Action, c.Reason)
		if c.ImportID != "" {
			fmt.Fprintf(&b, " as %s", c.ImportID)
		}
		if !c.HeldBy.IsZero() {
			fmt.Fprintf(&b, " (held by %s: %s)", c.HeldBy, c.HeldWhy)
		}
		b.WriteByte('\n')
	}
	for _, m := range p.Moves {
		fmt.Fprintf(&b, "> %s: moved from %s\n", m.To, m.From)
	}
	if p.Retired > 0 {
		fmt.Fprintf(&b, "retired: %d\n", p.Retired)
	}
	return b.String()
}

// said writes diagnostics as they are read.
func said(diags hcl.Diagnostics) string {
	var b strings.Builder
	for _, d := range diags {
		severity := "error"
		if d.Severity == hcl.DiagWarning {
			severity = "warning"
		}
		fmt.Fprintf(&b, "%s: %s", severity, d.Summary)
		if d.Subject != nil {
			fmt.Fprintf(&b, " (%s:%d)", d.Subject.Filename, d.Subject.Start.Line)
		}
		fmt.Fprintf(&b, "\n%s\n", d.Detail)
	}
	return b.String()
}

// saved encodes the plan and decodes it again.
func saved(t testing.TB, p *Plan) *Plan {
	t.Helper()
	var b, again bytes.Buffer
	if err := p.Encode(&b); err != nil {
		t.Fatal(err)
	}
	back, err := Decode(bytes.NewReader(b.Bytes()), "p.plan")
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	if err := back.Encode(&again); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Fatalf("saved again it differs:\n%s\n%s", b.String(), again.String())
	}
	return back
}

// second adds an account and gives it what is declared from here on.
func (w *world) second() {
	a := *w.account
	a.Name, a.IGID = "outlet", "17841400000000002"
	w.account = &a
	w.wanted.Accounts = append(w.wanted.Accounts, &a)
}
