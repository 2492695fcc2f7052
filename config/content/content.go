package content

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
)

// Kind is what a message holds. The zero value is no kind.
type Kind uint8

const (
	// KindInvalid is the zero Kind.
	KindInvalid Kind = iota
	// Text is plain text, at most MaxTextBytes.
	Text
	// Link is an absolute http or https URL, sent as text.
	Link
	// Image is the URL of a picture or GIF, which Meta fetches.
	Image
	// Audio is the URL of a sound file, which Meta fetches.
	Audio
	// Video is the URL of a video file, which Meta fetches.
	Video
	// Sticker is the heart sticker; Like is its only value.
	Sticker
	// Post is the id of a published post that the account owns.
	Post
)

// Like is the only value of a Sticker.
const Like = "like_heart"

// Love is the only reaction that version 24.0 of the API knows.
const Love = "love"

// Kinds lists every kind, in the order in which they are documented.
func Kinds() []Kind { return []Kind{Text, Link, Image, Audio, Video, Sticker, Post} }

var kindNames = [...]string{"invalid", "text", "link", "image", "audio", "video", "sticker", "post"}

// String returns the attribute that declares the kind in HCL.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[KindInvalid]
}

// KindOf returns the kind that the attribute declares, or KindInvalid.
func KindOf(attribute string) Kind {
	for _, k := range Kinds() {
		if k.String() == attribute {
			return k
		}
	}
	return KindInvalid
}

// MarshalText writes the kind as String does.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (k *Kind) UnmarshalText(text []byte) error {
	*k = KindOf(string(text))
	if *k == KindInvalid {
		return fmt.Errorf("%q is no kind of content", text)
	}
	return nil
}

// Media reports whether Meta fetches the content from a URL before it answers.
func (k Kind) Media() bool { return k == Image || k == Audio || k == Video }

// Wire returns the kind as the recipient's side can tell it: a link arrives
// as a text.
func (k Kind) Wire() Kind {
	if k == Link {
		return Text
	}
	return k
}

// Content is what one message holds: a kind and its value, which is the text,
// the URL, the sticker's name or the post's id.
type Content struct {
	Kind  Kind   `json:"kind"`
	Value string `json:"value"`
}

// FingerprintVersion begins every fingerprint made by this version of Herald.
const FingerprintVersion = "v1"

// Fingerprint identifies one send: the account (IG id), the recipient (IGSID)
// and the content, whatever its address. It has the form v1:sha256:<64 hex
// digits>. Neither endpoint nor token is part of it, and a link has the
// fingerprint of the same text.
func Fingerprint(account, recipient string, c Content) string {
	return sum(account, recipient, c.Kind.Wire().String(), c.Value)
}

// ReactionFingerprint identifies one reaction: the account, the recipient, the
// message reacted to (its id, or the address of the message that Herald sends
// while the id is unknown) and the reaction.
func ReactionFingerprint(account, recipient, target, reaction string) string {
	return sum(account, recipient, "reaction", target, reaction)
}

// sum hashes the parts, each behind its length, so that no two lists of parts
// are written alike.
func sum(parts ...string) string {
	h := sha256.New()
	var buf [20]byte
	for _, p := range parts {
		h.Write(strconv.AppendInt(buf[:0], int64(len(p)), 10))
		h.Write([]byte{':'})
		h.Write([]byte(p))
	}
	return FingerprintVersion + ":sha256:" + hex.EncodeToString(h.Sum(nil))
}
