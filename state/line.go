package state

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"herald/config/addr"
)

// AppendEntry appends the entry's line, a JSON object without a line break,
// to dst. Equal entries have equal lines. The error is that of Entry.Check.
func AppendEntry(dst []byte, e *Entry) ([]byte, error) {
	if err := e.Check(); err != nil {
		return dst, err
	}
	return AppendUnchecked(dst, e), nil
}

// EncodeEntry returns the entry's line as AppendEntry writes it.
func EncodeEntry(e *Entry) ([]byte, error) { return AppendEntry(nil, e) }

// MarshalJSON writes the entry's line.
func (e Entry) MarshalJSON() ([]byte, error) { return EncodeEntry(&e) }

// AppendUnchecked does what AppendEntry does, for an entry that may be one that no
// record may hold: the line tells two entries apart, and is not to be stored.
// The fields come in the order of the file format, and what is empty is left out.
func AppendUnchecked(b []byte, e *Entry) []byte {
	b = append(b, `{"address":`...)
	b = appendAddress(b, e.Addr)
	b = appendInt(b, "revision", int64(e.Revision))
	b = append(b, `,"kind":"`...)
	b = append(b, e.Addr.Kind.String()...)
	b = append(b, '"')
	b = appendText(b, "account", e.Account)
	b = appendText(b, "recipient", e.Recipient)
	b = appendText(b, "fingerprint", e.Fingerprint)
	b = appendText(b, "status", e.Status.String())
	b = appendText(b, "message_id", e.MessageID)
	b = appendTexts(b, "also_sent", e.AlsoSent)
	b = appendText(b, "target", e.Target)
	b = appendText(b, "reaction", e.Reaction)
	b = appendInt(b, "change", e.Change)
	b = appendText(b, "plan_id", e.PlanID)
	b = appendText(b, "claim", e.Claim)
	b = appendTime(b, "first_intended_at", e.FirstIntendedAt)
	b = appendTime(b, "intended_at", e.IntendedAt)
	b = appendTime(b, "doubt_at", e.DoubtAt)
	b = appendTime(b, "settled_at", e.SettledAt)
	b = appendText(b, "settled_by", e.SettledBy)
	b = appendText(b, "note", e.Note)
	b = appendInt(b, "attempts", int64(e.Attempts))
	if e.Refusal != nil {
		b = append(b, `,"error":`...)
		b = appendRefusal(b, e.Refusal)
	}
	if e.Before != nil {
		b = append(b, `,"before":`...)
		b = AppendUnchecked(b, e.Before)
	}
	return append(b, '}')
}

// appendAddress writes what the quoted text of the address is. Names and keys
// of plain characters are written without a detour.
func appendAddress(b []byte, a addr.Instance) []byte {
	if !plainName(a.Name) || !plainKey(a.Key) {
		return appendString(b, a.String())
	}
	b = append(b, '"')
	b = append(b, a.Kind.String()...)
	b = append(b, '.')
	b = append(b, a.Name...)
	if a.Keyed {
		b = append(b, `[\"`...)
		b = append(b, a.Key...)
		b = append(b, `\"]`...)
	}
	return append(b, '"')
}

func appendRefusal(b []byte, r *Refusal) []byte {
	start := len(b)
	b = appendText(b, "class", r.Class.String())
	b = appendInt(b, "http", int64(r.HTTP))
	b = appendInt(b, "code", int64(r.Code))
	b = appendInt(b, "subcode", int64(r.Subcode))
	b = appendText(b, "trace_id", r.TraceID)
	b = appendText(b, "reason", r.Reason)
	if len(b) == start {
		return append(b, "{}"...)
	}
	b[start] = '{' // in the place of the first comma
	return append(b, '}')
}

func appendName(b []byte, name string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	return append(b, '"', ':')
}

func appendText(b []byte, name, s string) []byte {
	if s == "" {
		return b
	}
	return appendString(appendName(b, name), s)
}

func appendTexts(b []byte, name string, list []string) []byte {
	if len(list) == 0 {
		return b
	}
	b = append(appendName(b, name), '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	return append(b, ']')
}

func appendInt(b []byte, name string, n int64) []byte {
	if n == 0 {
		return b
	}
	return strconv.AppendInt(appendName(b, name), n, 10)
}

func appendTime(b []byte, name string, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	b = append(appendName(b, name), '"')
	t = t.UTC()
	y, m, d := t.Date()
	hh, mm, ss := t.Clock()
	b = appendDigits(b, y, 4)
	b = appendDigits(append(b, '-'), int(m), 2)
	b = appendDigits(append(b, '-'), d, 2)
	b = appendDigits(append(b, 'T'), hh, 2)
	b = appendDigits(append(b, ':'), mm, 2)
	b = appendDigits(append(b, ':'), ss, 2)
	b = appendDigits(append(b, '.'), t.Nanosecond()/1000, 6)
	return append(b, 'Z', '"')
}

func appendDigits(b []byte, n, width int) []byte {
	for i := width; i > 0; i-- {
		b = append(b, '0')
	}
	for i := len(b) - 1; n > 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return b
}

// appendString quotes s as JSON. What does not print is escaped, so that
// nothing in a record can disturb the terminal or the review that shows it.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		if c := s[i]; c >= ' ' && c < 0x7f && c != '"' && c != '\\' {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if n > 1 && unicode.IsPrint(r) {
			i += n
			continue
		}
		b = append(b, s[start:i]...)
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r > 0xffff:
			b = fmt.Appendf(b, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
		i += n
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// appendMap writes a JSON object with the keys in order.
func appendMap(b []byte, m map[string]string) []byte {
	b = append(b, '{')
	for i, k := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(appendString(b, k), ':'), m[k])
	}
	return append(b, '}')
}
