package addr

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Parse reads the written form of an address, with or without a key:
// message.welcome, message.welcome["ana"]. The error says what is missing.
func Parse(s string) (Instance, error) {
	head, rest := s, ""
	if i := strings.IndexByte(s, '['); i >= 0 {
		head, rest = s[:i], s[i:]
	}
	kind, name, ok := strings.Cut(head, ".")
	b := Block{Kind: KindOf(kind), Name: name}
	switch {
	case b.Kind == KindInvalid:
		return Instance{}, fmt.Errorf("%q is not an address: it begins with \"message.\" or \"reaction.\", as in message.welcome", s)
	case !ok || name == "":
		return Instance{}, fmt.Errorf("%q is not an address: a block's name is missing, as in %s.welcome", s, kind)
	case !ValidName(name):
		return Instance{}, fmt.Errorf("%q is not an address: %q is not a name (letters, digits, _ and -, a letter or _ first)", s, name)
	case rest == "":
		return b.Only(), nil
	}
	if !strings.HasSuffix(rest, "]") {
		return Instance{}, fmt.Errorf("%q is not an address: the key has no closing bracket", s)
	}
	key, err := Unquote(rest[1 : len(rest)-1])
	if err != nil {
		return Instance{}, fmt.Errorf("%q is not an address: the key must be a quoted string, as in %s[\"ana\"] (in a shell, put the address in single quotes): %w", s, b, err)
	}
	return b.Each(key), nil
}

// ValidName reports whether s may name a block: an identifier of HCL.
func ValidName(s string) bool {
	for i, r := range s {
		switch {
		case r == '_' || unicode.IsLetter(r):
		case i > 0 && (r == '-' || unicode.IsDigit(r)):
		default:
			return false
		}
	}
	return s != ""
}

// Quote writes s as a quoted HCL string that stands for s alone: what HCL
// would read as a template is escaped, what is not printable is written as \u.
func Quote(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte('"')
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case (r == '$' || r == '%') && strings.HasPrefix(s[i+n:], "{"):
			b.WriteRune(r)
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteString(s[i : i+n])
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		i += n
	}
	b.WriteByte('"')
	return b.String()
}

// Unquote reads a quoted HCL string without interpolation, the inverse of Quote.
func Unquote(s string) (string, error) {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return "", errors.New("no quotes around it")
	}
	s = s[1 : len(s)-1]
	if !utf8.ValidString(s) {
		return "", errors.New("it is not valid UTF-8")
	}
	var b strings.Builder
	for s != "" {
		switch {
		case s[0] == '"' || s[0] == '\n':
			return "", errors.New("an unescaped quote or line break within it")
		case strings.HasPrefix(s, "$${") || strings.HasPrefix(s, "%%{"):
			b.WriteString(s[1:3])
			s = s[3:]
		case strings.HasPrefix(s, "${") || strings.HasPrefix(s, "%{"):
			return "", errors.New("a template within it")
		case s[0] == '\\':
			r, rest, err := unescape(s[1:])
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
			s = rest
		default:
			_, n := utf8.DecodeRuneInString(s)
			b.WriteString(s[:n])
			s = s[n:]
		}
	}
	return b.String(), nil
}

func unescape(s string) (rune, string, error) {
	if s == "" {
		return 0, "", errors.New("a backslash at its end")
	}
	var digits int
	switch s[0] {
	case 'n':
		return '\n', s[1:], nil
	case 'r':
		return '\r', s[1:], nil
	case 't':
		return '\t', s[1:], nil
	case '"', '\\':
		return rune(s[0]), s[1:], nil
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	default:
		return 0, "", fmt.Errorf("an unknown escape \\%c", s[0])
	}
	if len(s) < 1+digits {
		return 0, "", errors.New("a \\u escape that is too short")
	}
	v, err := strconv.ParseUint(s[1:1+digits], 16, 32)
	if err != nil || !utf8.ValidRune(rune(v)) {
		return 0, "", errors.New("a \\u escape that is no character")
	}
	return rune(v), s[1+digits:], nil
}
