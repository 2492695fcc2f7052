package instagram

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"herald/apply"
	"herald/config/content"
)

// maxCursor bounds the cursor of a page.
const maxCursor = 4096

// What the Conversations API answers. A member of another type than it has
// here makes the conversation unreadable; what may have any shape is a value.
type (
	wireConversation struct {
		Participants wireParties   `json:"participants"`
		Messages     *wireMessages `json:"messages"`
	}
	wireParties struct {
		Data []wireParty `json:"data"`
	}
	wireParty struct {
		ID value `json:"id"`
	}
	wireMessages struct {
		Data   []wireReceived `json:"data"` // nil if there is none
		Paging wirePaging     `json:"paging"`
	}
	wirePaging struct {
		Cursors struct {
			After value `json:"after"`
		} `json:"cursors"`
		Next value `json:"next"`
	}
	wireReceived struct {
		ID          value       `json:"id"`
		CreatedTime value       `json:"created_time"`
		From        wireParty   `json:"from"`
		To          wireParties `json:"to"`
		Message     value       `json:"message"`
		Attachments value       `json:"attachments"`
		Shares      value       `json:"shares"`
		Reactions   value       `json:"reactions"`
	}
)

// ids returns the parties' ids, those that have one.
func (p wireParties) ids() []string {
	var ids []string
	for _, party := range p.Data {
		if id := text(party.ID); id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// readConversation says what came of the read of the conversation between the
// account us and the person them.
func readConversation(r reply, us, them string) apply.Listing {
	nothing := apply.Listing{Recipient: them}
	list, paging, failed := readList(r)
	if failed != nil {
		nothing.Outcome = *failed
		return nothing
	}
	if len(list) == 0 {
		nothing.Outcome = apply.Outcome{Class: apply.Accepted}
		return nothing
	}
	conversations := make([]wireConversation, len(list))
	for i := range list {
		if !parse(list[i], &conversations[i]) {
			nothing.Outcome = aRead.doubt(ReasonListing)
			return nothing
		}
	}
	i := theirs(conversations, them, given(paging.Next))
	if i < 0 {
		nothing.Outcome = aRead.doubt(ReasonConversation)
		return nothing
	}
	return conversations[i].listing(us, them)
}

// theirs returns the index of the conversation with the person, or -1: it
// names the person among its two participants, and no other one does or may.
// One that names nobody is taken if there is surely no other.
func theirs(list []wireConversation, them string, more bool) int {
	found := -1
	for i, c := range list {
		ids := c.Participants.ids()
		switch {
		case len(ids) == 0 && (len(list) > 1 || more):
			return -1
		case len(ids) > 0 && (len(ids) > 2 || !slices.Contains(ids, them)):
		case found >= 0:
			return -1
		default:
			found = i
		}
	}
	return found
}

// readPage says what came of the read of a page of conversations, asked for
// with the cursor after.
func readPage(r reply, us, after string) apply.Page {
	list, paging, failed := readList(r)
	if failed != nil {
		return apply.Page{Outcome: *failed}
	}
	p := apply.Page{Outcome: apply.Outcome{Class: apply.Accepted}, Next: paging.cursor()}
	if p.Next == after { // it would lead round and round
		p.Next = ""
	}
	for _, data := range list {
		var c wireConversation
		if !parse(data, &c) {
			p.Listings = append(p.Listings, apply.Listing{Outcome: aRead.doubt(ReasonListing), Known: true})
			continue
		}
		if them, ok := c.person(us); ok {
			p.Listings = append(p.Listings, c.listing(us, them))
		} else {
			p.Listings = append(p.Listings, apply.Listing{Outcome: aRead.doubt(ReasonConversation), Known: true})
		}
	}
	return p
}

// person returns the one participant who is not us.
func (c wireConversation) person(us string) (string, bool) {
	ids := c.Participants.ids()
	if len(ids) == 0 || len(ids) > 2 {
		return "", false
	}
	others := slices.DeleteFunc(ids, func(id string) bool { return id == us })
	if len(others) != 1 || !content.Digits(others[0]) {
		return "", false
	}
	return others[0], true
}

// readList returns the conversations of an answer, which may be none, or the
// outcome of an answer that has no list.
func readList(r reply) (list []value, paging wirePaging, failed *apply.Outcome) {
	body, failed := readAnswer(r, aRead)
	if failed != nil {
		o := refusedRead(*failed)
		return nil, paging, &o
	}
	if body.Data.Kind() != '[' || json.Unmarshal(body.Data, &list, jsontext.AllowInvalidUTF8(true)) != nil ||
		given(body.Paging) && !parse(body.Paging, &paging) {
		o := aRead.doubt(ReasonListing)
		return nil, paging, &o
	}
	return list, paging, nil
}

// cursor returns the cursor of the next page, "" if there is none that can be
// used. It stands beside the next page's address, or in it.
func (p wirePaging) cursor() string {
	if !given(p.Next) {
		return ""
	}
	after := text(p.Cursors.After)
	if after == "" {
		if next, err := url.Parse(text(p.Next)); err == nil {
			after = next.Query().Get("after")
		}
	}
	if !isPrintable(after, maxCursor) {
		return ""
	}
	return after
}

// listing returns the conversation's messages as far as they have details.
func (c wireConversation) listing(us, them string) apply.Listing {
	l := apply.Listing{Known: true, Recipient: them, Outcome: apply.Outcome{Class: apply.Accepted}}
	unreadable := apply.Listing{Known: true, Recipient: them, Outcome: aRead.doubt(ReasonListing)}
	if c.Messages == nil || c.Messages.Data == nil {
		return unreadable
	}
	l.Complete = !given(c.Messages.Paging.Next)
	seen := map[string]bool{}
	for _, m := range c.Messages.Data {
		id := text(m.ID)
		if seen[id] || !isPrintable(id, maxMessageID) {
			return unreadable
		}
		seen[id] = true
		if !given(m.CreatedTime) || !given(m.From.ID) && len(m.To.Data) == 0 {
			l.Complete = false
			break
		}
		at, ok := moment(m.CreatedTime)
		if n := len(l.Messages); !ok || n > 0 && at.After(l.Messages[n-1].At) {
			return unreadable
		}
		l.Messages = append(l.Messages, m.received(id, at, us, them))
	}
	return l
}

// moment reads a time, 2025-07-28T22:44:49+0000 or as RFC 3339 has it.
func moment(v value) (time.Time, bool) {
	s := ""
	if v.Kind() == '"' {
		s = text(v)
	}
	at, err := time.Parse("2006-01-02T15:04:05-0700", s)
	if err != nil {
		at, err = time.Parse(time.RFC3339, s)
	}
	return at.UTC().Truncate(time.Second), err == nil && !at.IsZero()
}

// received says what a message is. What cannot be told is told as what hinders
// most: a message of ours that may be any.
func (m wireReceived) received(id string, at time.Time, us, them string) apply.Received {
	r := apply.Received{ID: id, At: at, Reacted: reacted(m.Reactions, us)}
	fromUs, told := m.sender(us, them)
	if !told {
		r.FromUs, r.Unclear = true, true
		return r
	}
	kind, body, sure := m.holds()
	r.FromUs, r.Kind, r.Text, r.Unclear = fromUs, kind, body, fromUs && !sure
	return r
}

// sender tells the two sides apart by their ids. The account is also known by
// its writing to the person, for there is an id of it that is app-scoped.
func (m wireReceived) sender(us, them string) (fromUs, told bool) {
	from, to := text(m.From.ID), m.To.ids()
	toUs, toThem := slices.Contains(to, us), slices.Contains(to, them)
	switch {
	case us == them:
		return false, false
	case from == them && !toThem:
		return false, true
	case from == us && !toUs, from != them && toThem && !toUs:
		return true, true
	}
	return false, false
}

// holds says what kind of message it is, and is sure if nothing speaks for
// another; a text is returned also where something does.
func (m wireReceived) holds() (kind content.Kind, body string, sure bool) {
	const none = content.KindInvalid
	body, legible := message(m.Message)
	media, sureOfMedia := attached(m.Attachments)
	post, sureOfPost := shared(m.Shares)
	sure = sureOfMedia && sureOfPost
	switch {
	case !legible:
	case body != "":
		return content.Text, body, sure && media == none && post == none
	case sure && media != none && post == none:
		return media, "", true
	case sure && media == none && post != none:
		return post, "", true
	}
	return none, "", false
}

// message returns a message's text, "" if it has none. One that is no string,
// or holds what is no UTF-8, is not legible.
func message(v value) (body string, legible bool) {
	if !given(v) {
		return "", true
	}
	if v.Kind() != '"' {
		return "", false
	}
	data, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return "", false
	}
	return string(data), true
}

// only returns the one element of {"data":[…]}. There is none if v is not
// given or empty; ok is false for more, and for anything else.
func only(v value) (element value, ok bool) {
	if !given(v) {
		return nil, true
	}
	var list struct {
		Data []value `json:"data"`
	}
	if !parse(v, &list) || list.Data == nil || len(list.Data) > 1 {
		return nil, false
	}
	if len(list.Data) == 0 {
		return nil, true
	}
	return list.Data[0], true
}

// attached says what is attached, KindInvalid if nothing is; it is not sure if
// that cannot be told. A sticker is shown as an image that says so.
func attached(v value) (kind content.Kind, sure bool) {
	element, ok := only(v)
	if element == nil {
		return content.KindInvalid, ok
	}
	var a struct {
		Image    value `json:"image_data"`
		Video    value `json:"video_data"`
		FileURL  value `json:"file_url"`
		MimeType value `json:"mime_type"`
	}
	if !parse(element, &a) {
		return content.KindInvalid, false
	}
	mime := text(a.MimeType)
	is := func(kind string) bool { return strings.HasPrefix(mime, kind+"/") }
	unless := func(wrong bool, k content.Kind) (content.Kind, bool) {
		if wrong {
			return content.KindInvalid, false
		}
		return k, true
	}
	switch image, video, file := given(a.Image), given(a.Video), given(a.FileURL); {
	case image && !video && !file:
		var picture struct {
			Sticker value `json:"render_as_sticker"`
		}
		broken := !parse(a.Image, &picture)
		if yes(picture.Sticker) {
			return unless(broken, content.Sticker)
		}
		return unless(broken || mime != "" && !is("image"), content.Image)
	case video && !image && !file:
		return unless(a.Video.Kind() != '{' || mime != "" && !is("video"), content.Video)
	case file && !image && !video:
		return unless(text(a.FileURL) == "" || !is("audio"), content.Audio)
	}
	return content.KindInvalid, false
}

// shared says whether a post is shared, as attached does.
func shared(v value) (kind content.Kind, sure bool) {
	element, ok := only(v)
	if element == nil {
		return content.KindInvalid, ok
	}
	var share struct {
		Link value `json:"link"`
	}
	if !parse(element, &share) || text(share.Link) == "" {
		return content.KindInvalid, false
	}
	return content.Post, true
}
