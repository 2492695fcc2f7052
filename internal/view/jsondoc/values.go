package jsondoc

import (
	"encoding/json"

	"herald/config/addr"
	"herald/config/content"
	"herald/internal/view"
	"herald/plan"
)

// valuesJSON are the attributes of a message or reaction under the names of
// the language, and beside them ig_id, kind, bytes, and the message's id.
type valuesJSON struct {
	Account   string `json:"account,omitempty"` // name
	IGID      string `json:"ig_id"`
	Recipient string `json:"recipient"`
	Revision  int    `json:"revision"`

	ID    string `json:"id,omitempty"` // of a sent message
	Kind  string `json:"kind,omitempty"`
	Bytes *int   `json:"bytes,omitempty"`
	// One of these, or none where the content is not known; null where it is
	// sensitive.
	Text    json.RawMessage `json:"text,omitempty"`
	Link    json.RawMessage `json:"link,omitempty"`
	Image   json.RawMessage `json:"image,omitempty"`
	Audio   json.RawMessage `json:"audio,omitempty"`
	Video   json.RawMessage `json:"video,omitempty"`
	Sticker json.RawMessage `json:"sticker,omitempty"`
	Post    json.RawMessage `json:"post,omitempty"`

	Target    string `json:"target,omitempty"`     // of a reaction: the address of its message
	MessageID string `json:"message_id,omitempty"` // of a reaction: its message's id
	Reaction  string `json:"reaction,omitempty"`
}

// sensitiveJSON names what is not shown.
type sensitiveJSON struct {
	Text    bool `json:"text,omitempty"`
	Link    bool `json:"link,omitempty"`
	Image   bool `json:"image,omitempty"`
	Audio   bool `json:"audio,omitempty"`
	Video   bool `json:"video,omitempty"`
	Sticker bool `json:"sticker,omitempty"`
	Post    bool `json:"post,omitempty"`
}

// setContent puts a content under its name.
func (v *valuesJSON) setContent(k content.Content, sensitive bool) {
	size, value := len(k.Value), json.RawMessage("null")
	if !sensitive {
		value, _ = json.Marshal(k.Value) // a string has a form in JSON
	}
	switch k.Kind {
	case content.Text:
		v.Text = value
	case content.Link:
		v.Link = value
	case content.Image:
		v.Image = value
	case content.Audio:
		v.Audio = value
	case content.Video:
		v.Video = value
	case content.Sticker:
		v.Sticker = value
	case content.Post:
		v.Post = value
	case content.KindInvalid:
		return
	}
	v.Kind, v.Bytes = k.Kind.String(), &size
}

func (s *sensitiveJSON) set(k content.Kind) {
	switch k {
	case content.Text:
		s.Text = true
	case content.Link:
		s.Link = true
	case content.Image:
		s.Image = true
	case content.Audio:
		s.Audio = true
	case content.Video:
		s.Video = true
	case content.Sticker:
		s.Sticker = true
	case content.Post:
		s.Post = true
	case content.KindInvalid:
	}
}

// before is what is there now as far as it is recorded; nil where the action
// makes something new. The record holds no text, but the plan that was reviewed
// before may.
func before(d *view.PlanDoc, c *plan.Change) *valuesJSON {
	e := c.Base
	if e == nil || c.Action == plan.Send || c.Action == plan.React || c.Action == plan.Import {
		return nil
	}
	v := &valuesJSON{IGID: e.Account, Recipient: e.Recipient, Revision: max(1, e.Revision)}
	if c.Addr.Kind == addr.Reaction {
		v.MessageID, v.Reaction = e.Target, e.Reaction
	} else {
		v.ID = e.MessageID
	}
	if text, ok := d.SentText(e.Fingerprint); ok {
		kind := content.Text
		if c.Content.Kind == content.Link {
			kind = content.Link
		}
		v.setContent(content.Content{Kind: kind, Value: text}, c.Sensitive)
	}
	return v
}

// after is what the files say, nil if the address will hold nothing. ids are
// those of the messages that are sent.
func after(c *plan.Change, ids map[string]string) *valuesJSON {
	if c.Action == plan.Unreact || c.Action == plan.Forget || c.Action == plan.Repeat && c.React == "" {
		return nil
	}
	v := &valuesJSON{IGID: c.Account, Recipient: c.Recipient, Revision: max(1, c.Revision)}
	if c.Addr.Kind == addr.Reaction {
		v.Reaction, v.MessageID = c.React, c.Target.ID
		if c.Target.IsRef() {
			v.Target = c.Target.Ref.String()
			v.MessageID = ids[v.Target]
		}
		return v
	}
	v.setContent(c.Content, c.Sensitive)
	v.ID = ids[c.Addr.String()]
	return v
}
