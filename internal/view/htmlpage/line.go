package htmlpage

import (
	"bytes"
	"io"
)

// lineGuard writes a page to w so that no line of it is a command to the runner
// of a pipeline, whose log a page on standard output is: GitHub's takes a line
// for one that begins with "::", white space apart (actions/runner,
// ActionCommand.TryParseV2). The first colon there is written as a reference,
// which a browser shows as what it stands for. The style of the pages, in which
// a reference would stand for itself, has no such line.
type lineGuard struct {
	w io.Writer
	// within says that something other than white space stands in the line
	// already; held, that its first colon is not written yet.
	within, held bool
}

// Write writes p, but for a colon at its end that may be the first of two.
func (g *lineGuard) Write(p []byte) (int, error) {
	if !g.held && g.within && bytes.IndexByte(p, '\n') < 0 {
		return g.w.Write(p)
	}
	out := make([]byte, 0, len(p)+8)
	for _, b := range p {
		if g.held {
			g.held = false
			if b == ':' {
				out = append(out, "&#58;"...)
			} else {
				out = append(out, ':')
			}
		}
		switch {
		case b == '\n' || b == '\r':
			g.within = false
		case g.within || b == ' ' || b == '\t' || b == '\f':
		case b == ':':
			g.within, g.held = true, true
			continue
		default:
			g.within = true
		}
		out = append(out, b)
	}
	if _, err := g.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush writes a colon that was held back.
func (g *lineGuard) Flush() error {
	if !g.held {
		return nil
	}
	g.held = false
	_, err := g.w.Write([]byte{':'})
	return err
}
