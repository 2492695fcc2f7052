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
func JSON(data []byte) []byte {
	odd := -1
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if escaped(r) {
			odd = i
			break
		}
		i += n
	}
	if odd < 0 {
		return data
	}
	var b strings.Builder
	b.Grow(len(data) + 64)
	b.Write(data[:odd])
	for _, r := range string(data[odd:]) {
		switch {
		case !escaped(r):
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

func escaped(r rune) bool { return Odd(r) && r != '\n' && r != '\t' && r != '\r' }
