package view

import (
	"fmt"
	"io"
	"strings"
	"time"

	"herald/internal/view/safe"
)

// Inbox is what each recipient now sees in a local Instagram.
type Inbox struct {
	Conversations []InboxConversation
}

// InboxConversation is the chat of an account with one person.
type InboxConversation struct {
	Account   string // name
	Recipient string // IGSID
	Person    string // what the person is called, "" if it is not known
	Items     []InboxItem
}

// InboxItem is one message of a chat.
type InboxItem struct {
	FromUs   bool
	Kind     string // text, image, audio, video, sticker, post
	Text     string // of a text or link
	URL      string // of media, or a post's id
	Reaction string // what we reacted with: "love"; "" if we did not
	At       time.Time
	New      bool // came by the run that is shown
}

// How much of an inbox is written unless all is asked for.
const (
	maxChats     = 10
	maxChatItems = 12
)

// InboxText writes an inbox as chats: who says what, and what is new. Of many
// chats it writes the first, of a long one the end, unless opts.Verbose.
func InboxText(w io.Writer, in Inbox, opts TextOptions) error {
	if len(in.Conversations) == 0 {
		return nil
	}
	p := newPage(opts)
	p.line(p.paint(p.bold, "What each person now sees"))
	p.line()
	for i := range in.Conversations {
		if i == maxChats && !opts.Verbose {
			p.line(p.paint(p.dim, "… and "+count(len(in.Conversations)-i, "more conversation", "more conversations")))
			p.line()
			break
		}
		p.chat(&in.Conversations[i], opts.Verbose)
	}
	return p.writeTo(w)
}

func (p *page) chat(c *InboxConversation, verbose bool) {
	who := safe.Line(c.Recipient)
	them := who
	if c.Person != "" {
		them = safe.Line(c.Person)
		who = them + p.paint(p.dim, " ("+safe.Line(c.Recipient)+")")
	}
	us := safe.Line(c.Account)
	p.line("  ", p.paint(p.bold, who), p.paint(p.dim, " with "+us))
	items := c.Items
	if skip := len(items) - maxChatItems; skip > 0 && !verbose {
		p.line("    ", p.paint(p.dim, "… "+count(skip, "earlier message", "earlier messages")))
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
func (p *page) bubble(it InboxItem, name string, column int, verbose bool) {
	mark, style := "  ", p.dim
	if it.New {
		mark, style = "+ ", p.green
	}
	pad := strings.Repeat(" ", column-safe.Width(name))
	first := "  " + p.paint(style, mark+name) + pad + " "
	blank := strings.Repeat(" ", column+5)
	for i, line := range strings.Split(safe.Text(it.text()), "\n") {
		for j, wrapped := range safe.Wrap(line, p.room(blank+"│ ")) {
			bar := "│"
			if j > 0 {
				bar = "┆"
			}
			if i+j > 0 {
				first = blank
			}
			p.line(first, p.paint(p.dim, bar), strings.TrimRight(" "+wrapped, " "))
		}
	}
	var below []string
	if it.Reaction != "" {
		below = append(below, heart(it.Reaction))
	}
	if verbose && !it.At.IsZero() {
		below = append(below, p.paint(p.dim, moment(it.At)))
	}
	if len(below) > 0 {
		p.line(blank, p.paint(p.dim, "╰"), " ", strings.Join(below, "  "))
	}
}

// text is what a message shows in a chat.
func (it *InboxItem) text() string {
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
