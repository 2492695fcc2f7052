package state

import (
	"cmp"
	"fmt"
	"time"

	"herald/config/addr"
)

// Status says what is known of an entry. The zero value is no status.
type Status uint8

const (
	// StatusInvalid is the zero Status; no stored entry has it.
	StatusInvalid Status = iota
	// Intent was written before the call; found later, it is in doubt.
	Intent
	// Sent is a message that Instagram accepted.
	Sent
	// Reacted is a reaction that stands.
	Reacted
	// Rejected is a message or reaction that Instagram refused.
	Rejected
	// Absent is proven not to be there: not sent, unreacted, or removed from
	// the record by a person.
	Absent
)

var statusNames = [...]string{"invalid", "intent", "sent", "reacted", "rejected", "absent"}

// String returns the status as the record has it.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return statusNames[StatusInvalid]
}

// MarshalText writes the status as String does.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *Status) UnmarshalText(text []byte) error {
	for i, name := range statusNames {
		if i > 0 && name == string(text) {
			*s = Status(i)
			return nil
		}
	}
	return fmt.Errorf("%q is no status of an entry", text)
}

// Class says what a refusal means for the next run.
type Class uint8

const (
	// ClassNone is the class of no refusal.
	ClassNone Class = iota
	// Hold may pass later by itself: the person must write, or another app
	// must let go. The next run tries again.
	Hold
	// Final stays so until content, recipient or revision changes.
	Final
)

var classNames = [...]string{"", "hold", "final"}

// String returns the class as the record has it; it is empty for ClassNone.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return ""
}

// MarshalText writes the class as String does.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (c *Class) UnmarshalText(text []byte) error {
	for i, name := range classNames {
		if name == string(text) {
			*c = Class(i)
			return nil
		}
	}
	return fmt.Errorf("%q is no class of a refusal", text)
}

// Refusal is what the record keeps of a Graph error: never its text, which may
// quote the message.
type Refusal struct {
	Class   Class  `json:"class,omitzero"`
	HTTP    int    `json:"http,omitempty"`
	Code    int    `json:"code,omitempty"`
	Subcode int    `json:"subcode,omitempty"`
	TraceID string `json:"trace_id,omitempty"`
	// Reason is a word of Herald's own for an outcome without a Graph error:
	// "timeout", "reset", "no_message_id", "unparsable", "not_written".
	Reason string `json:"reason,omitempty"`
}

// Key names an entry within a record.
type Key struct {
	Addr     addr.Instance
	Revision int
}

// String returns the address, with the revision where it is not the first.
func (k Key) String() string {
	if k.Revision <= 1 {
		return k.Addr.String()
	}
	return fmt.Sprintf("%s revision %d", k.Addr, k.Revision)
}

// Compare orders keys by address as it is written, then by revision.
func (k Key) Compare(l Key) int {
	return cmp.Or(k.Addr.Compare(l.Addr), cmp.Compare(k.Revision, l.Revision))
}

// Entry is what is known of one address and revision. Entries are values: a
// stored one is never changed in place.
//
// Times are server time in whole microseconds, UTC; the zero time is unknown.
type Entry struct {
	Addr        addr.Instance
	Revision    int
	Account     string // IG id
	Recipient   string // IGSID
	Fingerprint string
	Status      Status
	// MessageID is that of a sent message. It is "" where a person has said that
	// it arrived and could not tell the id (SettledBy is ByResolve).
	MessageID string
	// AlsoSent are the further ids under which the message was delivered: two
	// runs that knew nothing of each other had both sent it. They are in
	// order, without MessageID.
	AlsoSent []string
	Target   string // of a reaction: the message id it belongs to
	Reaction string // of a reaction: "love"

	// Change counts the writes of this entry, from 1. A plan is stale if the
	// change of an address it acts on moved by anything but that plan.
	Change int64
	// PlanID is the digest of the plan that wrote the entry last.
	PlanID string
	// Claim is the nonce of the runner that prepared the intent, if any did:
	// to the run that holds the same claim the entry says that the POST has not
	// begun, to any other that it is in doubt. An intent that a POST follows
	// has none.
	Claim string

	FirstIntendedAt time.Time // the first attempt of this send
	IntendedAt      time.Time // the latest attempt
	DoubtAt         time.Time // when the doubt began; zero if there is none
	SettledAt       time.Time // when the status became what it is
	// SettledBy is what decided the status: "answer", "read", "resolve",
	// "import", "removed", "rm", "not_written", "withdrawn" (prepared, and the
	// run ended before its turn), or "recover" (found in its conversation where
	// the record did not have it; of an intent: it could not be told whether it
	// was sent, and that is left to a person).
	SettledBy string
	// Note is what a person gave as the reason of a resolve, or why a recover
	// decided as it did.
	Note     string
	Attempts int // POSTs begun

	Refusal *Refusal
	// Before is the entry as it was before the plan PlanID touched it first,
	// without a Before of its own; nil if there was none.
	Before *Entry
}

// Values of SettledBy that decide something.
const (
	// ByResolve: a person has said it.
	ByResolve = "resolve"
	// ByRecover: recover has read it in the conversation, or could not tell.
	ByRecover = "recover"
)

// LeftOpen reports whether the entry is a message of which recover could not
// tell whether it was sent, and of which nobody has said it since. No call of
// any run has made it doubtful, and there is no time from which to read for it.
func (e *Entry) LeftOpen() bool {
	return e != nil && e.Addr.Kind == addr.Message && e.Status == Intent && e.SettledBy == ByRecover
}

// Key returns the entry's key.
func (e *Entry) Key() Key { return Key{e.Addr, e.Revision} }

// Conversation returns the account and the person that the entry belongs to.
func (e *Entry) Conversation() Conversation { return Conversation{e.Account, e.Recipient} }

// Conversation is one account's exchange with one person. Sends within it are
// made one at a time.
type Conversation struct {
	Account   string // IG id
	Recipient string // IGSID
}

// Next returns a copy of e to be written by the plan, with Change raised and
// Before set to e as it was before that plan touched it. A nil e is an entry
// that does not exist yet.
func (e *Entry) Next(planID string) Entry {
	if e == nil {
		return Entry{Change: 1, PlanID: planID}
	}
	next := *e
	next.Change++
	if e.PlanID != planID {
		before := *e
		before.Before = nil
		next.Before = &before
		next.PlanID = planID
	}
	return next
}
