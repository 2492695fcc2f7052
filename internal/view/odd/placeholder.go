package odd

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A pattern finds pieces of one form.
type pattern struct {
	re *regexp.Regexp
	// has are strings without one of which the pattern cannot match: most
	// texts have none, and are looked at no further.
	has []string
	// ok, if it is set, decides on a match by its text, the text before it and
	// the text behind it.
	ok func(match, before, after string) bool
}

// Words that a search for unfinished work is not to find in this file. In
// Spanish the first is "all", so it is taken with a colon or a parenthesis only.
const todo, fixme = "TO" + "DO", "FIX" + "ME"

// placeholders are the forms in which templates name a value, the longer ones
// first: a piece is marked once.
var placeholders = [...]pattern{
	{re: regexp.MustCompile(`\{\{\{?[^{}\n]{0,80}\}\}\}?|\{\{[\pL\d_.]*`), has: []string{"{{"}},
	{re: regexp.MustCompile(`[$%#]\{[^{}\n]{0,80}\}|\$\{[\pL\d_.]*|\{%[^%\n]{0,80}%\}`), has: []string{"{"}},
	{re: regexp.MustCompile(`%!([a-zA-Z%])?\([^)\n]{0,80}\)+`), has: []string{"%!"}},
	{re: regexp.MustCompile(`%\([A-Za-z_][A-Za-z0-9_]*\)[sdif]`), has: []string{"%("}},
	{re: regexp.MustCompile(`%%?[A-Z][A-Z_]{2,40}%%?|%%[A-Za-z_]{2,40}%%`), has: []string{"%"}, ok: notPercent},
	{re: regexp.MustCompile(`%([1-9]\$)?[-+#0]?\d{0,3}(\.\d{1,2})?[sdvqfi@]`), has: []string{"%"}, ok: verb},
	{re: regexp.MustCompile(`\{[\pL_][\pL\d_.]{0,40}\}|\{\d?\}`), has: []string{"{"}},
	{re: regexp.MustCompile(`</?\pL[\pL\d_.-]*( [\pL\d_.-]+){0,3} ?/?>`), has: []string{"<"}, ok: angled},
	{re: regexp.MustCompile(`\[[\pL_][\pL\d_' -]{1,40}\]`), has: []string{"["}, ok: bracketed},
	{re: regexp.MustCompile(`\*\|[A-Z][A-Z0-9_:]{0,40}\|\*`), has: []string{"*|"}},
	{re: regexp.MustCompile(`__[A-Z][A-Z0-9]*(_[A-Z0-9]+)*__`), has: []string{"__"}, ok: apart},
	{re: regexp.MustCompile(`\b(` + todo + ` *[:(]|` + fixme + `\b|TBD\b)|^\s*` + todo + `\s*$`), has: []string{todo, fixme, "TBD"}},
	{re: regexp.MustCompile(`(?i:\blorem ipsum\b)`), has: []string{"orem ipsum", "OREM IPSUM", "orem Ipsum"}},
}

func appendPlaceholders(found []span, text string) []span {
	return appendMatches(found, text, Placeholder, placeholders[:])
}

// appendMatches appends what the patterns find where nothing is found yet.
func appendMatches(found []span, text string, kind Kind, patterns []pattern) []span {
	for _, p := range patterns {
		if !containsAny(text, p.has) {
			continue
		}
		for _, at := range p.re.FindAllStringIndex(text, 4*maxMarks) {
			start, end := at[0], at[1]
			if p.ok != nil && !p.ok(text[start:end], text[:start], text[end:]) || !free(found, start, end) {
				continue
			}
			found = append(found, span{kind, start, end})
		}
	}
	return found
}

func containsAny(s string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(s, part) })
}

func lastRune(s string) rune {
	r, n := utf8.DecodeLastRuneInString(s)
	if n == 0 {
		return 0
	}
	return r
}

func firstRune(s string) rune {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return 0
	}
	return r
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

// notPercent leaves out what follows a number: "100%SURE%".
func notPercent(_, before, _ string) bool { return !unicode.IsDigit(lastRune(before)) }

// apart leaves out what is a part of a longer word.
func apart(_, before, after string) bool {
	return !wordRune(lastRune(before)) && !wordRune(firstRune(after))
}

// verb tells a verb of a format from a percentage ("50%s") and from a byte of
// a URL ("%2f"), and from the beginning of a word ("100 %sure").
func verb(match, before, after string) bool {
	if len(match) == 3 && match[1] <= '9' && strings.ContainsAny(match[2:], "df") && match[1] >= '0' {
		return false
	}
	return notPercent(match, before, after) && !wordRune(firstRune(after))
}

// angled leaves out quotations («<so>» with doubled signs) and, where there
// are several words, what may be two comparisons: "a<b and c>d".
func angled(match, before, after string) bool {
	if lastRune(before) == '<' || firstRune(after) == '>' {
		return false
	}
	return !strings.Contains(match, " ") || !wordRune(lastRune(before)) && !wordRune(firstRune(after))
}

// bracketed takes words in brackets that ask for a value: "[First name]", but
// not "[SALE]".
func bracketed(match, _, _ string) bool {
	inner := strings.Trim(match, "[]")
	if strings.Contains(inner, "_") {
		return true
	}
	for word := range strings.FieldsFuncSeq(strings.ToLower(inner), func(r rune) bool { return !wordRune(r) }) {
		switch word {
		case "name", "firstname", "lastname", "surname", "username", "vorname", "nachname", "nombre", "prénom", "nom",
			"customer", "recipient", "insert", "your", "placeholder", "todo", "tbd", "date", "link", "url":
			return true
		}
	}
	return false
}
