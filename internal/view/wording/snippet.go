package wording

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// maxSnippetLines is how many lines of a source are shown at the most.
const maxSnippetLines = 6

// source returns the bytes of the file that the diagnostic is about, or nil.
func source(sources func(string) []byte, diag *hcl.Diagnostic) []byte {
	if sources == nil || diag.Subject == nil {
		return nil
	}
	return sources(diag.Subject.Filename)
}

// directory is the file name of a diagnostic that is about the configuration's
// directory as a whole.
const directory = "."

// InFile reports whether a diagnostic is about a place in a file, and not about
// the configuration as a whole.
func InFile(diag *hcl.Diagnostic) bool {
	return diag.Subject != nil && diag.Subject.Filename != directory
}

// Snippet is the part of a source file that a diagnostic is about.
type Snippet struct {
	Context string // the block's header: message "welcome"; "" if there is none
	Line    int    // the number of the first line
	Lines   []SnippetLine
	More    bool // the range goes on behind the last line
}

// SnippetLine is a line of a source, cut around the part that is meant.
type SnippetLine struct {
	Before, Marked, After string
}

// SnippetOf cuts the lines that the diagnostic's subject stands on out of the
// source. It returns nil if there is no source, or it does not have that place.
// sources returns the bytes of a file of the configuration, or nil; it may be
// nil itself.
func SnippetOf(diag *hcl.Diagnostic, sources func(file string) []byte) *Snippet {
	src := source(sources, diag)
	if src == nil {
		return nil
	}
	start, end := diag.Subject.Start.Byte, diag.Subject.End.Byte
	if start < 0 || end < start || end > len(src) || diag.Subject.Start.Line < 1 {
		return nil
	}
	if end == start && end < len(src) && src[end] != '\n' {
		end++ // an empty range points at the character behind it
	}
	begin := bytes.LastIndexByte(src[:start], '\n') + 1
	s := &Snippet{Context: blockAround(src[:begin]), Line: diag.Subject.Start.Line}
	if headerLine.Match(firstLine(src[begin:])) {
		s.Context = ""
	}
	for at := begin; at <= end && at <= len(src); {
		if len(s.Lines) == maxSnippetLines {
			s.More = true
			break
		}
		line := firstLine(src[at:])
		from, to := min(max(start-at, 0), len(line)), min(max(end-at, 0), len(line))
		if at > begin && to == 0 {
			break // the range ends at the line break before
		}
		s.Lines = append(s.Lines, cutLine(line, from, to))
		at += len(line) + 1
	}
	return s
}

// maxSide and maxMarked bound what is shown of one line: generated files may
// have lines of megabytes.
const maxSide, maxMarked = 160, 240

// cutLine cuts a line in three, and what is too long of each of them.
func cutLine(line []byte, from, to int) SnippetLine {
	before, marked, after := string(line[:from]), string(line[from:to]), string(bytes.TrimSuffix(line[to:], []byte("\r")))
	if len(before) > maxSide {
		before = "…" + strings.ToValidUTF8(before[len(before)-maxSide:], "")
	}
	if len(marked) > maxMarked {
		marked = strings.ToValidUTF8(marked[:maxMarked], "") + "…"
	}
	if len(after) > maxSide {
		after = strings.ToValidUTF8(after[:maxSide], "") + "…"
	}
	return SnippetLine{before, marked, after}
}

// firstLine returns the bytes before the first line break.
func firstLine(src []byte) []byte {
	if i := bytes.IndexByte(src, '\n'); i >= 0 {
		return src[:i]
	}
	return src
}

var headerLine = regexp.MustCompile(`^([A-Za-z_]+(?:[ \t]+"[^"]*"|[ \t]+[A-Za-z_][\w-]*)*)[ \t]*\{`)

// blockAround returns the header of the top-level block that is still open at
// the end of src: message "welcome". It goes by the form that fmt writes, a
// header and its closing brace at the beginning of a line, and returns "" for
// another: it is a help to the eye only.
func blockAround(src []byte) string {
	for len(src) > 0 {
		begin := bytes.LastIndexByte(src[:len(src)-1], '\n') + 1
		line := src[begin:]
		if m := headerLine.FindSubmatch(line); m != nil && line[0] != ' ' {
			if bytes.Contains(line, []byte("}")) {
				return ""
			}
			return string(m[1])
		}
		if line[0] == '}' {
			return ""
		}
		src = src[:begin]
	}
	return ""
}
