package cut

import (
	"bytes"
	"unicode"
)

// Cutter finds where a source may be cut: behind the line break that follows
// the closing brace of a top-level item, outside of every string, heredoc,
// comment and bracket. What it is not sure of it does not cut, so that the rest
// is one piece. It reads source as HCL's scanner does, as far as it matters to
// where a top-level item ends. Its modes nest: a string holds templates, which
// hold expressions, which hold strings.
type Cutter struct {
	// Pos is the place in the source, in bytes, and Line its line, from 1. At the
	// beginning and where Next has reported true they may be set to a later place
	// outside of every item, by who has read the next one in another way.
	Pos, Line int

	src  []byte
	open []opener
}

// New returns a cutter at the beginning of the source, which it does not change.
func New(src []byte) *Cutter { return &Cutter{Line: 1, src: src} }

// opener is what is open at a place: a bracket by its closing byte, a template
// sequence, a string, or a heredoc by its marker.
type opener struct {
	close       byte
	marker      []byte // of a heredoc
	startOfLine bool   // of a heredoc: only white space may follow a line's start
}

// The closing bytes of what is not a bracket.
const (
	closeTemplate = 't'
	closeString   = '"'
	closeHeredoc  = 'h'
)

// Next moves to the first place at or after limit where the source may be cut,
// and reports false at the end of the source and where it loses track.
func (c *Cutter) Next(limit int) bool {
	for c.Pos < len(c.src) {
		var ok bool
		switch c.top() {
		case closeString:
			ok = c.inString()
		case closeHeredoc:
			ok = c.inHeredoc()
		default:
			var end bool
			end, ok = c.inMain()
			if ok && end && c.Pos >= limit && c.Pos < len(c.src) {
				return true
			}
		}
		if !ok {
			c.Pos = len(c.src)
			return false
		}
	}
	return false
}

func (c *Cutter) top() byte {
	if len(c.open) == 0 {
		return 0
	}
	return c.open[len(c.open)-1].close
}

func (c *Cutter) push(o opener) { c.open = append(c.open, o) }
func (c *Cutter) pop()          { c.open = c.open[:len(c.open)-1] }

// rest returns what is left of the source.
func (c *Cutter) rest() []byte { return c.src[c.Pos:] }

// inMain reads one token of the main mode. end says that it was the closing
// brace of a top-level item together with its line break.
func (c *Cutter) inMain() (end, ok bool) {
	// Letters, digits, blanks and most operators need no attention.
	for c.Pos < len(c.src) && !special[c.src[c.Pos]] {
		c.Pos++
	}
	if c.Pos == len(c.src) {
		return false, true
	}
	b := c.src[c.Pos]
	c.Pos++
	switch b {
	case '\n':
		c.Line++
	case '{':
		c.push(opener{close: '}'})
	case '(':
		c.push(opener{close: ')'})
	case '[':
		c.push(opener{close: ']'})
	case ')', ']':
		if c.top() != b {
			return false, false
		}
		c.pop()
	case '}':
		switch c.top() {
		case closeTemplate:
			c.pop()
		case '}':
			c.pop()
			return len(c.open) == 0 && c.lineBreak(), true
		default:
			return false, false
		}
	case '"':
		c.push(opener{close: closeString})
	case '#':
		c.skipLine()
	case '/':
		return false, c.comment()
	case '<':
		return false, c.heredoc()
	}
	return false, true
}

// special holds the bytes that inMain looks at.
var special = [256]bool{'\n': true, '{': true, '}': true, '(': true, ')': true, '[': true, ']': true, '"': true, '#': true, '/': true, '<': true}

// lineBreak reads blanks and one line break, and reports whether it did.
func (c *Cutter) lineBreak() bool {
	i := c.Pos
	for i < len(c.src) && (c.src[i] == ' ' || c.src[i] == '\t') {
		i++
	}
	if i < len(c.src) && c.src[i] == '\r' {
		i++
	}
	if i == len(c.src) || c.src[i] != '\n' {
		return false
	}
	c.Pos = i + 1
	c.Line++
	return true
}

// skipLine moves behind the next line break.
func (c *Cutter) skipLine() {
	i := bytes.IndexByte(c.rest(), '\n')
	if i < 0 {
		c.Pos = len(c.src)
		return
	}
	c.Pos += i + 1
	c.Line++
}

// comment reads what follows a slash.
func (c *Cutter) comment() bool {
	if c.Pos == len(c.src) {
		return true
	}
	switch c.src[c.Pos] {
	case '/':
		c.skipLine()
	case '*':
		i := bytes.Index(c.src[c.Pos+1:], []byte("*/"))
		if i < 0 {
			return false
		}
		body := c.src[c.Pos : c.Pos+1+i+2]
		c.Line += bytes.Count(body, []byte{'\n'})
		c.Pos += len(body)
	}
	return true
}

// heredoc reads what follows a less-than sign.
func (c *Cutter) heredoc() bool {
	if c.Pos == len(c.src) || c.src[c.Pos] != '<' {
		return true
	}
	i := c.Pos + 1
	if i < len(c.src) && c.src[i] == '-' {
		i++
	}
	start := i
	for i < len(c.src) && isMarkerByte(c.src[i]) {
		i++
	}
	marker := c.src[start:i]
	if len(marker) == 0 || marker[0] == '-' || marker[0] >= '0' && marker[0] <= '9' {
		return false
	}
	if i < len(c.src) && c.src[i] == '\r' {
		i++
	}
	if i == len(c.src) || c.src[i] != '\n' {
		return false
	}
	c.Pos = i + 1
	c.Line++
	c.push(opener{close: closeHeredoc, marker: marker, startOfLine: true})
	return true
}

// inString reads a quoted string up to its end or its next template sequence.
func (c *Cutter) inString() bool {
	for c.Pos < len(c.src) {
		b := c.src[c.Pos]
		c.Pos++
		switch b {
		case '"':
			c.pop()
			return true
		case '\n', '\r':
			return false
		case '\\':
			if c.Pos == len(c.src) || c.src[c.Pos] == '\n' || c.src[c.Pos] == '\r' {
				return false
			}
			c.Pos++
		case '$', '%':
			opened, ok := c.sequence(b)
			if opened || !ok {
				return ok
			}
		}
	}
	return false
}

// sequence reads what follows a dollar or percent sign b within a template,
// and reports whether it opens a template sequence.
func (c *Cutter) sequence(b byte) (opened, ok bool) {
	run := 1
	for c.Pos < len(c.src) && c.src[c.Pos] == b {
		run++
		c.Pos++
	}
	if c.Pos == len(c.src) {
		return false, false
	}
	if c.src[c.Pos] != '{' {
		// The other sign before a brace, as in %${, is not worth a rule.
		rest := bytes.TrimLeft(c.rest(), "$%")
		return false, len(rest) > 0 && (rest[0] != '{' || len(rest) == len(c.rest()))
	}
	switch run {
	case 1:
		c.Pos++
		c.push(opener{close: closeTemplate})
		return true, true
	case 2: // an escape, $${
		c.Pos++
		return false, true
	}
	return false, false
}

// inHeredoc reads a heredoc up to its end or its next template sequence.
func (c *Cutter) inHeredoc() bool {
	doc := &c.open[len(c.open)-1]
	for c.Pos < len(c.src) {
		if doc.startOfLine {
			end := bytes.IndexByte(c.rest(), '\n')
			if end < 0 {
				return false
			}
			if bytes.Equal(bytes.TrimFunc(c.src[c.Pos:c.Pos+end], unicode.IsSpace), doc.marker) {
				// The line break stays: it is a token of its own.
				c.Pos += end
				c.pop()
				return true
			}
			doc.startOfLine = false
		}
		b := c.src[c.Pos]
		c.Pos++
		switch b {
		case '\n':
			c.Line++
			doc.startOfLine = true
		case '\r':
			if c.Pos < len(c.src) && c.src[c.Pos] != '\n' {
				return false
			}
		case '$', '%':
			opened, ok := c.sequence(b)
			if opened || !ok {
				return ok
			}
		}
	}
	return false
}

// isMarkerByte reports whether a heredoc's marker may hold the byte.
func isMarkerByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '-'
}
