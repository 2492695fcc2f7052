package view

import (
	"time"
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
