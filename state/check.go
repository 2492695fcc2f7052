package state

import (
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"herald/config/addr"
)

// Check reports what makes the entry one that no record may hold, or nil. It
// says nothing about the entry's neighbours or its past.
func (e *Entry) Check() error {
	if err := e.check(); err != nil {
		return fmt.Errorf("%s: %w", e.Key(), err)
	}
	b := e.Before
	if b == nil {
		return nil
	}
	err := b.check()
	switch {
	case err != nil:
	case b.Before != nil:
		err = errors.New("it has a before of its own")
	case b.Addr != e.Addr || b.Revision != e.Revision:
		err = fmt.Errorf("it is of another address, %s", b.Key())
	case b.Change >= e.Change:
		err = fmt.Errorf("its change %d is not below %d", b.Change, e.Change)
	default:
		return nil
	}
	return fmt.Errorf("%s: before: %w", e.Key(), err)
}

func (e *Entry) check() error {
	switch {
	case e.Addr.Kind != addr.Message && e.Addr.Kind != addr.Reaction, e.Addr.Name == "":
		return errors.New("the address is missing")
	case e.Revision < 1:
		return fmt.Errorf("the revision is %d; it counts from 1", e.Revision)
	case e.Account == "":
		return errors.New("the account is missing")
	case e.Recipient == "":
		return errors.New("the recipient is missing")
	case e.Fingerprint == "":
		return errors.New("the fingerprint is missing")
	case e.Change < 1:
		return fmt.Errorf("the change is %d; it counts from 1", e.Change)
	case e.Attempts < 0:
		return fmt.Errorf("the attempts are %d", e.Attempts)
	}
	if err := e.checkStatus(); err != nil {
		return err
	}
	if err := e.checkAlsoSent(); err != nil {
		return err
	}
	if err := e.checkRefusal(); err != nil {
		return err
	}
	if !e.validText() {
		return errors.New("a text in it is not valid UTF-8")
	}
	for _, t := range [...]time.Time{e.FirstIntendedAt, e.IntendedAt, e.DoubtAt, e.SettledAt} {
		if y := t.Year(); y < 0 || y > 9999 {
			return fmt.Errorf("the year %d cannot be written", y)
		}
	}
	return nil
}

func (e *Entry) checkStatus() error {
	if e.Addr.Kind == addr.Message {
		switch {
		case e.Target != "" || e.Reaction != "":
			return errors.New("a message has no target and no reaction")
		case e.Status == Sent && e.MessageID == "" && e.SettledBy != ByResolve:
			return errors.New("a sent message needs its message_id")
		case e.Status == Sent && e.MessageID == "" && len(e.AlsoSent) > 0:
			return errors.New("a message with ids in also_sent needs a message_id")
		}
		switch e.Status {
		case Sent, Intent, Rejected, Absent:
			return nil
		case StatusInvalid, Reacted:
		}
		return fmt.Errorf("a message cannot be %q", e.Status)
	}
	switch {
	case e.MessageID != "":
		return errors.New("a reaction has no message_id; the message it belongs to is its target")
	case (e.Status == Reacted || e.Status == Intent) && e.Target == "":
		return fmt.Errorf("a reaction in %q needs its target", e.Status)
	case e.Status == Reacted && e.Reaction == "":
		return errors.New("a reaction that stands needs its reaction")
	}
	switch e.Status {
	case Reacted, Intent, Rejected, Absent:
		return nil
	case StatusInvalid, Sent:
	}
	return fmt.Errorf("a reaction cannot be %q", e.Status)
}

func (e *Entry) checkAlsoSent() error {
	if len(e.AlsoSent) == 0 {
		return nil
	}
	if e.Status != Sent {
		return fmt.Errorf("only a sent message has further ids in also_sent, and this is %q", e.Status)
	}
	for i, id := range e.AlsoSent {
		switch {
		case id == "":
			return errors.New("an id in also_sent is empty")
		case id == e.MessageID:
			return fmt.Errorf("the id %q is its message_id and in also_sent", id)
		case i > 0 && id == e.AlsoSent[i-1]:
			return fmt.Errorf("the id %q is in also_sent twice", id)
		case i > 0 && id < e.AlsoSent[i-1]:
			return fmt.Errorf("the id %q in also_sent comes after %q: they are not sorted", id, e.AlsoSent[i-1])
		}
	}
	return nil
}

func (e *Entry) checkRefusal() error {
	if e.Status == Rejected && (e.Refusal == nil || e.Refusal.Class == ClassNone) {
		return errors.New("a rejected entry needs an error with its class, hold or final")
	}
	if e.Refusal != nil && e.Refusal.Class > Final {
		return fmt.Errorf("%d is no class of a refusal", e.Refusal.Class)
	}
	return nil
}

// validText reports whether every string of the entry, Before apart, is
// UTF-8, so that it can be written and read back unchanged.
func (e *Entry) validText() bool {
	for _, s := range [...]string{
		e.Addr.Name, e.Addr.Key, e.Account, e.Recipient, e.Fingerprint, e.MessageID, e.Target,
		e.Reaction, e.PlanID, e.Claim, e.SettledBy, e.Note,
	} {
		if !utf8.ValidString(s) {
			return false
		}
	}
	if slices.ContainsFunc(e.AlsoSent, func(id string) bool { return !utf8.ValidString(id) }) {
		return false
	}
	return e.Refusal == nil || utf8.ValidString(e.Refusal.TraceID) && utf8.ValidString(e.Refusal.Reason)
}

// Removed returns the entry to be written when a person takes it out of the
// record: absent, settled by "rm", with the reason as its note. It belongs to
// no plan, so that every plan that acts on the address is stale. The message
// id stays, for whoever wants to take it back; further ids do not, since the
// message is not a sent one any more.
func (e *Entry) Removed(note string, at time.Time) Entry {
	next := *e
	next.Change++
	next.PlanID, next.Claim = "", ""
	next.Status = Absent
	next.DoubtAt, next.SettledAt = time.Time{}, at.UTC().Truncate(time.Microsecond)
	next.SettledBy, next.Note = "rm", note
	next.AlsoSent, next.Refusal, next.Before = nil, nil, nil
	return next
}
