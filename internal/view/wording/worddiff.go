package wording

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff/lcs"

	"herald/internal/view/safe"
)

// Piece is a part of two texts that are compared word by word.
type Piece struct {
	Text string
	// Gone says that only the old text has it, New that only the new one has.
	Gone, New bool
}

// WordDiff compares two texts by words. The pieces without the new ones are
// the old text, those without the gone ones the new text; where both differ,
// what is gone comes first.
func WordDiff(old, now string) []Piece {
	a, b := slices.Collect(tokens(old)), slices.Collect(tokens(now))
	var pieces []Piece
	add := func(words []string, gone, isNew bool) {
		if text := strings.Join(words, ""); text != "" {
			pieces = append(pieces, Piece{text, gone, isNew})
		}
	}
	at, bt := 0, 0
	for _, d := range tidy(lcs.DiffLines(a, b), a) {
		add(a[at:d.Start], false, false)
		add(a[d.Start:d.End], true, false)
		add(b[d.ReplStart:d.ReplEnd], false, true)
		at, bt = d.End, d.ReplEnd
	}
	add(b[bt:], false, false)
	return pieces
}

// tidy joins differences between which there are spaces only: a sentence that
// was replaced reads better as one.
func tidy(diffs []lcs.Diff, a []string) []lcs.Diff {
	var out []lcs.Diff
	for _, d := range diffs {
		if n := len(out) - 1; n >= 0 && !slices.ContainsFunc(a[out[n].End:d.Start], func(s string) bool { return s != " " }) {
			out[n].End, out[n].ReplEnd = d.End, d.ReplEnd
			continue
		}
		out = append(out, d)
	}
	return out
}

// tokens cuts a text into words, and what stands between them into characters
// as they are seen: an emoji of several is not taken apart.
func tokens(s string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		start, end := 0, 0
		for cluster := range safe.Graphemes(s) {
			r, _ := utf8.DecodeRuneInString(cluster)
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				if end > start && !yield(s[start:end]) || !yield(cluster) {
					return
				}
				start = end + len(cluster)
			}
			end += len(cluster)
		}
		if end > start {
			yield(s[start:end])
		}
	}
}

// The signs of git's plain word diff.
const (
	GoneOpen  = "[-" // before what is gone
	GoneClose = "-]"
	NewOpen   = "{+" // before what is new
	NewClose  = "+}"
)

// marked reports whether a text holds a sign of the word diff itself, so that
// its differences cannot be shown with them.
func marked(s string) bool {
	return strings.Contains(s, GoneOpen) || strings.Contains(s, GoneClose) || strings.Contains(s, NewOpen) || strings.Contains(s, NewClose)
}

// WordDiffLines writes a word diff as safe lines, what is gone as [-…-] and
// what is new as {+…+}; a line break that came or went is ⏎ there. It is nil
// where the texts hold such signs themselves.
func WordDiffLines(old, now string) []string {
	if marked(old) || marked(now) {
		return nil
	}
	var b strings.Builder
	for _, p := range WordDiff(old, now) {
		switch {
		case p.Gone:
			b.WriteString(GoneOpen + safe.Line(p.Text) + GoneClose)
		case p.New:
			for i, line := range strings.Split(p.Text, "\n") {
				if i > 0 {
					b.WriteString(NewOpen + "⏎" + NewClose + "\n")
				}
				if line != "" {
					b.WriteString(NewOpen + safe.Line(line) + NewClose)
				}
			}
		default:
			b.WriteString(safe.Text(p.Text))
		}
	}
	return strings.Split(strings.ReplaceAll(b.String(), NewClose+NewOpen, ""), "\n")
}
