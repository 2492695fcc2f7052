package config

import (
	"bufio"
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"herald/config/content"
)

// MaxFileBytes is the size of the largest file that Herald reads: of HCL, of
// values, or through a function.
const MaxFileBytes = 16 << 20

// source is one file of the configuration or of values. Its text is what the
// file holds, and its bytes the same while it is being read; masked are those
// with every secret replaced by stars, for display.
type source struct {
	name   string
	text   string
	bytes  []byte
	masked []byte
}

func newSource(name string, b []byte) *source { return &source{name: name, text: string(b), bytes: b} }

// done lets go of what is needed only while the source is being read.
func (s *source) done() { s.bytes = nil }

// mask replaces the bytes from start to end by stars wherever the source is
// shown. Line breaks stay, so that positions do.
func (s *source) mask(start, end int) {
	if s.masked == nil {
		s.masked = []byte(s.text)
	}
	for i := max(start, 0); i < min(end, len(s.masked)); i++ {
		if s.masked[i] != '\n' && s.masked[i] != '\r' {
			s.masked[i] = '*'
		}
	}
}

// shown returns the bytes that may be displayed.
func (s *source) shown() []byte {
	if s.masked != nil {
		return s.masked
	}
	return []byte(s.text)
}

// rangeOf returns the range of the bytes from start to end, counting lines
// and columns as HCL does.
func (s *source) rangeOf(start, end int) hcl.Range {
	from := advance(s.bytes[:start], hcl.InitialPos)
	to := advance(s.bytes[start:end], from)
	return hcl.Range{Filename: s.name, Start: from, End: to}
}

// advance returns the position after b, which begins at from.
func advance(b []byte, from hcl.Pos) hcl.Pos {
	if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
		from = hcl.Pos{Line: from.Line + bytes.Count(b, []byte{'\n'}), Column: 1, Byte: from.Byte + i + 1}
		b = b[i+1:]
	}
	if len(b) == 0 {
		return from
	}
	if len(b) > 1<<16 {
		// A line of data, not of text: its characters are counted as runes,
		// which is fast.
		return hcl.Pos{Line: from.Line, Column: from.Column + utf8.RuneCount(b), Byte: from.Byte + len(b)}
	}
	whole := func(data []byte, _ bool) (int, []byte, error) { return len(data), data, nil }
	// The scanner takes a carriage return for a line break, HCL does not.
	line := bytes.ReplaceAll(b, []byte{'\r'}, []byte{' '})
	sc := hcl.NewRangeScanner(line, "", bufio.SplitFunc(whole))
	sc.Scan()
	return hcl.Pos{Line: from.Line, Column: from.Column + sc.Range().End.Column - 1, Byte: from.Byte + len(b)}
}

// span is a range within a known source, small because there are many.
type span struct {
	start, end pos
}

// pos is a position within a known source; a file has at most MaxFileBytes.
type pos struct {
	line, column, byte uint32
}

func posOf(p hcl.Pos) pos {
	return pos{uint32(p.Line), uint32(p.Column), uint32(p.Byte)}
}

func spanOf(r hcl.Range) span { return span{posOf(r.Start), posOf(r.End)} }

func (p pos) hcl() hcl.Pos {
	return hcl.Pos{Line: int(p.line), Column: int(p.column), Byte: int(p.byte)}
}

func (s span) in(src *source) hcl.Range {
	return hcl.Range{Filename: src.name, Start: s.start.hcl(), End: s.end.hcl()}
}

// checkText returns a diagnostic for a source that is too big or no UTF-8 and
// diagnostics for what looks like an access token, which it masks.
func (s *source) checkText() hcl.Diagnostics {
	if len(s.bytes) > MaxFileBytes {
		return hcl.Diagnostics{errorAt(hcl.Range{Filename: s.name, Start: hcl.InitialPos, End: hcl.InitialPos}, "File is too big",
			fmt.Sprintf("Herald reads files of at most %s bytes, and this one is larger. Split it, or keep the data in a CSV or JSON file that is read with a function.", content.Thousands(MaxFileBytes)))}
	}
	if !utf8.Valid(s.bytes) {
		i := 0
		for i < len(s.bytes) {
			r, n := utf8.DecodeRune(s.bytes[i:])
			if r == utf8.RuneError && n <= 1 {
				break
			}
			i += n
		}
		return hcl.Diagnostics{errorAt(s.rangeOf(i, i+1), "Invalid UTF-8",
			fmt.Sprintf("The byte 0x%02x at this place does not belong to a character in UTF-8, the only encoding that Herald and Instagram take. Save the file as UTF-8.", s.bytes[i]))}
	}
	var diags hcl.Diagnostics
	for _, at := range findTokens(s.bytes) {
		rng := s.rangeOf(at[0], at[1])
		s.mask(at[0], at[1])
		diags = append(diags, errorAt(rng, "Access token in a file",
			"This looks like an access token of Meta's. Files are committed and read by reviewers, so a token never stands in one: "+
				"take it out, have it replaced if the file has left this machine, and put the new one into the environment, as "+anyTokenVariable+" (or HERALD_TOKEN where there is one account)."))
	}
	return diags
}

// anyTokenVariable stands for TokenVariable of an account that is not known yet.
const anyTokenVariable = "HERALD_TOKEN_<ACCOUNT>"

// minToken is the length from which a word with a token's beginning is taken
// for a token; real ones have 150 to 250 characters.
const minToken = 40

// findTokens returns the start and end of every word that looks like an access
// token: EAA… (Facebook Login), IGA… or IGQ… (Instagram Login).
func findTokens(b []byte) [][2]int {
	var found [][2]int
	for _, prefix := range []string{"EAA", "IGA", "IGQ"} {
		for from := 0; ; {
			i := bytes.Index(b[from:], []byte(prefix))
			if i < 0 {
				break
			}
			start := from + i
			end := start
			for end < len(b) && isTokenByte(b[end]) {
				end++
			}
			from = end
			if end-start >= minToken && (start == 0 || !isTokenByte(b[start-1])) {
				found = append(found, [2]int{start, end})
			}
		}
	}
	return found
}

func isTokenByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '-'
}
