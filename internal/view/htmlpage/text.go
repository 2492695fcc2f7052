package htmlpage

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"herald/internal/view"
	"herald/internal/view/odd"
	"herald/internal/view/safe"
	"herald/internal/view/wording"
)

// htmlRun is a piece of a text on a page: as its reader will see it, or
// something that a reviewer must notice.
type htmlRun struct {
	Text string
	// Mark says what is odd about the piece, in a few words; "" for a piece
	// that is plain.
	Mark string
	Href string // where the piece leads, "" for nowhere
	// Gone and New are pieces of a text that was edited, as in Piece.
	Gone, New bool
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

// htmlBody splits the text of a message, with marks for what is odd in it, and
// its links as links.
func htmlBody(it view.Item) []htmlRun {
	marks := markSpans(it)
	return runsOf(it.Body, safe.Text(it.Body), append(marks, linkSpans(it, marks)...))
}

// htmlDiff splits what became of a text that was edited after it was sent.
func htmlDiff(was, now string) []htmlRun {
	var runs []htmlRun
	for _, p := range wording.WordDiff(was, now) {
		for _, r := range htmlText(p.Text) {
			r.Gone, r.New = p.Gone, p.New
			runs = append(runs, r)
		}
	}
	return runs
}

// htmlSpan is a piece of a text, in bytes, and what is odd about it or where it
// leads.
type htmlSpan struct {
	start, end int
	why, href  string
}

// markSpans finds the pieces that the marks of a text name, wherever they stand;
// blanks are only at the text's ends odd.
func markSpans(it view.Item) []htmlSpan {
	var spans []htmlSpan
	for _, m := range it.Marks {
		if m.Kind == odd.BlankEdges {
			spans = appendEdges(spans, it.Body, m)
			continue
		}
		spans = appendSpans(spans, it.Body, m.Text, htmlSpan{why: wording.MarkTitle(m.Kind)})
	}
	return spans
}

// appendEdges appends a span for each end of s that a mark is about.
func appendEdges(spans []htmlSpan, s string, m odd.Mark) []htmlSpan {
	if m.Text == "" {
		return spans
	}
	if strings.HasPrefix(s, m.Text) {
		spans = append(spans, htmlSpan{start: 0, end: len(m.Text), why: wording.MarkTitle(m.Kind)})
	}
	if strings.HasSuffix(s, m.Text) {
		spans = append(spans, htmlSpan{start: len(s) - len(m.Text), end: len(s), why: wording.MarkTitle(m.Kind)})
	}
	return spans
}

// linkSpans finds the links of a text. One with anything odd in it is none: it
// may not lead where it seems to.
func linkSpans(it view.Item, marks []htmlSpan) []htmlSpan {
	var spans []htmlSpan
	for _, link := range it.Links {
		if to := href(link); to != "" {
			spans = appendSpans(spans, it.Body, link, htmlSpan{href: to})
		}
	}
	return slices.DeleteFunc(spans, func(s htmlSpan) bool {
		return slices.ContainsFunc(marks, func(m htmlSpan) bool { return m.start < s.end && s.start < m.end })
	})
}

// appendSpans appends a span like the given one for each place of piece in s.
func appendSpans(spans []htmlSpan, s, piece string, like htmlSpan) []htmlSpan {
	if piece == "" {
		return spans
	}
	for from := 0; ; {
		i := strings.Index(s[from:], piece)
		if i < 0 {
			return spans
		}
		like.start, like.end = from+i, from+i+len(piece)
		spans = append(spans, like)
		from = like.end
	}
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
		r, n := utf8.DecodeRuneInString(s[at:])
		run, seen := runAt(spans, at), n
		if r == utf8.RuneError && n == 1 || !strings.HasPrefix(shown, s[at:at+n]) {
			run, seen = htmlRun{Mark: unseen, Href: run.Href}, strings.Index(shown, "⟩")+len("⟩")
		}
		if last := len(runs) - 1; last >= 0 && runs[last].Mark == run.Mark && runs[last].Href == run.Href {
			runs[last].Text += shown[:seen]
		} else {
			run.Text = shown[:seen]
			runs = append(runs, run)
		}
		at, shown = at+n, shown[seen:]
	}
	return runs
}

// runAt says what the spans say about the byte of a text.
func runAt(spans []htmlSpan, at int) htmlRun {
	var r htmlRun
	for _, s := range spans {
		if s.start <= at && at < s.end {
			r.Mark, r.Href = cmp.Or(r.Mark, s.why), cmp.Or(r.Href, s.href)
		}
	}
	return r
}

// htmlWords splits words for a page.
func htmlWords(ws wording.Words) []htmlWord {
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
