package odd

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Letters that look the same as a Latin one, or, of the Latin ones, as one of
// Russian, Ukrainian or Greek. The lists hold what can hardly be told apart in
// a chat; Unicode's own list of confusables is much wider, and would mark much
// that is plainly seen.
const (
	cyrillicAsLatin = "аеорсухіјѕһԁԛԝӏѵАВСЕНІЈКМОРЅТХУҮԚԜӀ"
	greekAsLatin    = "οανρτυχκγιΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
	latinAsCyrillic = "aeopcyxiABCEHIKMOPTXY"
	latinAsGreek    = "ovopuxkiyaABEZHIKMNOPTYX"
)

// appendMixedWords appends the words in which letters of one script pass for
// letters of another: "pаypal" with a Cyrillic а. A word whose scripts can be
// told apart, as "SMSка", is none.
func appendMixedWords(found []span, text string) []span {
	for start := 0; start < len(text); {
		r, n := utf8.DecodeRuneInString(text[start:])
		if !unicode.IsLetter(r) {
			start += n
			continue
		}
		end, plain := start+n, n == 1
		for end < len(text) {
			r, n := utf8.DecodeRuneInString(text[end:])
			if !unicode.IsLetter(r) && !unicode.IsMark(r) {
				break
			}
			end += n
			plain = plain && n == 1
		}
		if !plain && mixed(text[start:end]) {
			found = append(found, span{MixedScript, start, end})
		}
		start = end
	}
	return found
}

// mixed reports whether one script of the word passes for another.
func mixed(word string) bool {
	var latin, cyrillic, greek strings.Builder
	for _, r := range word {
		switch {
		case unicode.Is(unicode.Latin, r):
			latin.WriteRune(r)
		case unicode.Is(unicode.Cyrillic, r):
			cyrillic.WriteRune(r)
		case unicode.Is(unicode.Greek, r):
			greek.WriteRune(r)
		}
	}
	return passes(cyrillic.String(), latin.String(), cyrillicAsLatin) ||
		passes(greek.String(), latin.String(), greekAsLatin) ||
		passes(latin.String(), cyrillic.String(), latinAsCyrillic) && !acronym(word) ||
		passes(latin.String(), greek.String(), latinAsGreek)
}

// Spelled returns the piece of a MixedScript mark with the letters of the rarer
// script written as code points: "p⟨U+0430⟩ypal". Of other kinds it returns the
// piece.
func (m Mark) Spelled() string {
	if m.Kind != MixedScript {
		return m.Text
	}
	latin, others := 0, 0
	for _, r := range m.Text {
		switch {
		case unicode.Is(unicode.Latin, r):
			latin++
		case unicode.IsLetter(r):
			others++
		}
	}
	var b strings.Builder
	for _, r := range m.Text {
		if unicode.IsLetter(r) && unicode.Is(unicode.Latin, r) == (latin < others) {
			fmt.Fprintf(&b, "⟨U+%04X⟩", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// passes reports whether the few letters, all of which are look-alikes, stand
// among others.
func passes(few, others, lookAlikes string) bool {
	return few != "" && others != "" && strings.Trim(few, lookAlikes) == ""
}

// acronym reports whether the word is Latin capitals with an ending of small
// Cyrillic letters, as it is usual in Russian: "ITшник".
func acronym(word string) bool {
	capitals := 0
	ending := strings.TrimLeftFunc(word, func(r rune) bool {
		if r < 'A' || r > 'Z' {
			return false
		}
		capitals++
		return true
	})
	return capitals > 1 && ending != "" && !strings.ContainsFunc(ending, func(r rune) bool {
		return !unicode.Is(unicode.Cyrillic, r) || !unicode.IsLower(r)
	})
}
