package view

import (
	"fmt"
	"time"

	"herald/apply/survey"
	"herald/config/content"
	"herald/internal/view/odd"
	"herald/plan"
	"herald/state"
)

// Item is one change of a plan in words. Its strings may hold text of unknown
// origin: a renderer makes them safe.
type Item struct {
	Symbol  string // + - ~ -/+ ? as the action's; … held; = stays as it is
	Address string
	What    Words // a few words: "text, 52 of 1,000 bytes"
	// Body is what the recipient will read or get, "" if it is not shown.
	Body string
	// Notes are sentences: why, what holds it, what can be done.
	Notes []Words
	// Commands are what to run, one line each.
	Commands []string
	// Links are the links within Body, each once; none where Body is one.
	Links []string
	// Marks are what is odd about the content: MarkNotes puts them into
	// sentences. The pieces of a sensitive one are left out.
	Marks []odd.Mark
	// Was is the text that was sent, where it is another than Body; "" if it is
	// not known. Only PlanDoc.Item knows it.
	Was string
}

// Item puts a change of the plan into words, as Describe does, and adds the
// text that was sent where the plan that was reviewed before has it, and what
// Instagram told.
func (d *PlanDoc) Item(c *plan.Change) Item {
	it := describe(c, d.Claimed != "" && c.Base != nil && c.Base.PlanID == d.Claimed)
	if c.Reason == plan.EditedAfterSent && c.Base != nil && it.Body != "" {
		if was, ok := d.sentText(c.Base.Fingerprint); ok && was != it.Body {
			it.Was = was
		}
	}
	it.Notes = append(it.Notes, d.Refresh.notes(c)...)
	return it
}

// Describe puts a change into words.
func Describe(c *plan.Change) Item { return describe(c, false) }

// describe is Describe; claimed says that this machine prepared what the plan
// holds of the change's address.
func describe(c *plan.Change, claimed bool) Item {
	it := Item{Symbol: symbol(c), Address: c.Addr.String(), What: what(c)}
	if c.Content.Kind != content.KindInvalid && c.Content.Kind != content.Sticker && c.Content.Kind != content.Post && !c.Sensitive {
		it.Body = c.Content.Value
	}
	if c.Content.Kind == content.Text {
		it.Links = links(it.Body)
	}
	it.Marks = marks(c)
	waits := c.Reason == plan.InDoubt && c.Action != plan.Repeat && prepared(c.Base)
	if waits {
		it.Notes = append(it.Notes, preparedNote(c, claimed))
	} else if note := reason(c); note != nil {
		it.Notes = append(it.Notes, note)
	}
	if !c.MovedFrom.IsZero() {
		it.Notes = append(it.Notes, Words{plain("Recorded as "), named(c.MovedFrom.String()), plain(" until now.")})
	}
	if c.Held() {
		it.Notes = append(it.Notes, held(c))
	}
	if c.Reason == plan.InDoubt && c.Action != plan.Repeat && !waits {
		it.Commands = resolveCommands(c)
	}
	return it
}

// symbol stands for what is done about a change.
func symbol(c *plan.Change) string {
	switch {
	case c.Held():
		return "…"
	case c.Action == plan.NoOp:
		return "="
	}
	return c.Action.Symbol()
}

// what says in a few words what is sent, or which reaction is meant.
func what(c *plan.Change) Words {
	var ws Words
	if c.Revision > 1 {
		ws = append(ws, plain(fmt.Sprintf("revision %d, ", c.Revision)))
	}
	switch {
	case c.React != "" || c.Target != (plan.Target{}):
		return append(ws, reactionWhat(c)...)
	case c.Content.Kind == content.KindInvalid:
		return append(ws, plain("its block is gone"))
	case c.Content.Kind == content.Post && !c.Sensitive:
		return append(ws, plain("post "), named(c.Content.Value))
	}
	return append(ws, plain(contentWhat(c.Content, c.Sensitive)))
}

func contentWhat(k content.Content, sensitive bool) string {
	switch {
	case sensitive:
		return fmt.Sprintf("%s (sensitive, %s)", k.Kind, count(len(k.Value), "byte", "bytes"))
	case k.Kind == content.Text, k.Kind == content.Link:
		return fmt.Sprintf("%s, %s of %s bytes", k.Kind, content.Thousands(len(k.Value)), content.Thousands(content.MaxTextBytes))
	case k.Kind == content.Sticker:
		return "heart sticker"
	}
	return k.Kind.String()
}

func reactionWhat(c *plan.Change) Words {
	on := append(Words{plain(" on ")}, target(c.Target)...)
	react := named(c.React)
	switch c.Action {
	case plan.Unreact:
		return append(Words{plain("takes back "), react}, on...)
	case plan.Rereact:
		if c.Base != nil {
			return append(Words{react, plain(" instead of "), named(c.Base.Reaction)}, on...)
		}
	case plan.Retarget:
		if c.Base != nil {
			return append(append(Words{react}, on...), plain(", taken back from message "), named(shortID(c.Base.Target)))
		}
	case plan.Forget:
		return append(Words{plain("forgets "), react}, on...)
	case plan.NoOp, plan.Send, plan.React, plan.Settle, plan.Repeat, plan.Import:
	}
	return append(Words{react}, on...)
}

// target names a reaction's message: its address, or its id, shortened.
func target(t plan.Target) Words {
	if t.IsRef() {
		return Words{named(t.Ref.String())}
	}
	return Words{plain("message "), named(shortID(t.ID))}
}

// shortID shortens a message id, which has 160 characters as a rule. The
// beginnings are alike, so the end is kept.
func shortID(id string) string {
	const keep = 12
	r := []rune(id)
	if len(r) <= 2*keep {
		return id
	}
	return string(r[:4]) + "…" + string(r[len(r)-keep:])
}

// reason says why in a sentence, where the action alone does not say it.
func reason(c *plan.Change) Words {
	switch c.Reason {
	case plan.EditedAfterSent:
		ws := append(Words{plain("Edited after it was sent" + when(c.Base) + ": what was sent stays.")}, elsewhere(c)...)
		return append(ws, plain(fmt.Sprintf(" To send the new content too, set revision = %d.", c.Revision+1)))
	case plan.RevisionRaised:
		return Words{plain("An earlier revision was sent; this one is sent besides.")}
	case plan.RevisionLowered:
		return Words{plain("A higher revision than this one was sent, so nothing is sent.")}
	case plan.RejectedBefore:
		return refusal("Refused before", c.Base, "; tried again.")
	case plan.RejectedFinal:
		return refusal("Refused for good", c.Base, ". It is tried again once its content, recipient or revision changes, or with -retry-rejected.")
	case plan.InDoubt:
		if c.Action == plan.Repeat {
			return Words{plain("In doubt" + since(c.Base) + ": repeating a reaction changes nothing if it had arrived.")}
		}
		if c.Base != nil && c.Base.SettledBy == survey.SettledBy {
			return Words{plain("In doubt: herald recover could not tell whether it was sent. No apply sends it before somebody has looked.")}
		}
		return Words{plain("In doubt" + since(c.Base) + ": it may have been delivered. It is not sent again unless it is proven not to be there.")}
	case plan.MaybeRenamed:
		return Words{plain("Another message of this conversation lost its block. If this is the same one under a new name, declare a moved block, or it is sent twice.")}
	case plan.Removed:
		return Words{plain("Its block is gone.")}
	case plan.Imported:
		return Words{plain("Recorded as sent by hand, under the id "), named(shortID(c.ImportID)), plain(": nothing is sent.")}
	case plan.Forgotten:
		return Words{plain("Taken out of the record; the reaction stays where it is.")}
	case plan.NotSentYet, plan.AlreadySent, plan.Retired, plan.NotReactedYet, plan.AlreadyReacted,
		plan.ReactionChanged, plan.TargetChanged, plan.NotSelected:
	}
	return nil
}

// elsewhere says that what was sent went to another person, or came from
// another account, than the change has.
func elsewhere(c *plan.Change) Words {
	if c.Base == nil {
		return nil
	}
	var ws Words
	if c.Base.Recipient != c.Recipient {
		ws = append(ws, plain(" It went to "), named(c.Base.Recipient), plain("."))
	}
	if c.Base.Account != c.Account {
		ws = append(ws, plain(" It was sent from the account with the id "), named(c.Base.Account), plain("."))
	}
	return ws
}

// refusal puts an entry's codes, if it has any, between head and tail.
func refusal(head string, e *state.Entry, tail string) Words {
	ws := Words{plain(head)}
	if id := code(e); id != "" {
		ws = append(ws, plain(" ("), named(id), plain(")"))
	}
	return append(ws, plain(tail))
}

// held says what holds a change that this plan cannot carry out.
func held(c *plan.Change) Words {
	if c.HeldBy == c.Addr {
		return Words{plain("Held: it is left to a person (on_in_doubt = \"hold\").")}
	}
	return Words{plain("Held: it waits for "), named(c.HeldBy.String()), plain(", which " + heldWhy(c.HeldWhy) + ".")}
}

func heldWhy(r plan.Reason) string {
	switch r {
	case plan.InDoubt:
		return "is in doubt"
	case plan.RejectedFinal:
		return "was refused for good"
	case plan.NotSelected:
		return "is not selected"
	case plan.NotSentYet, plan.AlreadySent, plan.EditedAfterSent, plan.RevisionRaised, plan.RevisionLowered,
		plan.RejectedBefore, plan.MaybeRenamed, plan.Retired, plan.NotReactedYet, plan.AlreadyReacted,
		plan.ReactionChanged, plan.TargetChanged, plan.Removed, plan.Imported, plan.Forgotten:
	}
	return "is held itself"
}

// resolveCommands are how a person settles a doubt.
func resolveCommands(c *plan.Change) []string {
	a := shellQuote(c.Addr.String())
	return []string{
		"herald resolve " + a + " -sent=MESSAGE_ID",
		"herald resolve " + a + " -not-sent",
	}
}

// code gives a refusal's codes: "code 10, subcode 2534022".
func code(e *state.Entry) string {
	if e == nil || e.Refusal == nil {
		return ""
	}
	switch r := e.Refusal; {
	case r.Code != 0 && r.Subcode != 0:
		return fmt.Sprintf("code %d, subcode %d", r.Code, r.Subcode)
	case r.Code != 0:
		return fmt.Sprintf("code %d", r.Code)
	default:
		return r.Reason
	}
}

// when gives the time of the entry's status: " on 2026-01-02 15:04 UTC".
func when(e *state.Entry) string {
	if e == nil || e.SettledAt.IsZero() {
		return ""
	}
	return " on " + moment(e.SettledAt)
}

// since gives the time from which a doubt is known: " since 2026-01-02 15:04 UTC".
func since(e *state.Entry) string {
	if e == nil {
		return ""
	}
	for _, t := range []time.Time{e.DoubtAt, e.IntendedAt} {
		if !t.IsZero() {
			return " since " + moment(t)
		}
	}
	return ""
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
