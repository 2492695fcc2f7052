package cli

import (
	"io"
	"os"

	"golang.org/x/term"

	"herald/internal/view/safe"
	"herald/internal/view/text"
)

// isTerminal reports whether the stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// width returns the number of cells of the terminal w, or 80 where it is none.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if cells, _, err := term.GetSize(int(f.Fd())); err == nil && cells > 0 {
			return cells
		}
	}
	return 80
}

// textOptions are those for a text on the stream w.
func (a *App) textOptions(w io.Writer) text.Options {
	_, no := a.LookupEnv("NO_COLOR")
	return text.Options{
		Color: isTerminal(w) && !no && !a.noColor && a.env("TERM") != "dumb",
		Width: width(w),
	}
}

// say writes a line, or several, to standard output.
func (a *App) say(text string) { _, _ = io.WriteString(a.Stdout, safe.Text(text)+"\n") }

// tell writes a line to standard error.
func (a *App) tell(text string) { _, _ = io.WriteString(a.Stderr, safe.Text(text)+"\n") }
