package state

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"herald/config/addr"
)

// EntryDecoder decodes the lines of many entries. Strings that repeat, such as
// accounts and plan ids, are kept once for all of them. The zero value is
// ready; it is not safe for concurrent use.
type EntryDecoder struct {
	p      parser
	shared texts
}

// blockSize is how many bytes of strings are kept side by side.
const blockSize = 16 << 10

// Decode reads one entry's line. The fields may come in any order; one that
// is unknown or comes twice is an error, and so is an entry that Entry.Check
// refuses.
func (d *EntryDecoder) Decode(line []byte) (*Entry, error) {
	d.shared.size = blockSize
	d.p.data, d.p.pos, d.p.texts = line, 0, &d.shared
	return d.p.wholeEntry()
}

// DecodeEntry reads one entry's line as EntryDecoder.Decode does.
func DecodeEntry(line []byte) (*Entry, error) {
	p := parser{data: line, texts: &texts{size: len(line)}}
	return p.wholeEntry()
}

// UnmarshalJSON reads what MarshalJSON wrote, its fields in any order.
func (e *Entry) UnmarshalJSON(data []byte) error {
	v, err := DecodeEntry(data)
	if err != nil {
		return err
	}
	*e = *v
	return nil
}

func (p *parser) wholeEntry() (*Entry, error) {
	e := new(Entry)
	if err := p.entry(e, true); err != nil {
		return nil, err
	}
	if err := p.end(); err != nil {
		return nil, err
	}
	if err := e.Check(); err != nil {
		return nil, err
	}
	return e, nil
}

// fieldNames are the fields of an entry in the order in which they are
// written.
var fieldNames = [...]string{
	fAddress: "address", fRevision: "revision", fKind: "kind", fAccount: "account", fRecipient: "recipient",
	fFingerprint: "fingerprint", fStatus: "status", fMessageID: "message_id", fAlsoSent: "also_sent",
	fTarget: "target", fReaction: "reaction",
	fChange: "change", fPlanID: "plan_id", fClaim: "claim", fFirstIntendedAt: "first_intended_at",
	fIntendedAt: "intended_at", fDoubtAt: "doubt_at", fSettledAt: "settled_at", fSettledBy: "settled_by", fNote: "note",
	fAttempts: "attempts", fError: "error", fBefore: "before",
}

const (
	fAddress = iota
	fRevision
	fKind
	fAccount
	fRecipient
	fFingerprint
	fStatus
	fMessageID
	fAlsoSent
	fTarget
	fReaction
	fChange
	fPlanID
	fClaim
	fFirstIntendedAt
	fIntendedAt
	fDoubtAt
	fSettledAt
	fSettledBy
	fNote
	fAttempts
	fError
	fBefore
)

// fieldAt returns the number of the field, or -1. Lines as Herald writes them
// have their fields in order, so the search begins at from.
func fieldAt(from int, name []byte) int {
	for i := from; i < len(fieldNames); i++ {
		if fieldNames[i] == string(name) {
			return i
		}
	}
	for i := range min(from, len(fieldNames)) {
		if fieldNames[i] == string(name) {
			return i
		}
	}
	return -1
}

// entry reads one entry into e, which is empty. Only an outer one may have a
// before.
func (p *parser) entry(e *Entry, outer bool) error {
	if !p.next('{') {
		return p.wanted("an entry in braces")
	}
	var seen uint32
	kind := addr.KindInvalid
	for last := -1; ; {
		name, err := p.member(seen == 0)
		if err != nil {
			return err
		}
		if name == nil {
			break
		}
		f := fieldAt(last+1, name)
		switch {
		case f < 0:
			return unknownField(name)
		case seen&(1<<f) != 0:
			return twice(name)
		}
		seen |= 1 << f
		last = f
		if f <= fClaim {
			err = p.identity(e, f, &kind)
		} else {
			err = p.history(e, f, outer)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", fieldNames[f], err)
		}
	}
	if kind != e.Addr.Kind {
		return fmt.Errorf("the kind %q does not fit the address %s", kind, e.Addr)
	}
	return nil
}

func unknownField(name []byte) error { return fmt.Errorf("the field %q is unknown", name) }

func twice(name []byte) error { return fmt.Errorf("the field %q is there twice", name) }

// identity reads one of the fields that say what the entry is about.
func (p *parser) identity(e *Entry, f int, kind *addr.Kind) error {
	switch f {
	case fRevision, fChange:
		n, err := p.integer()
		if f == fRevision {
			e.Revision = int(n)
		} else {
			e.Change = n
		}
		return err
	case fAlsoSent:
		return p.ids(&e.AlsoSent)
	}
	s, err := p.text()
	if err != nil {
		return err
	}
	switch f {
	case fAddress:
		e.Addr, err = p.address(s)
	case fKind:
		*kind = addr.KindOf(string(s))
	case fAccount:
		e.Account = p.once(s)
	case fRecipient:
		e.Recipient = p.once(s)
	case fFingerprint:
		e.Fingerprint = p.keep(s)
	case fStatus:
		err = e.Status.UnmarshalText(s)
	case fMessageID:
		e.MessageID = p.keep(s)
	case fTarget:
		e.Target = p.keep(s)
	case fReaction:
		e.Reaction = p.once(s)
	case fPlanID:
		e.PlanID = p.once(s)
	case fClaim:
		e.Claim = p.once(s)
	}
	return err
}

// ids reads a list of message ids, which is left out where it is empty.
func (p *parser) ids(list *[]string) error {
	if !p.next('[') {
		return p.wanted("a list in brackets")
	}
	for {
		s, err := p.text()
		if err != nil {
			return err
		}
		*list = append(*list, p.keep(s))
		switch {
		case p.next(']'):
			return nil
		case !p.next(','):
			return p.wanted("a comma or ]")
		}
	}
}

// history reads one of the fields that say what happened.
func (p *parser) history(e *Entry, f int, outer bool) (err error) {
	switch f {
	case fFirstIntendedAt:
		e.FirstIntendedAt, err = p.time()
	case fIntendedAt:
		e.IntendedAt, err = p.time()
	case fDoubtAt:
		e.DoubtAt, err = p.time()
	case fSettledAt:
		e.SettledAt, err = p.time()
	case fSettledBy:
		var s []byte
		s, err = p.text()
		e.SettledBy = p.once(s)
	case fNote:
		var s []byte
		s, err = p.text()
		e.Note = p.keep(s)
	case fAttempts:
		var n int64
		n, err = p.integer()
		e.Attempts = int(n)
	case fError:
		e.Refusal = new(Refusal)
		err = p.refusal(e.Refusal)
	case fBefore:
		if !outer {
			return errors.New("it has a before of its own")
		}
		e.Before = new(Entry)
		err = p.entry(e.Before, false)
	}
	return err
}

func (p *parser) refusal(r *Refusal) error {
	if !p.next('{') {
		return p.wanted("an error in braces")
	}
	var seen uint8
	for {
		name, err := p.member(seen == 0)
		if err != nil || name == nil {
			return err
		}
		what := string(name)
		var bit uint8
		var number *int
		var word *string
		switch what {
		case "class":
			bit = 1
		case "http":
			bit, number = 2, &r.HTTP
		case "code":
			bit, number = 4, &r.Code
		case "subcode":
			bit, number = 8, &r.Subcode
		case "trace_id":
			bit, word = 16, &r.TraceID
		case "reason":
			bit, word = 32, &r.Reason
		default:
			return unknownField(name)
		}
		if seen&bit != 0 {
			return twice(name)
		}
		seen |= bit
		if number != nil {
			var n int64
			if n, err = p.integer(); err == nil {
				*number = int(n)
			}
		} else {
			var s []byte
			if s, err = p.text(); err == nil {
				err = p.word(r, word, s)
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
}

// word stores a text of a refusal; where none is given it is the class.
func (p *parser) word(r *Refusal, word *string, s []byte) error {
	if word == nil {
		return r.Class.UnmarshalText(s)
	}
	*word = p.keep(s)
	return nil
}

// address reads an address. Common ones are read without a detour: an ASCII
// name, and a key of plain ASCII.
func (p *parser) address(s []byte) (addr.Instance, error) {
	head, rest, keyed := bytes.Cut(s, []byte{'['})
	kind, name, _ := bytes.Cut(head, []byte{'.'})
	k := addr.KindOf(string(kind))
	if k == addr.KindInvalid || !plainName(name) {
		return addr.Parse(string(s))
	}
	b := addr.Block{Kind: k, Name: p.once(name)}
	if !keyed {
		return b.Only(), nil
	}
	n := len(rest)
	if n < 3 || rest[0] != '"' || rest[n-2] != '"' || rest[n-1] != ']' || !plainKey(rest[1:n-2]) {
		return addr.Parse(string(s))
	}
	return b.Each(p.keep(rest[1 : n-2])), nil
}

func plainName[T string | []byte](s T) bool {
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return len(s) > 0
}

func plainKey[T string | []byte](s T) bool {
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || c == '"' || c == '\\' || c == '$' || c == '%' {
			return false
		}
	}
	return true
}

const timeForm = "2006-01-02T15:04:05.000000Z"

// time reads a time as appendTime writes it.
func (p *parser) time() (time.Time, error) {
	s, err := p.text()
	if err != nil {
		return time.Time{}, err
	}
	t, ok := parseTime(s)
	if !ok {
		return time.Time{}, fmt.Errorf("%q is no time like %q", s, timeForm)
	}
	return t, nil
}

func parseTime(s []byte) (time.Time, bool) {
	if len(s) != len(timeForm) {
		return time.Time{}, false
	}
	var n [7]int
	part := 0
	for i, c := range s {
		if m := timeForm[i]; m >= '0' && m <= '9' {
			if c < '0' || c > '9' {
				return time.Time{}, false
			}
			n[part] = n[part]*10 + int(c-'0')
		} else {
			if c != m {
				return time.Time{}, false
			}
			part = min(part+1, 6)
		}
	}
	t := time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], n[6]*1000, time.UTC)
	ok := t.Day() == n[2] && t.Month() == time.Month(n[1]) && t.Hour() == n[3] && t.Minute() == n[4] && t.Second() == n[5]
	return t, ok
}
