package config

import (
	"bytes"
	"unicode"

	"github.com/hashicorp/hcl/v2"
)

// pieceBytes is the size at which a piece ends with the next top-level block.
// A piece grows beyond it only where one block does, so that most are short
// enough to nest as they like (funcs.CheckDepth).
const pieceBytes = 12 << 10

// piece is a part of a file that can be parsed by itself.
type piece struct {
	bytes []byte
	start hcl.Pos
}

// cutter finds where a source may be cut: behind the line break that follows
// the closing brace of a top-level item, outside of every string, heredoc,
// comment and bracket. What it is not sure of it does not cut, so that the rest
// is one piece. It reads source as HCL's scanner does, as far as it matters to where a
// top-level item ends. Its modes nest: a string holds templates, which hold
// expressions, which hold strings.
type cutter struct {
	src  []byte
	pos  int
	line int
	open []opener
}

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

// next moves to the first place at or after limit where the source may be
// cut, and reports false at the end of the source and where it loses track.
func (c *cutter) next(limit int) bool {
	for c.pos < len(c.src) {
		var ok bool
		switch c.top() {
		case closeString:
			ok = c.inString()
		case closeHeredoc:
			ok = c.inHeredoc()
		default:
			var end bool
			end, ok = c.inMain()
			if ok && end && c.pos >= limit && c.pos < len(c.src) {
				return true
			}
		}
		if !ok {
			c.pos = len(c.src)
			return false
		}
	}
	return false
}

func (c *cutter) top() byte {
	if len(c.open) == 0 {
		return 0
	}
	return c.open[len(c.open)-1].close
}

func (c *cutter) push(o opener) { c.open = append(c.open, o) }
func (c *cutter) pop()          { c.open = c.open[:len(c.open)-1] }

// rest returns what is left of the source.
func (c *cutter) rest() []byte { return c.src[c.pos:] }

// inMain reads one token of the main mode. end says that it was the closing
// brace of a top-level item together with its line break.
func (c *cutter) inMain() (end, ok bool) {
	// Letters, digits, blanks and most operators need no attention.
	for c.pos < len(c.src) && !special[c.src[c.pos]] {
		c.pos++
	}
	if c.pos == len(c.src) {
		return false, true
	}
	b := c.src[c.pos]
	c.pos++
	switch b {
	case '\n':
		c.line++
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
func (c *cutter) lineBreak() bool {
	i := c.pos
	for i < len(c.src) && (c.src[i] == ' ' || c.src[i] == '\t') {
		i++
	}
	if i < len(c.src) && c.src[i] == '\r' {
		i++
	}
	if i == len(c.src) || c.src[i] != '\n' {
		return false
	}
	c.pos = i + 1
	c.line++
	return true
}

// skipLine moves behind the next line break.
func (c *cutter) skipLine() {
	i := bytes.IndexByte(c.rest(), '\n')
	if i < 0 {
		c.pos = len(c.src)
		return
	}
	c.pos += i + 1
	c.line++
}

// comment reads what follows a slash.
func (c *cutter) comment() bool {
	if c.pos == len(c.src) {
		return true
	}
	switch c.src[c.pos] {
	case '/':
		c.skipLine()
	case '*':
		i := bytes.Index(c.src[c.pos+1:], []byte("*/"))
		if i < 0 {
			return false
		}
		body := c.src[c.pos : c.pos+1+i+2]
		c.line += bytes.Count(body, []byte{'\n'})
		c.pos += len(body)
	}
	return true
}

// heredoc reads what follows a less-than sign.
func (c *cutter) heredoc() bool {
	if c.pos == len(c.src) || c.src[c.pos] != '<' {
		return true
	}
	i := c.pos + 1
	if i < len(c.src) && c.src[i] == '-' {
		i++
	}
	start := i
	for i < len(c.src) && isTokenByte(c.src[i]) {
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
	c.pos = i + 1
	c.line++
	c.push(opener{close: closeHeredoc, marker: marker, startOfLine: true})
	return true
}

// inString reads a quoted string up to its end or its next template sequence.
func (c *cutter) inString() bool {
	for c.pos < len(c.src) {
		b := c.src[c.pos]
		c.pos++
		switch b {
		case '"':
			c.pop()
			return true
		case '\n', '\r':
			return false
		case '\\':
			if c.pos == len(c.src) || c.src[c.pos] == '\n' || c.src[c.pos] == '\r' {
				return false
			}
			c.pos++
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
func (c *cutter) sequence(b byte) (opened, ok bool) {
	run := 1
	for c.pos < len(c.src) && c.src[c.pos] == b {
		run++
		c.pos++
	}
	if c.pos == len(c.src) {
		return false, false
	}
	if c.src[c.pos] != '{' {
		// The other sign before a brace, as in %${, is not worth a rule.
		rest := bytes.TrimLeft(c.rest(), "$%")
		return false, len(rest) > 0 && (rest[0] != '{' || len(rest) == len(c.rest()))
	}
	switch run {
	case 1:
		c.pos++
		c.push(opener{close: closeTemplate})
		return true, true
	case 2: // an escape, $${
		c.pos++
		return false, true
	}
	return false, false
}

// inHeredoc reads a heredoc up to its end or its next template sequence.
func (c *cutter) inHeredoc() bool {
	doc := &c.open[len(c.open)-1]
	for c.pos < len(c.src) {
		if doc.startOfLine {
			end := bytes.IndexByte(c.rest(), '\n')
			if end < 0 {
				return false
			}
			if bytes.Equal(bytes.TrimFunc(c.src[c.pos:c.pos+end], unicode.IsSpace), doc.marker) {
				// The line break stays: it is a token of its own.
				c.pos += end
				c.pop()
				return true
			}
			doc.startOfLine = false
		}
		b := c.src[c.pos]
		c.pos++
		switch b {
		case '\n':
			c.line++
			doc.startOfLine = true
		case '\r':
			if c.pos < len(c.src) && c.src[c.pos] != '\n' {
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
