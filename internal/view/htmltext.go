package view

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"herald/internal/view/safe"
)

// htmlRun is a piece of a text on a page: as its reader will see it, or
// something that a reviewer must notice.
type htmlRun struct {
	Text string
	// Mark says what is odd about the piece, in a few words; "" for a piece
	// that is plain.
	Mark string
}

// htmlWord is a run of Herald's own words, or a name of unknown origin.
type htmlWord struct {
	Name bool
	Runs []htmlRun
}

// unseen says what the mark of a character stands for.
const unseen = "a character that is not seen"

// htmlText splits a text with its line breaks in what is seen, and marks for
// what is not.
func htmlText(s string) []htmlRun { return runsOf(s, safe.Text(s), nil) }

// htmlLine does the same for a text that is shown as one line.
func htmlLine(s string) []htmlRun {
	return runsOf(strings.ReplaceAll(s, "\n", "⏎"), safe.Line(s), nil)
}

// htmlSpan is a piece of a text, in bytes, and what is odd about it.
type htmlSpan struct {
	start, end int
	why        string
}

// runsOf lays a text beside its safe form. Each character of the text stands
// there as it is, or as a mark that begins with a bracket; a bracket of the
// text's own stands there as it is, so that no text can forge a mark.
func runsOf(s, shown string, spans []htmlSpan) []htmlRun {
	switch {
	case s == "":
		return nil
	case s == shown && len(spans) == 0:
		return []htmlRun{{Text: s}}
	}
	var runs []htmlRun
	for at := 0; at < len(s); {
		_, n := utf8.DecodeRuneInString(s[at:])
		why, seen := whyOdd(spans, at), n
		if !strings.HasPrefix(shown, s[at:at+n]) {
			why, seen = unseen, strings.Index(shown, "⟩")+len("⟩")
		}
		if last := len(runs) - 1; last >= 0 && runs[last].Mark == why {
			runs[last].Text += shown[:seen]
		} else {
			runs = append(runs, htmlRun{shown[:seen], why})
		}
		at, shown = at+n, shown[seen:]
	}
	return runs
}

// whyOdd says what is odd about the byte of a text, "" for nothing.
func whyOdd(spans []htmlSpan, at int) string {
	for _, s := range spans {
		if s.start <= at && at < s.end {
			return s.why
		}
	}
	return ""
}

// htmlWords splits words for a page.
func htmlWords(ws Words) []htmlWord {
	out := make([]htmlWord, len(ws))
	for i, w := range ws {
		out[i] = htmlWord{w.Name, htmlLine(w.Text)}
	}
	return out
}

// href returns s if a page may link to it: a plain http or https URL. It
// returns "" for any other, which is shown as text.
func href(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r == ' ' || safe.Odd(r) }) {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return s
}
