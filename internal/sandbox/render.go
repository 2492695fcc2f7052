package sandbox

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/url"
	"strconv"
)

// renderThread writes a conversation. The caller holds the world's lock.
func (v *view) renderThread(t *thread, fields []field) (map[string]any, *refusal) {
	out := map[string]any{"id": t.id}
	for _, f := range fields {
		switch f.name {
		case "id":
		case "updated_time":
			if at := t.updated(v.horizon); at != 0 {
				out["updated_time"] = wireTime(at)
			}
		case "participants":
			out["participants"] = map[string]any{"data": []any{v.business(), v.person(t.pair.person)}}
		case "messages":
			page, e := v.renderMessages(t, f)
			if e != nil {
				return nil, e
			}
			out["messages"] = page
		default:
			return nil, errField(f.name)
		}
	}
	return out, nil
}

// renderMessages writes a page of a conversation's messages, newest first.
func (v *view) renderMessages(t *thread, f field) (map[string]any, *refusal) {
	items := t.visible(v.horizon)
	n := len(items)
	if f.limit == 0 {
		f.limit = defaultPage
	}
	cursor := func(i int) string { return fmt.Sprintf("%020d", items[n-1-i].micros) }
	from, e := behind(n, f.after, cursor)
	if e != nil {
		return nil, e
	}
	fields := orFields(f.sub, "id", "created_time")
	next := func(after string) string {
		query := url.Values{}
		query.Set("fields", formatFields(fields))
		query.Set("limit", strconv.Itoa(f.limit))
		query.Set("after", after)
		return v.link(t.id+"/messages", query)
	}
	render := func(i int) (map[string]any, *refusal) {
		return v.renderItem(items[n-1-i], fields, i < detailed)
	}
	return list(from, n, f.limit, cursor, render, next)
}

// renderItem writes a message. Fields without data are left out, save the
// text, which is then empty.
func (v *view) renderItem(it *item, fields []field, details bool) (map[string]any, *refusal) {
	out := map[string]any{"id": it.id}
	for _, f := range fields {
		value, ok := v.itemField(it, f.name)
		if !ok {
			return nil, errField(f.name)
		}
		if f.name == "created_time" && !details && v.s.opts.BareOldItems {
			continue
		}
		if value != nil && (details || f.name == "created_time") {
			out[f.name] = value
		}
	}
	return out, nil
}

// itemField is the value of one field, nil where the message has none; ok
// says that there is such a field.
func (v *view) itemField(it *item, name string) (value any, ok bool) {
	from, to := v.business(), v.person(it.thread.pair.person)
	if !it.fromBusiness {
		from, to = to, from
	}
	switch name {
	case "id":
		return it.id, true
	case "created_time":
		return wireTime(it.micros), true
	case "from":
		return from, true
	case "to":
		return map[string]any{"data": []any{to}}, true
	case "message":
		return it.text, true
	case "attachments":
		return attachments(it), true
	case "shares":
		if it.kind != KindPost {
			return nil, true
		}
		return dataOf(map[string]any{"link": "https://www.instagram.com/p/" + it.post + "/"}), true
	case "reactions":
		return v.reactions(it), true
	case "is_unsupported", "sticker", "story", "tags", "thread_id":
		return nil, true
	}
	return nil, false
}

func dataOf(elements ...any) any { return map[string]any{"data": elements} }

// attachments shows media the way it comes back: by its kind, under an
// address of the platform's own, never the one that was sent.
func attachments(it *item) any {
	if it.url == "" && it.kind != KindSticker {
		return nil
	}
	sum := sha256.Sum256([]byte(it.id))
	asset := "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=" +
		strconv.FormatUint(binary.BigEndian.Uint64(sum[:8])>>11, 10) + "&signature=" + hex.EncodeToString(sum[8:20])
	picture := map[string]any{"url": asset, "preview_url": asset, "width": 720, "height": 720, "max_width": 0, "max_height": 0}
	if it.kind == KindVideo {
		return dataOf(map[string]any{"video_data": picture})
	}
	if it.kind == KindAudio {
		return dataOf(map[string]any{"file_url": asset, "name": "audioclip.mp4", "mime_type": "audio/mp4"})
	}
	if it.kind == KindSticker {
		picture["render_as_sticker"] = true
	}
	return dataOf(map[string]any{"image_data": picture})
}

func (v *view) reactions(it *item) any {
	var data []any
	for _, r := range it.reactions {
		if r.micros > v.horizon {
			continue
		}
		user := v.business()
		if !r.fromBusiness {
			user = v.person(it.thread.pair.person)
		}
		data = append(data, map[string]any{"reaction": r.emoji, "users": []any{user}})
	}
	if data == nil {
		return nil
	}
	return dataOf(data...)
}

func (v *view) business() any {
	return map[string]any{"username": v.acct.Username, "id": v.acct.IGID}
}

func (v *view) person(id string) any {
	return map[string]any{"username": v.acct.person(id).Username, "id": id}
}

// account writes the reading account itself.
func (v *view) account(shape MeShape) (any, *refusal) {
	out := map[string]any{}
	for _, f := range orFields(v.fields, "id") {
		switch f.name {
		case "id":
			out["id"] = v.acct.ScopedID
		case "user_id":
			out["user_id"] = v.acct.IGID
			if v.me != "" {
				out["user_id"] = v.me
			}
		case "username", "name":
			out[f.name] = v.acct.Username
		case "account_type":
			out["account_type"] = "BUSINESS"
		case "media_count":
			out["media_count"] = len(v.acct.Posts)
		case "profile_picture_url", "followers_count", "follows_count", "biography", "website":
		default:
			return nil, errField(f.name)
		}
	}
	switch shape {
	case MeDataObject:
		return map[string]any{"data": out}, nil
	case MeDataList:
		return map[string]any{"data": []any{out}}, nil
	case MeFlat:
	}
	return out, nil
}

// profile writes a person, who must have written first.
func (v *view) profile(id string) (any, *refusal) {
	w := v.s.world
	w.mu.RLock()
	t := w.threads[pair{v.acct.IGID, id}]
	consented := t != nil && t.personLast != 0
	w.mu.RUnlock()
	if !consented {
		return nil, errConsent()
	}
	who := v.acct.person(id)
	out := map[string]any{"id": id}
	for _, f := range orFields(v.fields, "name", "username") {
		switch f.name {
		case "id":
		case "name":
			if who.Name != "" {
				out["name"] = who.Name
			}
		case "username":
			out["username"] = who.Username
		case "follower_count":
			out["follower_count"] = 0
		case "is_user_follow_business", "is_business_follow_user", "is_verified_user":
			out[f.name] = false
		case "profile_pic":
		default:
			return nil, errField(f.name)
		}
	}
	return out, nil
}

// media lists the account's own posts as they were given, which is newest
// first on the platform.
func (v *view) media() (any, *refusal) {
	posts := v.acct.Posts
	cursor := func(i int) string { return fmt.Sprintf("%020d", len(posts)-i) }
	return v.page(len(posts), cursor, func(i int) (map[string]any, *refusal) {
		p := posts[i]
		out := map[string]any{"id": p.ID}
		for _, f := range orFields(v.fields, "id") {
			switch f.name {
			case "id":
			case "caption":
				if p.Caption != "" {
					out["caption"] = p.Caption
				}
			case "media_type":
				out["media_type"] = orDefault(p.MediaType, "IMAGE")
			case "permalink":
				out["permalink"] = orDefault(p.Permalink, "https://www.instagram.com/p/"+p.ID+"/")
			case "timestamp":
				out["timestamp"] = wireTime(p.Time.UnixMicro())
			case "media_url", "thumbnail_url", "username":
			default:
				return nil, errField(f.name)
			}
		}
		return out, nil
	})
}

func orDefault(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
