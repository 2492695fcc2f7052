package wording

import (
	"strings"
	"time"

	"herald/config/content"
	"herald/internal/view/safe"
)

// Words are a sentence, or a part of one, in which names of unknown origin
// (addresses, ids, endpoints) are told from Herald's own words: formats set
// them apart in different ways.
type Words []Word

// Word is a run of Herald's own words, or a name.
type Word struct {
	Text string
	Name bool
}

// Plain is a run of Herald's own words.
func Plain(s string) Word { return Word{Text: s} }

// Named is a name of unknown origin.
func Named(s string) Word { return Word{Text: s, Name: true} }

// String returns the words as they are, for the use of programs.
func (ws Words) String() string {
	var b strings.Builder
	for _, w := range ws {
		b.WriteString(w.Text)
	}
	return b.String()
}

// Line returns the words as one safe line for a terminal.
func (ws Words) Line() string { return safe.Line(ws.String()) }

// ShortID shortens a message id, which has 160 characters as a rule. The
// beginnings are alike, so the end is kept.
func ShortID(id string) string {
	const keep = 12
	r := []rune(id)
	if len(r) <= 2*keep {
		return id
	}
	return string(r[:4]) + "…" + string(r[len(r)-keep:])
}

// Moment is a time as a person reads it, in UTC and to the minute.
func Moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// Counted is a number with what it counts: 3, "to send". It has no name of its
// own, so that a table of them needs none for its fields.
type Counted = struct {
	N    int
	What string
}

// AppendCounts appends those that are not zero.
func AppendCounts(parts []string, counts []Counted) []string {
	for _, c := range counts {
		if c.N > 0 {
			parts = append(parts, content.Thousands(c.N)+" "+c.What)
		}
	}
	return parts
}

// Count writes a number with its noun: 1 message, 2,000 messages.
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return content.Thousands(n) + " " + many
}

// ShellQuote writes s so that a shell takes it as one word, in single quotes
// where it holds more than letters, digits and a few signs.
func ShellQuote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-/:=@%+,", r))
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
