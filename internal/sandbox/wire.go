package sandbox

import (
	"bytes"
	"errors"
	"io"
	"net/url"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Kind says what a message or an accepted call is.
type Kind string

// The kinds of a message, and then those of the other calls.
const (
	KindText    Kind = "text" // links too: they are the same on the wire
	KindImage   Kind = "image"
	KindAudio   Kind = "audio"
	KindVideo   Kind = "video"
	KindSticker Kind = "sticker"
	KindPost    Kind = "post"

	KindReact     Kind = "react"
	KindUnreact   Kind = "unreact"
	KindTypingOn  Kind = "typing_on"
	KindTypingOff Kind = "typing_off"
	KindMarkSeen  Kind = "mark_seen"
)

// isMessage says whether a call of this kind leaves a message behind.
func (k Kind) isMessage() bool {
	switch k {
	case KindText, KindImage, KindAudio, KindVideo, KindSticker, KindPost:
		return true
	case KindReact, KindUnreact, KindTypingOn, KindTypingOff, KindMarkSeen:
		return false
	}
	return false
}

// maxText is the documented limit on a text, in bytes of UTF-8.
const maxText = 1000

// The body of POST /<IG_ID>/messages, from the platform's sample requests.
// Payloads stay raw: their shape depends on what stands beside them, and
// their mere presence can be the mistake.
type wireBody struct {
	Recipient    *wireRecipient `json:"recipient"`
	Message      *wireMessage   `json:"message"`
	SenderAction *string        `json:"sender_action"`
	Payload      jsontext.Value `json:"payload"`
}

type wireRecipient struct {
	ID string `json:"id"`
}

type wireMessage struct {
	Text       *string         `json:"text"`
	Attachment *wireAttachment `json:"attachment"`
}

type wireAttachment struct {
	Type    string         `json:"type"`
	Payload jsontext.Value `json:"payload"`
}

type wireURL struct {
	URL *string `json:"url"`
}

type wirePost struct {
	ID *string `json:"id"`
}

type wireReact struct {
	MessageID *string `json:"message_id"`
	Reaction  *string `json:"reaction"`
}

type wireUnreact struct {
	MessageID *string `json:"message_id"`
}

// action is a parsed body: what is asked for, and of whom.
type action struct {
	kind      Kind
	recipient string
	text      string // KindText
	url       string // KindImage, KindAudio, KindVideo
	post      string // KindPost
	target    string // KindReact, KindUnreact: the message id
	reaction  string // KindReact: the emoji that people see
}

// parseAction reads a body strictly. version is the API's major version.
// The action carries the recipient as soon as it is known, also beside an
// error, so that faults can be aimed at a person.
func parseAction(body []byte, version int) (action, *refusal) {
	var in wireBody
	if e := strict("body", body, &in); e != nil {
		return action{}, e
	}
	if bytes.Contains(body, []byte("null")) && hasNull(body) {
		return action{}, errParam("null is not a value for any parameter of this call")
	}
	if in.Recipient == nil || in.Recipient.ID == "" {
		return action{}, errParam("The parameter recipient is required.")
	}
	act := action{recipient: in.Recipient.ID}
	if !isNumericID(act.recipient) {
		return act, errParam("recipient[id] must be an Instagram-scoped id: digits, as a string")
	}
	switch {
	case in.Message != nil && in.SenderAction != nil:
		return act, errParam("message and sender_action exclude each other")
	case in.Message != nil:
		if in.Payload != nil {
			return act, errParam("payload belongs beside sender_action, or inside message[attachment]")
		}
		return act, act.setMessage(in.Message)
	case in.SenderAction != nil:
		return act, act.setSenderAction(*in.SenderAction, in.Payload, version)
	}
	return act, errParam("One of message and sender_action is required.")
}

func (act *action) setMessage(in *wireMessage) *refusal {
	switch {
	case in.Text != nil && in.Attachment != nil:
		return errParam("message[text] and message[attachment] exclude each other")
	case in.Text != nil:
		act.kind, act.text = KindText, *in.Text
		if act.text == "" {
			return errParam("message[text] must not be empty")
		}
		if len(act.text) > maxText {
			return errParam("Length of param message[text] must be less than or equal to %d", maxText)
		}
		return nil
	case in.Attachment != nil:
		return act.setAttachment(in.Attachment)
	}
	return errParam("message needs text or attachment")
}

func (act *action) setAttachment(in *wireAttachment) *refusal {
	switch in.Type {
	case "image", "audio", "video":
		act.kind = Kind(in.Type)
		var payload wireURL
		if e := strict("message[attachment][payload]", in.Payload, &payload); e != nil {
			return e
		}
		if payload.URL == nil {
			return errParam("message[attachment][payload][url] is required")
		}
		act.url = *payload.URL
		u, err := url.Parse(act.url)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return errContent("the attachment's url is not an absolute http or https url")
		}
		return nil
	case "like_heart":
		act.kind = KindSticker
		if in.Payload != nil {
			return errParam("message[attachment][payload] is unknown for a like_heart")
		}
		return nil
	case "MEDIA_SHARE":
		act.kind = KindPost
		var payload wirePost
		if e := strict("message[attachment][payload]", in.Payload, &payload); e != nil {
			return e
		}
		if payload.ID == nil || !isNumericID(*payload.ID) {
			return errContent("message[attachment][payload][id] must be the id of a post")
		}
		act.post = *payload.ID
		return nil
	case "":
		return errParam("message[attachment][type] is required")
	}
	return errContent("message[attachment][type] %q is unknown", in.Type)
}

func (act *action) setSenderAction(name string, payload jsontext.Value, version int) *refusal {
	switch name {
	case string(KindReact):
		act.kind = KindReact
		var in wireReact
		if e := strict("payload", payload, &in); e != nil {
			return e
		}
		if in.MessageID == nil || *in.MessageID == "" || in.Reaction == nil {
			return errParam("payload needs message_id and reaction")
		}
		act.target = *in.MessageID
		return act.setReaction(*in.Reaction, version)
	case string(KindUnreact):
		act.kind = KindUnreact
		var in wireUnreact
		if e := strict("payload", payload, &in); e != nil {
			return e
		}
		if in.MessageID == nil || *in.MessageID == "" {
			return errParam("payload[message_id] is required")
		}
		act.target = *in.MessageID
		return nil
	case string(KindTypingOn), string(KindTypingOff), string(KindMarkSeen):
		act.kind = Kind(name)
		if payload != nil {
			return errParam("payload is unknown for sender_action %s", name)
		}
		return nil
	}
	return errParam("sender_action %q is unknown", name)
}

// heart is what people see for "love".
const heart = "❤️"

// firstEmojiVersion is the first API version whose react takes any emoji.
const firstEmojiVersion = 25

func (act *action) setReaction(reaction string, version int) *refusal {
	if reaction == "love" {
		act.reaction = heart
		return nil
	}
	if version < firstEmojiVersion {
		return errParam("payload[reaction] must be love")
	}
	if len(reaction) > 64 || !looksLikeEmoji(reaction) {
		return errParam("payload[reaction] must be love or an emoji")
	}
	act.reaction = reaction
	return nil
}

// looksLikeEmoji is no table of emoji: it only tells a pictograph from a
// word, which is the mistake a client can make. Key caps (1️⃣) begin with an
// ASCII character, so that one alone decides nothing.
func looksLikeEmoji(s string) bool {
	picture := false
	for _, r := range s {
		switch {
		case r >= 0x203c: // the first code point that is an emoji of its own
			picture = true
		case r == 0xa9 || r == 0xae:
			picture = true
		case r == 0x200d || r >= '0' && r <= '9' || r == '#' || r == '*':
		default:
			return false
		}
	}
	return picture
}

// strict decodes one JSON object: no unknown or repeated key, exact case,
// valid UTF-8, nothing behind it.
func strict(what string, raw []byte, into any) *refusal {
	if len(raw) == 0 {
		return errParam("The parameter %s is required.", what)
	}
	if !utf8.Valid(raw) {
		return errParam("Invalid UTF-8 in %s", what)
	}
	if err := json.Unmarshal(raw, into, json.RejectUnknownMembers(true)); err != nil {
		return errParam("Invalid %s: %v", what, err)
	}
	return nil
}

// hasNull looks for the literal null: decoding takes it for an absent key,
// which the platform's samples never do.
func hasNull(body []byte) bool {
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	for {
		token, err := dec.ReadToken()
		if errors.Is(err, io.EOF) || err != nil {
			return false
		}
		if token.Kind() == 'n' {
			return true
		}
	}
}
