package state

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// parser reads JSON values from one line. It takes the JSON of RFC 8259 and
// nothing else; it never panics.
type parser struct {
	data    []byte
	pos     int
	scratch []byte // of the last string that had escapes
	*texts
}

// texts keeps the strings of many entries: those that repeat once, the others
// side by side in large blocks.
type texts struct {
	repeated map[string]string
	block    strings.Builder
	size     int // of a block, in bytes
}

// once returns s as a string that is shared with every equal one.
func (t *texts) once(s []byte) string {
	if v, ok := t.repeated[string(s)]; ok {
		return v
	}
	v := string(s)
	if t.repeated == nil {
		t.repeated = make(map[string]string)
	}
	t.repeated[v] = v
	return v
}

// keep returns s as a string of its own.
func (t *texts) keep(s []byte) string {
	if len(s) == 0 {
		return ""
	}
	if t.size < len(s) {
		return string(s)
	}
	if t.block.Cap()-t.block.Len() < len(s) {
		t.block = strings.Builder{}
		t.block.Grow(t.size)
	}
	n := t.block.Len()
	t.block.Write(s)
	return t.block.String()[n:]
}

func (p *parser) space() {
	for p.pos < len(p.data) {
		switch p.data[p.pos] {
		case ' ', '\t', '\r', '\n':
			p.pos++
		default:
			return
		}
	}
}

// next skips white space and takes c if it comes next.
func (p *parser) next(c byte) bool {
	if p.pos < len(p.data) && p.data[p.pos] == c {
		p.pos++
		return true
	}
	p.space()
	if p.pos < len(p.data) && p.data[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

// wanted says what was expected at the parser's place.
func (p *parser) wanted(what string) error {
	p.space()
	if p.pos >= len(p.data) {
		return fmt.Errorf("%s was expected where the text ends", what)
	}
	rest := p.data[p.pos:]
	if len(rest) > 20 {
		rest = rest[:20]
	}
	return fmt.Errorf("%s was expected in column %d, where %q is", what, p.pos+1, rest)
}

// end reports text behind the value.
func (p *parser) end() error {
	p.space()
	if p.pos < len(p.data) {
		return p.wanted("the end")
	}
	return nil
}

// member reads the name of an object's next member and its colon. The name
// is empty at the object's end, and valid until the next text is read; first
// is true for the first member.
func (p *parser) member(first bool) ([]byte, error) {
	if p.next('}') {
		return nil, nil
	}
	if !first && !p.next(',') {
		return nil, p.wanted("a comma or }")
	}
	name, err := p.text()
	if err != nil {
		return nil, err
	}
	if len(name) == 0 {
		return nil, errors.New("a field has no name")
	}
	if !p.next(':') {
		return nil, p.wanted("a colon")
	}
	return name, nil
}

// text reads a string. The result is valid until the next call.
func (p *parser) text() ([]byte, error) {
	if !p.next('"') {
		return nil, p.wanted("a string in quotes")
	}
	start, ascii := p.pos, true
	for i := p.pos; i < len(p.data); i++ {
		switch c := p.data[i]; {
		case c == '"':
			s := p.data[start:i]
			if !ascii && !utf8.Valid(s) {
				return nil, errors.New("a text is not valid UTF-8")
			}
			p.pos = i + 1
			return s, nil
		case c == '\\':
			return p.escaped(start, i)
		case c < ' ':
			p.pos = i
			return nil, p.wanted("an escape instead of a control character")
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil, errors.New("a text has no closing quote")
}

// escaped goes on with a string that begins at start and has its first
// backslash at i.
func (p *parser) escaped(start, i int) ([]byte, error) {
	p.scratch = append(p.scratch[:0], p.data[start:i]...)
	for i < len(p.data) {
		c := p.data[i]
		switch {
		case c == '"':
			if !utf8.Valid(p.scratch) {
				return nil, errors.New("a text is not valid UTF-8")
			}
			p.pos = i + 1
			return p.scratch, nil
		case c < ' ':
			p.pos = i
			return nil, p.wanted("an escape instead of a control character")
		case c != '\\':
			p.scratch = append(p.scratch, c)
			i++
		default:
			p.pos = i
			n, err := p.escape(p.data[i+1:])
			if err != nil {
				return nil, err
			}
			i += 1 + n
		}
	}
	return nil, errors.New("a text has no closing quote")
}

const (
	escapes = `"\/bfnrt`
	meaning = "\"\\/\b\f\n\r\t"
)

// escape appends to scratch what the escape stands for whose backslash comes
// before s, and returns how many bytes of s it took.
func (p *parser) escape(s []byte) (int, error) {
	if len(s) == 0 {
		return 0, errors.New("a text has no closing quote")
	}
	if i := strings.IndexByte(escapes, s[0]); i >= 0 {
		p.scratch = append(p.scratch, meaning[i])
		return 1, nil
	}
	r, ok := unicodeEscape(s)
	if !ok {
		return 0, p.wanted("an escape of JSON")
	}
	n := 5
	if utf16.IsSurrogate(r) {
		if len(s) < 7 || s[5] != '\\' {
			return 0, p.wanted("a pair of surrogates")
		}
		low, ok := unicodeEscape(s[6:])
		if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
			return 0, p.wanted("a pair of surrogates")
		}
		n = 11
	}
	p.scratch = utf8.AppendRune(p.scratch, r)
	return n, nil
}

func unicodeEscape(s []byte) (rune, bool) {
	if len(s) < 5 || s[0] != 'u' {
		return 0, false
	}
	v, err := strconv.ParseUint(string(s[1:5]), 16, 16)
	return rune(v), err == nil
}

// integer reads a whole number.
func (p *parser) integer() (int64, error) {
	p.space()
	i := p.pos
	if i < len(p.data) && p.data[i] == '-' {
		i++
	}
	first := i
	for i < len(p.data) && p.data[i] >= '0' && p.data[i] <= '9' {
		i++
	}
	if i == first || p.data[first] == '0' && i > first+1 || i < len(p.data) && strings.IndexByte(".eE", p.data[i]) >= 0 {
		return 0, p.wanted("a whole number")
	}
	n, err := strconv.ParseInt(string(p.data[p.pos:i]), 10, 64)
	if err != nil {
		return 0, p.wanted("a whole number of 64 bits")
	}
	p.pos = i
	return n, nil
}
