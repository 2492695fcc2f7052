package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"herald/config"
	"herald/config/addr"
	"herald/config/content"
)

// digestFormat names what a digest is taken over; docs/plan-digest.md
// describes it.
const digestFormat = "herald.plan/1"

// digest returns the plan's id: the SHA-256 of what it would do and of what it
// was decided on, in canonical JSON (RFC 8785). The parts are hashed one by one
// in the order of their names, so the whole never stands in memory.
func (p *Plan) digest() (string, error) {
	h := sha256.New()
	d := digester{hash: h}
	d.raw(`{"actions":[`)
	first := true
	for _, c := range p.Changes {
		if c.Action == NoOp {
			continue
		}
		if !first {
			d.raw(",")
		}
		first = false
		d.action(c, p.Account(c.Account))
	}
	d.raw(`],"format":`)
	d.value(func(w *writer) { w.str(digestFormat) })
	d.raw(`,"limits":`)
	d.value(p.digestLimits)
	d.raw(`,"lineage":`)
	d.value(func(w *writer) { w.strOrNull(p.Lineage) })
	d.raw(`,"policies":`)
	d.value(p.digestPolicies)
	d.raw(`,"selection":`)
	d.value(p.digestSelection)
	d.raw(`}`)
	if d.err != nil {
		return "", d.err
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}

// digestPolicies writes what decides beside the actions' own policies.
func (p *Plan) digestPolicies(w *writer) {
	w.open()
	w.name("retry_rejected").bool(p.RetryRejected)
	w.close()
}

// digestSelection writes what the plan was asked for.
func (p *Plan) digestSelection(w *writer) {
	w.open()
	w.name("exclude").strs(sortedCopy(p.Selection.Exclude))
	w.name("only").strs(sortedCopy(p.Selection.Only))
	w.close()
}

// sortedCopy returns the patterns in order: which comes first says nothing.
func sortedCopy(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

// digestLimits writes the bounds on a run and on each account's pace.
func (p *Plan) digestLimits(w *writer) {
	w.open()
	w.name("max_sends").int(int64(p.Limits.MaxSends))
	w.name("max_sends_per_recipient").int(int64(p.Limits.MaxSendsPerRecipient))
	w.name("stop_after_failures").int(int64(p.Limits.StopAfterFailures))
	w.name("rates").open()
	for i := range p.Accounts {
		a := &p.Accounts[i]
		w.name(a.IGID)
		w.rates(a.Rates)
	}
	w.close()
	w.close()
}

// digester hashes canonical JSON.
type digester struct {
	hash hash.Hash
	w    writer
	err  error
}

func (d *digester) raw(s string) { d.hash.Write([]byte(s)) }

// value hashes what write writes, made canonical.
func (d *digester) value(write func(w *writer)) {
	d.w.reset()
	write(&d.w)
	v := jsontext.Value(d.w.buf)
	if err := cmp.Or(d.w.err, v.Canonicalize()); err != nil && d.err == nil {
		d.err = err
	}
	d.hash.Write(v)
}

// action hashes one change. It is written canonical, which a test compares with
// Canonicalize: that would take as long as all the rest of planning it.
func (d *digester) action(c *Change, a *Account) {
	d.w.reset()
	digestAction(&d.w, c, a)
	if d.w.err != nil && d.err == nil {
		d.err = fmt.Errorf("%s: %w", c.Addr, d.w.err)
	}
	d.hash.Write(d.w.buf)
}

// digestAction writes a change, the names in order.
func digestAction(w *writer, c *Change, a *Account) {
	w.open()
	w.name("action").str(c.Action.String())
	w.name("address").addr(c.Addr)
	w.name("after").addrs(c.DependsOn)
	if a != nil && c.Action.Calls() {
		w.name("api_version").str(a.APIVersion)
	}
	w.name("base")
	digestBase(w, c)
	if c.Content.Kind != content.KindInvalid {
		w.name("content").content(c.Content)
	}
	if a != nil && c.Action.Calls() {
		w.name("endpoint").str(a.Endpoint)
	}
	if !c.HeldBy.IsZero() {
		w.name("held_by").addr(c.HeldBy)
	}
	w.name("ig_id").str(c.Account)
	if c.Action == Import {
		w.name("import_id").str(c.ImportID)
	}
	if c.Addr.Kind == addr.Message {
		w.name("policies").open()
		w.name("allow_duplicate").bool(c.AllowDuplicate)
		w.name("on_in_doubt").str(doubtName(c.OnInDoubt))
		w.close()
	} else {
		w.name("reaction").str(c.React)
	}
	w.name("recipient").str(c.Recipient)
	w.name("revision").int(int64(c.Revision))
	if c.Addr.Kind == addr.Reaction {
		w.name("target").target(c.Target)
	}
	w.close()
}

// digestBase writes what of the recorded entry the decision rests on. Its
// address is not in it: a move changes nothing about what is sent. Times are
// not either.
func digestBase(w *writer, c *Change) {
	e := c.Base
	if e == nil {
		w.null()
		return
	}
	w.open()
	w.name("account").str(e.Account)
	w.name("change").int(c.BaseChange)
	w.name("fingerprint").str(e.Fingerprint)
	if e.Addr.Kind == addr.Message {
		w.name("message_id").str(e.MessageID)
	} else {
		w.name("reaction").str(e.Reaction)
	}
	w.name("recipient").str(e.Recipient)
	w.name("revision").int(int64(e.Revision))
	w.name("status").str(e.Status.String())
	if e.Addr.Kind == addr.Reaction {
		w.name("target").str(e.Target)
	}
	w.close()
}

func doubtName(d OnInDoubt) string {
	if d == config.DoubtHold {
		return "hold"
	}
	return "settle"
}

// isDigest reports whether s has the form of a plan's id.
func isDigest(s string) bool {
	digits, ok := strings.CutPrefix(s, "sha256:")
	if !ok || len(digits) != 2*sha256.Size {
		return false
	}
	return strings.Trim(digits, "0123456789abcdef") == ""
}
