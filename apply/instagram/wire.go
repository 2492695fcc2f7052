package instagram

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"herald/apply"
	"herald/config/content"
)

// The bodies of POST /<IG_ID>/messages, as Meta's page "Send messages" of the
// Instagram API with Instagram Login has them. A field that a kind does not
// have is left out, never null or empty.
type (
	wireBody struct {
		Recipient    wireID        `json:"recipient"`
		Message      *wireMessage  `json:"message,omitempty"`
		SenderAction string        `json:"sender_action,omitempty"`
		Payload      *wireReaction `json:"payload,omitempty"`
	}
	wireID struct {
		ID string `json:"id"`
	}
	// wireMessage has one of its fields.
	wireMessage struct {
		Text       string          `json:"text,omitempty"`
		Attachment *wireAttachment `json:"attachment,omitempty"`
	}
	wireAttachment struct {
		Type    string       `json:"type"`
		Payload *wirePayload `json:"payload,omitempty"`
	}
	// wirePayload has one of its fields.
	wirePayload struct {
		URL string `json:"url,omitempty"`
		ID  string `json:"id,omitempty"`
	}
	wireReaction struct {
		MessageID string `json:"message_id"`
		Reaction  string `json:"reaction,omitempty"`
	}
)

// encode returns the JSON body of a call. Its errors hold no text of the call.
func encode(call apply.Call) ([]byte, error) {
	if !content.Digits(call.Recipient) {
		return nil, errors.New("the recipient's id is not a string of digits")
	}
	body := wireBody{Recipient: wireID{call.Recipient}}
	switch call.Verb {
	case apply.SendMessage:
		message, err := messageOf(call.Content)
		if err != nil {
			return nil, err
		}
		body.Message = message
	case apply.AddReaction:
		if call.MessageID == "" || call.Reaction == "" || !utf8.ValidString(call.MessageID+call.Reaction) {
			return nil, errors.New("a reaction needs a message's id and a reaction")
		}
		body.SenderAction = "react"
		body.Payload = &wireReaction{call.MessageID, call.Reaction}
	case apply.RemoveReaction:
		if call.MessageID == "" || !utf8.ValidString(call.MessageID) {
			return nil, errors.New("taking back a reaction needs the message's id")
		}
		body.SenderAction = "unreact"
		body.Payload = &wireReaction{MessageID: call.MessageID}
	case apply.VerbInvalid:
		return nil, errors.New("the call has no verb")
	default:
		return nil, errors.New("the call has an unknown verb")
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return nil, errors.New("the call cannot be written as JSON")
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// messageOf checks no limits: those are config's, and Instagram's. It refuses
// what would arrive as something else.
func messageOf(c content.Content) (*wireMessage, error) {
	if c.Value == "" || !utf8.ValidString(c.Value) {
		return nil, errors.New("the content is empty or not UTF-8")
	}
	switch c.Kind {
	case content.Text, content.Link:
		return &wireMessage{Text: c.Value}, nil
	case content.Image, content.Audio, content.Video:
		return attachment(c.Kind.String(), &wirePayload{URL: c.Value}), nil
	case content.Sticker:
		if c.Value != content.Like {
			return nil, errors.New("the sticker is not one that Instagram has")
		}
		return attachment(c.Value, nil), nil
	case content.Post:
		return attachment("MEDIA_SHARE", &wirePayload{ID: c.Value}), nil
	case content.KindInvalid:
	}
	return nil, errors.New("the content is of no kind that can be sent")
}

func attachment(kind string, payload *wirePayload) *wireMessage {
	return &wireMessage{Attachment: &wireAttachment{Type: kind, Payload: payload}}
}
