package apply

import (
	"fmt"
	"strings"
	"time"

	"herald/config/addr"
	"herald/state"
)

// obstacle is what the guard found in the record against a call.
type obstacle struct {
	kind obstacleKind
	key  state.Key // of the entry that is in the way
	// doubt is, with inDoubt, that entry, if it is known.
	doubt *state.Entry
	// holder is, with elsewhere, who has the conversation, if that is known.
	holder string
}

type obstacleKind uint8

const (
	// inDoubt: a message of the conversation may have been delivered.
	inDoubt obstacleKind = iota
	// duplicate: the same content is recorded under another address.
	duplicate
	// secondReaction: another reaction stands on the same message.
	secondReaction
	// noTarget: the message reacted to has no id.
	noTarget
	// wrongKind: the entry is not of the kind that its address says.
	wrongKind
	// notPrepared: the run has a claim, and the message is not under it.
	notPrepared
	// claimOver: the run's claim is.
	claimOver
	// elsewhere: another run has the conversation, or wrote the entry.
	elsewhere
)

// doubtAt is the obstacle of an entry in doubt; e may be nil, and may change
// later.
func doubtAt(key state.Key, e *state.Entry) *obstacle {
	o := &obstacle{kind: inDoubt, key: key}
	if e != nil {
		now := *e
		o.doubt = &now
	}
	return o
}

// outcome returns the obstacle as the outcome of a call that was not made.
func (o *obstacle) outcome() Outcome {
	switch o.kind {
	case inDoubt:
		return Outcome{
			Reason:  "in_doubt",
			Explain: fmt.Sprintf("It is not known whether %s arrived, and the messages of one conversation are sent one after the other.", o.key),
			Remedy:  doubtRemedy(o.key.Addr, o.doubt),
		}
	case duplicate:
		return Outcome{
			Reason:  "duplicate",
			Explain: fmt.Sprintf("The record holds the same content to the same person as %s, so this person would read it twice.", o.key),
			Remedy:  "If the block was renamed, say so with a moved block; if the message is meant twice, set allow_duplicate = true in its lifecycle block. Then plan again.",
		}
	case secondReaction:
		return Outcome{
			Reason:  "second_reaction",
			Explain: fmt.Sprintf("%s reacts to the same message, and an account has one reaction to a message: the second would replace the first.", o.key),
			Remedy:  "Take one of the two reactions out of the configuration, then plan again.",
		}
	case noTarget:
		return Outcome{
			Reason:  "no_target",
			Explain: fmt.Sprintf("The reaction belongs to %s, and the record holds no sent message of that address.", o.key.Addr),
			Remedy:  "Plan again, so that the message is sent first.",
		}
	case wrongKind:
		return Outcome{
			Reason:  "wrong_kind",
			Explain: fmt.Sprintf("The record's entry for %s is not that of a message.", o.key),
		}
	case notPrepared:
		return Outcome{
			Reason:  "not_prepared",
			Explain: "The run sends what was prepared for it and recorded before, so that no other run sends it too, and this was not.",
			Remedy:  "Prepare it, share the record, and apply then:\n\n  herald apply -prepare",
		}
	case claimOver:
		return Outcome{
			Reason: "claim_over",
			Explain: fmt.Sprintf("What is prepared belongs to the run that prepared it for %d minutes by Instagram's clock, and their end is near: after them another run may find that it was not sent, and send it.",
				ClaimLease/time.Minute),
			Remedy: "See that the clock of this machine is right. Then prepare again, share the record, and apply:\n\n  herald apply -prepare",
		}
	case elsewhere:
		return claimedElsewhere(o)
	}
	return Outcome{}
}

// claimedElsewhere is the outcome of a message whose intent the store refused.
func claimedElsewhere(o *obstacle) Outcome {
	who := "Another run"
	if o.holder != "" {
		who = "The run of " + o.holder
	}
	return Outcome{
		Reason:  "claimed",
		Explain: who + " works on it, or has written it since this run looked, and the record lets only one of them send.",
		Remedy:  "Apply again once the other run has ended.",
	}
}

// doubtRemedy says how the doubt about an entry ends, which may be nil: of what
// a run has prepared, and may be sending, nobody should say that it was not sent.
func doubtRemedy(a addr.Instance, e *state.Entry) string {
	switch {
	case e.LeftOpen():
		return openAdvice(a.String())
	case e == nil || e.Claim == "":
		return resolveAdvice(a)
	}
	if e.IntendedAt.IsZero() {
		return "A run has prepared it, and may be sending it; the record does not say until when. On the machine that prepared it, apply goes on with it."
	}
	return fmt.Sprintf("The run that prepared it may send it until %s. On the machine that prepared it, apply goes on with it; elsewhere wait until then, and apply again: that reads the conversation, and sends it only if it is proven not to be there.", moment(leaseEnd(e)))
}

// resolveAdvice says how a person settles a doubt, each command on a line of
// its own.
func resolveAdvice(a addr.Instance) string {
	return fmt.Sprintf("Look at the conversation in Instagram. If the message is there, record its id; if it is not, say so, and the next apply sends it:\n\n  herald resolve %[1]s -sent=MESSAGE_ID\n  herald resolve %[1]s -not-sent", shellQuote(a.String()))
}

// shellQuote writes an address so that a shell takes it as one word: as it is,
// or in single quotes if it has a key.
func shellQuote(s string) string {
	if !strings.ContainsAny(s, "[\"'") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
