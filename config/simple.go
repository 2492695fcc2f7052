package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// simple reads blocks that are written in the plainest way: the header on one
// line, then one argument a line, each a string without escapes and templates,
// a whole number, or true or false, then the closing brace. Most blocks of a
// large configuration are such, and reading one here costs a twentieth of what
// the parser needs. Whatever else there is, simple leaves alone, and the parser
// gets it; a test holds the two against each other.
type simple struct {
	d    *decoder
	text string
	pos  int
	line int
}

// space moves over blanks.
func (s *simple) space() {
	for s.pos < len(s.text) && (s.text[s.pos] == ' ' || s.text[s.pos] == '\t') {
		s.pos++
	}
}

// lineEnd moves over blanks and a line break.
func (s *simple) lineEnd() bool {
	s.space()
	if strings.HasPrefix(s.text[s.pos:], "\r\n") {
		s.pos++
	}
	if s.pos == len(s.text) || s.text[s.pos] != '\n' {
		return false
	}
	s.pos++
	s.line++
	return true
}

// blank moves over empty lines and lines that are comments.
func (s *simple) blank() {
	for {
		start := s.pos
		s.space()
		if s.pos < len(s.text) && s.text[s.pos] == '#' {
			if i := strings.IndexByte(s.text[s.pos:], '\n'); i >= 0 {
				s.pos += i
			}
		}
		if !s.lineEnd() {
			s.pos = start
			return
		}
	}
}

// word reads a name of ASCII letters, digits and underscores.
func (s *simple) word() string {
	start := s.pos
	for s.pos < len(s.text) && (s.text[s.pos] != '-' && isTokenByte(s.text[s.pos])) {
		s.pos++
	}
	if start < s.pos && s.text[start] <= '9' {
		return ""
	}
	return s.text[start:s.pos]
}

func (s *simple) byte(b byte) bool {
	if s.pos == len(s.text) || s.text[s.pos] != b {
		return false
	}
	s.pos++
	return true
}

// at returns the position of an offset in a line that holds ASCII up to it.
func (s *simple) at(offset, lineStart int) pos {
	return pos{uint32(s.line), uint32(offset-lineStart) + 1, uint32(offset)}
}

// block reads the next block. Where it is not simple, nothing has moved but
// over blank lines.
func (s *simple) block() bool {
	s.blank()
	start, line, attrs, decls := s.pos, s.line, len(s.d.slab), len(s.d.decls)
	if s.read() {
		return true
	}
	s.pos, s.line, s.d.slab, s.d.decls = start, line, s.d.slab[:attrs], s.d.decls[:decls]
	return false
}

func (s *simple) read() bool {
	begin := s.pos
	sch := s.d.root.block(s.word())
	if sch == nil || sch.free {
		return false
	}
	out := decl{schema: sch, src: s.d.src}
	out.header.start, out.header.end = s.at(begin, begin), s.at(s.pos, begin)
	if sch.labels == 1 {
		if !s.byte(' ') || !s.byte('"') {
			return false
		}
		if out.name = s.word(); out.name == "" || !s.byte('"') {
			return false
		}
		out.header.end = s.at(s.pos, begin)
	}
	s.space()
	if !s.byte('{') || !s.lineEnd() {
		return false
	}
	if cap(s.d.slab)-len(s.d.slab) < len(sch.attrs) {
		s.d.slab = make([]attr, 0, 256)
	}
	first := len(s.d.slab)
	for {
		s.blank()
		if s.lastBrace() {
			break
		}
		a, ok := s.attribute(sch)
		if !ok || slices.ContainsFunc(s.d.slab[first:], func(have attr) bool { return have.name == a.name }) {
			return false
		}
		s.d.slab = append(s.d.slab, a)
	}
	if !s.lineEnd() {
		return false
	}
	if len(s.d.slab) > first {
		out.attrs = s.d.slab[first:len(s.d.slab):len(s.d.slab)]
	}
	s.d.decls = append(s.d.decls, out)
	return true
}

// lastBrace reads the closing brace of a block.
func (s *simple) lastBrace() bool {
	start := s.pos
	s.space()
	if s.byte('}') {
		return true
	}
	s.pos = start
	return false
}

// attribute reads one line, NAME = VALUE.
func (s *simple) attribute(sch *schema) (attr, bool) {
	lineStart := s.pos
	s.space()
	nameAt := s.pos
	i := slices.Index(sch.attrs, s.word())
	if i < 0 || slices.Contains(sch.syntax, sch.attrs[i]) {
		return attr{}, false
	}
	a := attr{name: sch.attrs[i], nameAt: s.at(nameAt, lineStart)}
	s.space()
	if !s.byte('=') {
		return attr{}, false
	}
	s.space()
	a.at.start = s.at(s.pos, lineStart)
	var ok bool
	if s.pos < len(s.text) && s.text[s.pos] == '"' {
		a.val, a.at.end, ok = s.quoted(lineStart)
	} else {
		a.val, ok = s.literal()
		a.at.end = s.at(s.pos, lineStart)
	}
	return a, ok && s.lineEnd()
}

// quoted reads a string without escapes and template sequences.
func (s *simple) quoted(lineStart int) (cty.Value, pos, bool) {
	start := s.pos
	ascii := true
	for s.pos++; s.pos < len(s.text); s.pos++ {
		switch b := s.text[s.pos]; {
		case b == '"':
			s.pos++
			end := s.at(s.pos, lineStart)
			if !ascii {
				end.column = s.columns(start, lineStart)
			}
			return cty.StringVal(s.text[start+1 : s.pos-1]), end, true
		case b == '\\' || b == '$' || b == '%' || b < ' ' || b == 0x7f:
			return cty.NilVal, pos{}, false
		case b >= 0x80:
			ascii = false
		}
	}
	return cty.NilVal, pos{}, false
}

// columns returns the column behind a quoted string, as the scanner counts.
func (s *simple) columns(start, lineStart int) uint32 {
	tokens, _ := hclsyntax.LexConfig([]byte(s.text[start:s.pos]), "", hcl.Pos{Line: 1, Column: start - lineStart + 1})
	return posOf(tokens[len(tokens)-1].Range.Start).column
}

// literal reads a whole number, true or false.
func (s *simple) literal() (cty.Value, bool) {
	start := s.pos
	for s.pos < len(s.text) && isTokenByte(s.text[s.pos]) {
		s.pos++
	}
	switch word := s.text[start:s.pos]; {
	case word == "true":
		return cty.True, true
	case word == "false":
		return cty.False, true
	case word == "" || len(word) > 15 || word[0] == '0' && len(word) > 1 || strings.Trim(word, "0123456789") != "":
		return cty.NilVal, false
	default:
		val, err := cty.ParseNumberVal(word)
		return val, err == nil
	}
}
