package safe

import (
	"fmt"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns s with its line breaks, and with marks for all that moves or
// hides text. A caller that prints it begins every line with a prefix of its
// own, so that no line can pass for another.
func Text(s string) string { return mark(s, "\n") }

// Line returns s as one line: as Text does, with ⏎ for a line break.
func Line(s string) string { return mark(s, "⏎") }

// Source returns one line of a source file: as Line does, but with two spaces
// for a tab, since tabs indent many files.
func Source(s string) string { return Line(strings.ReplaceAll(s, "\t", "  ")) }

// The most combining marks on one character: writing systems need up to four,
// and a pile of them covers the lines above.
const maxCombining = 4

// Hidden yields where the characters of s are that Text replaces by marks, as
// the bytes [start, end) of each. A command to a runner is none of them.
func Hidden(s string) iter.Seq2[int, int] {
	return func(yield func(start, end int) bool) {
		if plain(s) {
			return
		}
		scan(s, func(start, end int, hidden bool) bool { return !hidden || yield(start, end) })
	}
}

// mark replaces whatever is not plainly seen, and what a runner of a pipeline
// would take for a command.
func mark(s, newline string) string {
	if plain(s) {
		return unCommand(s)
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	scan(s, func(start, end int, hidden bool) bool {
		switch {
		case s[start] == '\n':
			b.WriteString(newline)
		case hidden:
			r, n := utf8.DecodeRuneInString(s[start:end])
			b.WriteString(name(r, n, s[start]))
		default:
			b.WriteString(s[start:end])
		}
		return true
	})
	return unCommand(b.String())
}

// scan calls f for each character of s until it returns false, and says of
// each whether it is hidden: one that is not plainly seen where it stands. A
// flag with its tags is one character; a line break is not hidden.
func scan(s string, f func(start, end int, hidden bool) bool) {
	var prev rune     // the character that what follows may change: a base, not a selector; 0 if none
	selected := false // a variation selector has followed prev
	combining := 0
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == '\n' {
			prev, selected, combining = 0, false, 0
			if !f(i, i+1, false) {
				return
			}
			i++
			continue
		}
		if flag := subdivision(s[i:]); flag > 0 {
			prev, selected, combining = r, false, 0
			if !f(i, i+flag, false) {
				return
			}
			i += flag
			continue
		}
		switch {
		case variation(r):
		case unicode.In(r, unicode.Mn, unicode.Me):
			combining++
		default:
			combining = 0
		}
		piled := combining > maxCombining || combining > 0 && prev == 0
		hidden := piled || selected && variation(r) || !shown(r, n, prev, s[i+n:])
		switch {
		case hidden:
			prev, selected = 0, false
		case variation(r):
			selected = true
		case !skinTone(r) && r != zwj && combining == 0:
			prev, selected = r, false
		}
		if !f(i, i+n, hidden) {
			return
		}
		i += n
	}
}

// plain reports whether s is printable ASCII throughout, as most texts are.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// shown reports whether the character of n bytes is shown as it is, between
// prev and rest.
func shown(r rune, n int, prev rune, rest string) bool {
	switch {
	case r == utf8.RuneError && n == 1:
		return false
	case r == zwj:
		next, _ := utf8.DecodeRuneInString(rest)
		return pictograph(prev) && pictograph(next)
	case r == emojiStyle || r == textStyle:
		return pictograph(prev) || keycap(prev) && strings.HasPrefix(rest, "\u20e3")
	}
	return !Odd(r)
}

// Odd reports whether a character, wherever it stands, may move or hide text:
// controls, format characters, separators other than the space, fillers and
// variation selectors, and what Unicode has not assigned. A line break is odd.
func Odd(r rune) bool {
	switch {
	case r < 0x80:
		return r < ' ' || r > '~'
	case blank(r), variation(r):
		return true
	case r >= 0x1f000 && r <= 0x1faff:
		return false // emoji, those newer than Go's tables too
	}
	return !unicode.IsPrint(r)
}

// blank reports whether r is a character that is printable by its category
// but shows nothing: fillers, joiners and the empty Braille pattern.
func blank(r rune) bool {
	switch r {
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2800, 0x3164, 0xffa0, 0x1d159:
		return true
	}
	return false
}

const (
	zwj        = 0x200d
	textStyle  = 0xfe0e
	emojiStyle = 0xfe0f
	blackFlag  = 0x1f3f4
)

// variation reports whether r selects a glyph and shows nothing itself.
func variation(r rune) bool {
	return r >= 0xfe00 && r <= 0xfe0f || r >= 0xe0100 && r <= 0xe01ef || r >= 0x180b && r <= 0x180f
}

func skinTone(r rune) bool { return r >= 0x1f3fb && r <= 0x1f3ff }

func keycap(r rune) bool { return r >= '0' && r <= '9' || r == '#' || r == '*' }

// pictograph reports whether r can be part of an emoji sequence. It is wider
// than Unicode's Extended_Pictographic by some symbols of the same blocks,
// which show something in any case.
func pictograph(r rune) bool {
	switch {
	case r == 0xa9, r == 0xae, r == 0x203c, r == 0x2049, r == 0x2122, r == 0x2139,
		r == 0x24c2, r == 0x3030, r == 0x303d, r == 0x3297, r == 0x3299:
		return true
	case r >= 0x2190 && r <= 0x21ff, r >= 0x2300 && r <= 0x23ff, r >= 0x25a0 && r <= 0x27bf,
		r >= 0x2900 && r <= 0x297f, r >= 0x2b00 && r <= 0x2bff, r >= 0x1f000 && r <= 0x1faff:
		return true
	}
	return false
}

// flags are those of England, Scotland and Wales, the only emoji that are
// written with tag characters.
var flags = [...]string{tagged("gbeng"), tagged("gbsct"), tagged("gbwls")}

// tagged writes the flag of a region.
func tagged(region string) string {
	s := string(rune(blackFlag))
	for _, c := range region {
		s += string(0xe0000 + c)
	}
	return s + string(rune(0xe007f))
}

// subdivision returns the length of such a flag at the beginning of s, 0 if
// there is none.
func subdivision(s string) int {
	if s[0] != flags[0][0] {
		return 0
	}
	for _, flag := range flags {
		if strings.HasPrefix(s, flag) {
			return len(flag)
		}
	}
	return 0
}

// controls are the common names of the characters below the space.
var controls = [...]string{
	"NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "TAB", "LF", "VT", "FF", "CR", "SO", "SI",
	"DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
}

// name returns the mark for a character; first is the first of its n bytes.
func name(r rune, n int, first byte) string {
	switch {
	case r == utf8.RuneError && n == 1:
		return fmt.Sprintf("⟨0x%02X⟩", first)
	case r >= 0 && int(r) < len(controls):
		return "⟨" + controls[r] + "⟩"
	case r == 0x7f:
		return "⟨DEL⟩"
	}
	return fmt.Sprintf("⟨U+%04X⟩", r)
}
