package odd

import (
	"unicode"
	"unicode/utf8"

	"herald/internal/view/safe"
)

// appendHidden appends the characters that move or hide text, those that
// follow each other and are of one kind as one piece.
func appendHidden(found []span, text string) []span {
	first := len(found)
	for start, end := range safe.Hidden(text) {
		kind := hiddenKind(text, start, end)
		if kind == "" {
			continue
		}
		if last := len(found) - 1; last >= first && found[last].end == start && found[last].kind == kind {
			found[last].end = end
			continue
		}
		found = append(found, span{kind, start, end})
	}
	return found
}

// hiddenKind sorts a character that is shown as a mark. It is "" for what a
// writing system needs: spaces, more accents than are shown, and the joiners
// of Arabic, Persian and Indic words.
func hiddenKind(text string, start, end int) Kind {
	r, n := utf8.DecodeRuneInString(text[start:end])
	switch {
	case r == utf8.RuneError && n <= 1, unicode.IsControl(r):
		return Control
	case bidirectional(r):
		return Bidirectional
	case unicode.Is(unicode.Zs, r), unicode.In(r, unicode.Mn, unicode.Me) && !unicode.Is(unicode.Variation_Selector, r) && !safe.Odd(r):
		return ""
	case r == 0x200c || r == 0x200d:
		if joined(lastRune(text[:start])) && joined(firstRune(text[end:])) {
			return ""
		}
	}
	return Invisible
}

// bidirectional reports whether r is one of Unicode's explicit directional
// characters (Unicode Standard Annex 9, section 2).
func bidirectional(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || r == 0x061c
}

// joined reports whether r belongs to a script in whose words joiners stand.
func joined(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi,
		unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Khmer)
}
