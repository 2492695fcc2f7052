package text

import (
	"fmt"
	"io"
	"strings"

	"herald/internal/view"
	"herald/internal/view/safe"
	"herald/internal/view/wording"
)

// How much of an inbox is written unless all is asked for.
const (
	maxChats     = 10
	maxChatItems = 12
)

// Inbox writes an inbox as chats: who says what, and what is new. Of many
// chats it writes the first, of a long one the end, unless opts.Verbose.
func Inbox(w io.Writer, in view.Inbox, opts Options) error {
	if len(in.Conversations) == 0 {
		return nil
	}
	p := newPage(opts)
	p.line(p.Paint(p.Bold, "What each person now sees"))
	p.line()
	for i := range in.Conversations {
		if i == maxChats && !opts.Verbose {
			p.line(p.Paint(p.Dim, "… and "+wording.Count(len(in.Conversations)-i, "more conversation", "more conversations")))
			p.line()
			break
		}
		p.chat(&in.Conversations[i], opts.Verbose)
	}
	return p.writeTo(w)
}

func (p *page) chat(c *view.InboxConversation, verbose bool) {
	who := safe.Line(c.Recipient)
	them := who
	if c.Person != "" {
		them = safe.Line(c.Person)
		who = them + p.Paint(p.Dim, " ("+safe.Line(c.Recipient)+")")
	}
	us := safe.Line(c.Account)
	p.line("  ", p.Paint(p.Bold, who), p.Paint(p.Dim, " with "+us))
	items := c.Items
	if skip := len(items) - maxChatItems; skip > 0 && !verbose {
		p.line("    ", p.Paint(p.Dim, "… "+wording.Count(skip, "earlier message", "earlier messages")))
		items = items[skip:]
	}
	them, us = safe.Truncate(them, 16), safe.Truncate(us, 16)
	column := max(safe.Width(them), safe.Width(us))
	for _, it := range items {
		name := them
		if it.FromUs {
			name = us
		}
		p.bubble(it, name, column, verbose)
	}
	p.line()
}

// bubble writes one message behind the name of its sender.
func (p *page) bubble(it view.InboxItem, name string, column int, verbose bool) {
	mark, style := "  ", p.Dim
	if it.New {
		mark, style = "+ ", p.Green
	}
	pad := strings.Repeat(" ", column-safe.Width(name))
	first := "  " + p.Paint(style, mark+name) + pad + " "
	blank := strings.Repeat(" ", column+5)
	for i, line := range strings.Split(safe.Text(text(&it)), "\n") {
		for j, wrapped := range safe.Wrap(line, p.room(blank+"│ ")) {
			bar := "│"
			if j > 0 {
				bar = "┆"
			}
			if i+j > 0 {
				first = blank
			}
			p.line(first, p.Paint(p.Dim, bar), strings.TrimRight(" "+wrapped, " "))
		}
	}
	var below []string
	if it.Reaction != "" {
		below = append(below, heart(it.Reaction))
	}
	if verbose && !it.At.IsZero() {
		below = append(below, p.Paint(p.Dim, wording.Moment(it.At)))
	}
	if len(below) > 0 {
		p.line(blank, p.Paint(p.Dim, "╰"), " ", strings.Join(below, "  "))
	}
}

// text is what a message shows in a chat.
func text(it *view.InboxItem) string {
	switch it.Kind {
	case "text", "link", "":
		return it.Text
	case "sticker":
		return "❤️"
	}
	return fmt.Sprintf("[%s] %s", it.Kind, it.URL)
}

func heart(reaction string) string {
	if reaction == "love" {
		return "❤️"
	}
	return safe.Line(reaction)
}
