package safe

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON returns the same JSON with every character that moves or hides text
// written as an escape: the values are equal, and a terminal that prints them
// is not disturbed. In JSON such characters stand within strings only, line
// breaks and tabs between tokens apart, which are kept.
//
// Of two signs # in a row the second is an escape as well: the runners of
// GitHub Actions and of Azure Pipelines take "##[error]" and "##vso[" for
// commands wherever they stand in a line of a log.
func JSON(data []byte) []byte {
	odd, before := -1, rune(0)
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if escaped(r, before) {
			odd = i
			break
		}
		i, before = i+n, r
	}
	if odd < 0 {
		return data
	}
	var b strings.Builder
	b.Grow(len(data) + 64)
	b.Write(data[:odd])
	for _, r := range string(data[odd:]) {
		last := before
		before = r
		switch {
		case !escaped(r, last):
			b.WriteRune(r)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return []byte(b.String())
}

// escaped reports whether r, behind before, is written as an escape.
func escaped(r, before rune) bool {
	if r == '#' {
		return before == '#'
	}
	return Odd(r) && r != '\n' && r != '\t' && r != '\r'
}
