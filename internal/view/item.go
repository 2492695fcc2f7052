package view

import (
	"fmt"
	"time"

	"herald/config/content"
	"herald/internal/view/odd"
	"herald/internal/view/wording"
	"herald/plan"
	"herald/state"
)

// Item is one change of a plan in words. Its strings may hold text of unknown
// origin: a renderer makes them safe.
type Item struct {
	Symbol  string // + - ~ -/+ ? as the action's; … held; = stays as it is
	Address string
	What    wording.Words // a few words: "text, 52 of 1,000 bytes"
	// Body is what the recipient will read or get, "" if it is not shown.
	Body string
	// Notes are sentences: why, what holds it, what can be done.
	Notes []wording.Words
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
		if was, ok := d.SentText(c.Base.Fingerprint); ok && was != it.Body {
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
	it := Item{Symbol: Symbol(c), Address: c.Addr.String(), What: What(c)}
	if c.Content.Kind != content.KindInvalid && c.Content.Kind != content.Sticker && c.Content.Kind != content.Post && !c.Sensitive {
		it.Body = c.Content.Value
	}
	if c.Content.Kind == content.Text {
		it.Links = wording.Links(it.Body)
	}
	it.Marks = marks(c)
	waits := c.Reason == plan.InDoubt && c.Action != plan.Repeat && Prepared(c.Base)
	if waits {
		it.Notes = append(it.Notes, preparedNote(c, claimed))
	} else if note := reason(c); note != nil {
		it.Notes = append(it.Notes, note)
	}
	if !c.MovedFrom.IsZero() {
		it.Notes = append(it.Notes, wording.Words{wording.Plain("Recorded as "), wording.Named(c.MovedFrom.String()), wording.Plain(" until now.")})
	}
	if c.Held() && (c.HeldBy != c.Addr || !c.Base.LeftOpen()) { // of which the reason tells
		it.Notes = append(it.Notes, held(c))
	}
	if c.Reason == plan.InDoubt && c.Action != plan.Repeat && !waits {
		it.Commands = resolveCommands(c)
	}
	return it
}

// Symbol stands for what is done about a change.
func Symbol(c *plan.Change) string {
	switch {
	case c.Held():
		return "…"
	case c.Action == plan.NoOp:
		return "="
	}
	return c.Action.Symbol()
}

// What says in a few words what is sent, or which reaction is meant.
func What(c *plan.Change) wording.Words {
	var ws wording.Words
	if c.Revision > 1 {
		ws = append(ws, wording.Plain(fmt.Sprintf("revision %d, ", c.Revision)))
	}
	switch {
	case c.React != "" || c.Target != (plan.Target{}):
		return append(ws, reactionWhat(c)...)
	case c.Content.Kind == content.KindInvalid:
		return append(ws, wording.Plain("its block is gone"))
	case c.Content.Kind == content.Post && !c.Sensitive:
		return append(ws, wording.Plain("post "), wording.Named(c.Content.Value))
	}
	return append(ws, wording.Plain(ContentWhat(c.Content, c.Sensitive)))
}

// ContentWhat says what a content is, in a few words: "text, 52 of 1,000 bytes".
func ContentWhat(k content.Content, sensitive bool) string {
	switch {
	case sensitive:
		return fmt.Sprintf("%s (sensitive, %s)", k.Kind, wording.Count(len(k.Value), "byte", "bytes"))
	case k.Kind == content.Text, k.Kind == content.Link:
		return fmt.Sprintf("%s, %s of %s bytes", k.Kind, content.Thousands(len(k.Value)), content.Thousands(content.MaxTextBytes))
	case k.Kind == content.Sticker:
		return "heart sticker"
	}
	return k.Kind.String()
}

func reactionWhat(c *plan.Change) wording.Words {
	on := append(wording.Words{wording.Plain(" on ")}, target(c.Target)...)
	react := wording.Named(c.React)
	switch c.Action {
	case plan.Unreact:
		return append(wording.Words{wording.Plain("takes back "), react}, on...)
	case plan.Rereact:
		if c.Base != nil {
			return append(wording.Words{react, wording.Plain(" instead of "), wording.Named(c.Base.Reaction)}, on...)
		}
	case plan.Retarget:
		if c.Base != nil {
			return append(append(wording.Words{react}, on...), wording.Plain(", taken back from message "), wording.Named(wording.ShortID(c.Base.Target)))
		}
	case plan.Forget:
		return append(wording.Words{wording.Plain("forgets "), react}, on...)
	case plan.NoOp, plan.Send, plan.React, plan.Settle, plan.Repeat, plan.Import:
	}
	return append(wording.Words{react}, on...)
}

// target names a reaction's message: its address, or its id, shortened.
func target(t plan.Target) wording.Words {
	if t.IsRef() {
		return wording.Words{wording.Named(t.Ref.String())}
	}
	return wording.Words{wording.Plain("message "), wording.Named(wording.ShortID(t.ID))}
}

// reason says why in a sentence, where the action alone does not say it.
func reason(c *plan.Change) wording.Words {
	switch c.Reason {
	case plan.EditedAfterSent:
		ws := append(wording.Words{wording.Plain("Edited after it was sent" + SettledOn(c.Base) + ": what was sent stays.")}, elsewhere(c)...)
		return append(ws, wording.Plain(fmt.Sprintf(" To send the new content too, set revision = %d.", c.Revision+1)))
	case plan.RevisionRaised:
		return wording.Words{wording.Plain("An earlier revision was sent; this one is sent besides.")}
	case plan.RevisionLowered:
		return wording.Words{wording.Plain("A higher revision than this one was sent, so nothing is sent.")}
	case plan.RejectedBefore:
		return refusal("Refused before", c.Base, "; tried again.")
	case plan.RejectedFinal:
		return refusal("Refused for good", c.Base, ". It is tried again once its content, recipient or revision changes, or with -retry-rejected.")
	case plan.InDoubt:
		if c.Action == plan.Repeat {
			return wording.Words{wording.Plain("In doubt" + DoubtSince(c.Base) + ": repeating a reaction changes nothing if it had arrived.")}
		}
		if c.Base.LeftOpen() {
			return wording.Words{wording.Plain("In doubt: herald recover could not tell whether it was sent. No apply reads for it or sends it before somebody has said so; a later recover looks again.")}
		}
		return wording.Words{wording.Plain("In doubt" + DoubtSince(c.Base) + ": it may have been delivered. It is not sent again unless it is proven not to be there.")}
	case plan.MaybeRenamed:
		return wording.Words{wording.Plain("Another message of this conversation lost its block. If this is the same one under a new name, declare a moved block, or it is sent twice.")}
	case plan.Removed:
		return wording.Words{wording.Plain("Its block is gone.")}
	case plan.Imported:
		return wording.Words{wording.Plain("Recorded as sent by hand, under the id "), wording.Named(wording.ShortID(c.ImportID)), wording.Plain(": nothing is sent.")}
	case plan.Forgotten:
		return wording.Words{wording.Plain("Taken out of the record; the reaction stays where it is.")}
	case plan.NotSentYet, plan.AlreadySent, plan.Retired, plan.NotReactedYet, plan.AlreadyReacted,
		plan.ReactionChanged, plan.TargetChanged, plan.NotSelected:
	}
	return nil
}

// elsewhere says that what was sent went to another person, or came from
// another account, than the change has.
func elsewhere(c *plan.Change) wording.Words {
	if c.Base == nil {
		return nil
	}
	var ws wording.Words
	if c.Base.Recipient != c.Recipient {
		ws = append(ws, wording.Plain(" It went to "), wording.Named(c.Base.Recipient), wording.Plain("."))
	}
	if c.Base.Account != c.Account {
		ws = append(ws, wording.Plain(" It was sent from the account with the id "), wording.Named(c.Base.Account), wording.Plain("."))
	}
	return ws
}

// refusal puts an entry's codes, if it has any, between head and tail.
func refusal(head string, e *state.Entry, tail string) wording.Words {
	ws := wording.Words{wording.Plain(head)}
	if id := RefusalCodes(e); id != "" {
		ws = append(ws, wording.Plain(" ("), wording.Named(id), wording.Plain(")"))
	}
	return append(ws, wording.Plain(tail))
}

// held says what holds a change that this plan cannot carry out.
func held(c *plan.Change) wording.Words {
	if c.HeldBy == c.Addr {
		return wording.Words{wording.Plain("Held: it is left to a person (on_in_doubt = \"hold\").")}
	}
	return wording.Words{wording.Plain("Held: it waits for "), wording.Named(c.HeldBy.String()), wording.Plain(", which " + heldWhy(c.HeldWhy) + ".")}
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
	a := wording.ShellQuote(c.Addr.String())
	sent := " -sent=MESSAGE_ID"
	if c.Base.LeftOpen() {
		sent = " -sent" // the app shows no ids
	}
	return []string{
		"herald resolve " + a + sent,
		"herald resolve " + a + " -not-sent",
	}
}

// RefusalCodes gives a refusal's codes: "code 10, subcode 2534022".
func RefusalCodes(e *state.Entry) string {
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

// SettledOn gives the time of the entry's status: " on 2026-01-02 15:04 UTC".
func SettledOn(e *state.Entry) string {
	if e == nil || e.SettledAt.IsZero() {
		return ""
	}
	return " on " + wording.Moment(e.SettledAt)
}

// DoubtSince gives the time from which a doubt is known: " since 2026-01-02 15:04 UTC".
func DoubtSince(e *state.Entry) string {
	if e == nil {
		return ""
	}
	for _, t := range []time.Time{e.DoubtAt, e.IntendedAt} {
		if !t.IsZero() {
			return " since " + wording.Moment(t)
		}
	}
	return ""
}
