package sandbox

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMe(t *testing.T) {
	accounts := []Account{{IGID: shop, ScopedID: "25", Username: "the.shop", Token: token}}
	flat := map[string]any{"user_id": shop, "id": "25", "username": "the.shop"}
	for shape, want := range map[MeShape]map[string]any{
		MeFlat:       flat,
		MeDataObject: {"data": flat},
		MeDataList:   {"data": []any{flat}},
	} {
		s := start(t, Options{Accounts: accounts, MeShape: shape})
		if diff := cmp.Diff(want, get(t, s, "/v24.0/me?fields=id,user_id,username").body); diff != "" {
			t.Error(diff)
		}
	}
	s := start(t, Options{Accounts: accounts})
	if got := get(t, s, "/v24.0/me").raw; got != `{"id":"25"}` {
		t.Error(got)
	}
	if got := get(t, s, "/v24.0/"+shop+"?fields=user_id").raw; got != `{"user_id":"`+shop+`"}` {
		t.Error(got)
	}
	wantError(t, get(t, s, "/v24.0/me?fields=user_id,age"), 400, 100, 0)
	wantError(t, get(t, s, "/v24.0/me?field=user_id"), 400, 100, 0)
	wantError(t, get(t, s, "/me?fields=user_id"), 400, 2500, 0)
	wantError(t, askAs(t, s, "wrong", "GET", "/v24.0/me", ""), 400, 190, 0)
	wantError(t, askAs(t, s, "", "GET", "/v24.0/me", ""), 400, 190, 0)
	wantError(t, ask(t, s, "DELETE", "/v24.0/me", ""), 400, 100, 33)
	if r := askAs(t, s, "", "GET", "/v24.0/me?access_token="+token, ""); r.status != 200 {
		t.Error(r.raw)
	}
	if calls := s.Calls(); strings.Contains(fmt.Sprintf("%+v", calls), token) {
		t.Errorf("a token is in the calls: %+v", calls)
	}
}

// Without accounts, /me is whoever the token is known to be.
func TestMeWhenEverythingIsAccepted(t *testing.T) {
	s := start(t, Options{})
	who := func(token string) any {
		t.Helper()
		return askAs(t, s, token, "GET", "/v24.0/me?fields=user_id", "").body["user_id"]
	}
	if got := who("abc"); got != defaultIGID {
		t.Error(got)
	}
	if got := who("sandbox-" + other); got != other {
		t.Error(got)
	}
	if r := askAs(t, s, "abc", "POST", "/v24.0/"+shop+"/messages", textBody(ana, "a")); r.status != 200 {
		t.Error(r.raw)
	}
	if got := who("abc"); got != shop {
		t.Error(got)
	}
}

func TestConversationByPerson(t *testing.T) {
	c := newClock()
	s := start(t, Options{Clock: c.read, Accounts: []Account{{IGID: shop, Username: "shop", People: []Person{{IGSID: ana, Username: "ana"}}}}})
	if _, err := s.PersonWrites(shop, ana, "hi"); err != nil {
		t.Fatal(err)
	}
	c.forward(time.Second)
	image := post(t, s, sample(t, "image", "<IMAGE_OR_GIF_URL>", "https://cdn.example.com/p.png")).body["message_id"].(string)
	c.forward(time.Second)
	post(t, s, sample(t, "react", "<MESSAGE_ID>", image))
	if _, err := s.BusinessTypes(shop, ana, "typed"); err != nil {
		t.Fatal(err)
	}
	plain := get(t, s, "/v24.0/me/conversations?user_id="+ana)
	conv, _ := at(t, plain.body, "data", 0, "id").(string)
	want := map[string]any{"id": conv, "updated_time": "2025-07-28T22:44:51+0000"}
	if diff := cmp.Diff(want, at(t, plain.body, "data", 0)); diff != "" || conv != s.Conversations()[0].ID {
		t.Error(diff)
	}

	fields := "messages.limit(20){id,created_time,from,to,message,attachments,shares,reactions}"
	paths := map[string][]any{
		"/v24.0/me/conversations?user_id=" + ana + "&fields=" + fields:                                     {"data", 0, "messages"},
		"/v24.0/" + shop + "/conversations?platform=instagram&user_id=" + ana + "&fields=" + fields:        {"data", 0, "messages"},
		"/v24.0/" + conv + "?fields=" + fields:                                                             {"messages"},
		"/v24.0/" + conv + "/messages?fields=id,created_time,from,to,message,attachments,shares,reactions": nil,
	}
	us := map[string]any{"username": "shop", "id": shop}
	them := map[string]any{"username": "ana", "id": ana}
	for path, within := range paths {
		r := get(t, s, path)
		page := at(t, r.body, within...)
		typed, pictured, wrote := at(t, page, "data", 0), at(t, page, "data", 1).(map[string]any), at(t, page, "data", 2)
		if diff := cmp.Diff(map[string]any{
			"id": s.Conversations()[0].Items[2].ID, "created_time": "2025-07-28T22:44:51+0000",
			"from": us, "to": map[string]any{"data": []any{them}}, "message": "typed",
		}, typed); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]any{
			"id": s.Conversations()[0].Items[0].ID, "created_time": "2025-07-28T22:44:49+0000",
			"from": them, "to": map[string]any{"data": []any{us}}, "message": "hi",
		}, wrote); diff != "" {
			t.Error(diff)
		}
		address, _ := at(t, pictured, "attachments", "data", 0, "image_data", "url").(string)
		if !strings.HasPrefix(address, "https://lookaside.fbsbx.com/") || pictured["message"] != "" {
			t.Errorf("%v", pictured)
		}
		wantReactions := map[string]any{"data": []any{map[string]any{"reaction": "❤️", "users": []any{us}}}}
		if diff := cmp.Diff(wantReactions, pictured["reactions"]); diff != "" {
			t.Error(diff)
		}
		if at(t, page, "paging", "cursors", "after") == nil || at(t, page, "paging", "next") != nil {
			t.Errorf("paging: %s", r.raw)
		}
	}
	one := get(t, s, "/v24.0/"+image+"?fields=id,from,message")
	if diff := cmp.Diff(map[string]any{"id": image, "from": us, "message": ""}, one.body); diff != "" {
		t.Error(diff)
	}
}

func TestKindsReadBack(t *testing.T) {
	s := start(t, Options{})
	tests := []struct {
		body string
		path []any
		want any
	}{
		{sample(t, "sticker"), []any{"attachments", "data", 0, "image_data", "render_as_sticker"}, true},
		{strings.Replace(sample(t, "audio", "<AUDIO_OR_VIDEO_FILE_URL>", "https://a.b/c"), `"audio"`, `"video"`, 1), []any{"attachments", "data", 0, "video_data", "width"}, 720.0},
		{sample(t, "audio", "<AUDIO_OR_VIDEO_FILE_URL>", "https://a.b/c"), []any{"attachments", "data", 0, "mime_type"}, "audio/mp4"},
		{sample(t, "post", "<POST_ID>", "1800"), []any{"shares", "data", 0, "link"}, "https://www.instagram.com/p/1800/"},
	}
	for _, test := range tests {
		mid, _ := post(t, s, test.body).body["message_id"].(string)
		r := get(t, s, "/v24.0/"+mid+"?fields=message,attachments,shares")
		if got := at(t, r.body, test.path...); got != test.want {
			t.Errorf("%v: %v in %s", test.path, got, r.raw)
		}
	}
}

// All ids are listed, page by page; details are there for the newest 20.
func TestPagingAndTheNewestTwenty(t *testing.T) {
	c := newClock()
	s := start(t, Options{Clock: c.read})
	var mids []string // newest first
	for i := range 45 {
		mids = append([]string{sent(t, s, ana, fmt.Sprint(i))}, mids...)
		c.forward(time.Second)
	}
	r := get(t, s, "/v24.0/me/conversations?user_id="+ana+"&fields=messages.limit(10){id,created_time,message}")
	page, _ := at(t, r.body, "data", 0, "messages").(map[string]any)
	var ids []string
	pages := 0
	for {
		pages++
		for _, m := range page["data"].([]any) {
			m := m.(map[string]any)
			_, detail := m["message"]
			if detail != (len(ids) < 20) || m["created_time"] == nil {
				t.Errorf("message %d: %v", len(ids), m)
			}
			ids = append(ids, m["id"].(string))
		}
		next, ok := at(t, page, "paging", "next").(string)
		if !ok {
			break
		}
		u, err := url.Parse(next)
		if err != nil {
			t.Fatal(err)
		}
		if pages == 2 { // a message that arrives meanwhile shifts nothing
			mids = append([]string{sent(t, s, ana, "new")}, mids...)
		}
		page = get(t, s, u.RequestURI()).body
	}
	if diff := cmp.Diff(mids[1:], ids); diff != "" || pages != 5 {
		t.Errorf("%d pages\n%s", pages, diff)
	}
	if r := get(t, s, "/v24.0/"+mids[19]+"?fields=message"); r.status != 200 {
		t.Error(r.raw)
	}
	wantError(t, get(t, s, "/v24.0/"+mids[20]+"?fields=message"), 400, 9000001, 0)

	bare := start(t, Options{BareOldItems: true})
	for range 21 {
		sent(t, bare, ana, "x")
	}
	r = get(t, bare, "/v24.0/me/conversations?user_id="+ana+"&fields=messages{created_time,message}")
	if old := at(t, r.body, "data", 0, "messages", "data", 20).(map[string]any); len(old) != 1 || old["id"] == nil {
		t.Errorf("%v", old)
	}
}

func TestConversationsArePaged(t *testing.T) {
	c := newClock()
	s := start(t, Options{Clock: c.read})
	var want []string // newest first
	for i := range 7 {
		person := fmt.Sprintf("7710000000000010%d", i)
		sent(t, s, person, "hello")
		want = append([]string{person}, want...)
		if i%2 == 1 { // some share their second
			c.forward(time.Second)
		}
	}
	ask := "/v24.0/me/conversations?limit=3&fields=participants,updated_time,messages.limit(1){id,message}"
	var got []string
	for path := ask; path != ""; {
		r := get(t, s, path)
		for _, conv := range r.body["data"].([]any) {
			got = append(got, at(t, conv, "participants", "data", 1, "id").(string))
			if text := at(t, conv, "messages", "data", 0, "message"); text != "hello" {
				t.Error(text)
			}
		}
		path = ""
		if next, ok := at(t, r.body, "paging", "next").(string); ok {
			u, err := url.Parse(next)
			if err != nil {
				t.Fatal(err)
			}
			path = u.RequestURI()
		}
	}
	if diff := cmp.Diff(want, got, cmp.Transformer("set", func(in []string) map[string]bool {
		out := map[string]bool{}
		for _, s := range in {
			out[s] = true
		}
		return out
	})); diff != "" || len(got) != 7 || got[0] != want[0] {
		t.Errorf("%v\n%s", got, diff)
	}
}

// Who counts as having written has a conversation; who has not, has none.
func TestConversationsThatAreEmpty(t *testing.T) {
	open := start(t, Options{})
	r := get(t, open, "/v24.0/me/conversations?user_id="+ana+"&fields=id,messages{id}")
	conv, _ := at(t, r.body, "data", 0, "id").(string)
	if diff := cmp.Diff(map[string]any{"id": conv, "messages": map[string]any{"data": []any{}}}, at(t, r.body, "data", 0)); diff != "" || conv == "" {
		t.Error(diff)
	}
	if r := get(t, open, "/v24.0/me/conversations"); r.raw != `{"data":[]}` {
		t.Error(r.raw)
	}
	if len(open.Conversations()) != 0 {
		t.Error(open.Conversations())
	}
	strict := start(t, Options{Window: 24 * time.Hour})
	if r := get(t, strict, "/v24.0/me/conversations?user_id="+ana); r.raw != `{"data":[]}` {
		t.Error(r.raw)
	}
	wantError(t, get(t, strict, "/v24.0/"+conv+"?fields=messages{id}"), 400, 100, 33)
	wantError(t, get(t, strict, "/v24.0/me/conversations?user_id=ana"), 400, 100, 0)
}

func TestReadLag(t *testing.T) {
	c := newClock()
	s := start(t, Options{Clock: c.read, ReadLag: 10 * time.Second})
	mid := sent(t, s, ana, "a")
	post(t, s, sample(t, "react", "<MESSAGE_ID>", mid))
	path := "/v24.0/me/conversations?user_id=" + ana + "&fields=messages{id,reactions}"
	wantError(t, get(t, s, "/v24.0/"+mid), 400, 100, 33)
	c.forward(9 * time.Second)
	if got := at(t, get(t, s, path).body, "data", 0, "messages", "data").([]any); len(got) != 0 {
		t.Errorf("%v", got)
	}
	c.forward(time.Second)
	if got := at(t, get(t, s, path).body, "data", 0, "messages", "data", 0, "reactions", "data", 0, "reaction"); got != "❤️" {
		t.Errorf("%v", got)
	}
}

func TestReadsOfAnotherAccount(t *testing.T) {
	s := start(t, Options{Accounts: []Account{{IGID: shop, Token: token}, {IGID: other, Token: "second"}}})
	mid := sent(t, s, ana, "private")
	conv := s.Conversations()[0].ID
	for _, path := range []string{mid, conv, conv + "/messages", shop + "/conversations", shop + "/media", shop, "nonsense"} {
		wantError(t, askAs(t, s, "second", "GET", "/v24.0/"+path, ""), 400, 100, 33)
		wantError(t, askAs(t, s, "none", "GET", "/v24.0/"+path, ""), 400, 190, 0)
	}
	wantError(t, get(t, s, "/v24.0/"+shop+"/insights"), 400, 2500, 0)
}

func TestMediaAndProfile(t *testing.T) {
	posts := []Post{
		{ID: "3", Caption: "new", MediaType: "VIDEO", Permalink: "https://www.instagram.com/reel/c/", Time: time.Unix(1753742689, 0)},
		{ID: "2"},
		{ID: "1"},
	}
	s := start(t, Options{Accounts: []Account{{IGID: shop, Posts: posts, People: []Person{{IGSID: ana, Username: "ana", Name: "Ana"}, {IGSID: ben}}}}})
	r := get(t, s, "/v24.0/"+shop+"/media?limit=2&fields=id,caption,media_type,permalink,timestamp")
	if diff := cmp.Diff(map[string]any{
		"id": "3", "caption": "new", "media_type": "VIDEO", "permalink": "https://www.instagram.com/reel/c/", "timestamp": "2025-07-28T22:44:49+0000",
	}, at(t, r.body, "data", 0)); diff != "" {
		t.Error(diff)
	}
	next, err := url.Parse(at(t, r.body, "paging", "next").(string))
	if err != nil {
		t.Fatal(err)
	}
	if got := at(t, get(t, s, next.RequestURI()).body, "data", 0, "id"); got != "1" {
		t.Error(got)
	}

	profile := "?fields=name,username,is_verified_user,follower_count"
	wantError(t, get(t, s, "/v24.0/"+ana+profile), 403, 230, 0)
	if _, err := s.PersonWrites(shop, ana, "hi"); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"id": ana, "name": "Ana", "username": "ana", "is_verified_user": false, "follower_count": 0.0}
	if diff := cmp.Diff(want, get(t, s, "/v24.0/"+ana+profile).body); diff != "" {
		t.Error(diff)
	}
	wantError(t, get(t, s, "/v24.0/4711"), 400, 100, 33)
}

func TestFieldsSyntax(t *testing.T) {
	s := start(t, Options{})
	for fields, want := range map[string]string{
		"messages{id":                  `near ""`,
		"messages{}":                   `near "}"`,
		"id,":                          `near ""`,
		"id}":                          `near "}"`,
		"messages.limit(x){id}":        "limit must be a whole number from 1",
		"messages.limit(0)":            "limit must be a whole number from 1",
		"messages.limit(5":             `near "5"`,
		"messages.since(5)":            `"since" is unknown`,
		"messages.after(%21)":          "Invalid cursors values",
		"messages{text}":               "nonexisting field (text)",
		"snippet":                      "nonexisting field (snippet)",
		strings.Repeat("a{", 50) + "b": "nested too deeply",
	} {
		sent(t, s, ana, "a")
		r := get(t, s, "/v24.0/me/conversations?user_id="+ana+"&fields="+fields)
		if text, _ := at(t, r.body, "error", "message").(string); !strings.Contains(text, want) {
			t.Errorf("%s: %q", fields, text)
		}
	}
}

func FuzzFields(f *testing.F) {
	f.Add("id,messages.limit(20){id,from{id}}")
	f.Fuzz(func(t *testing.T, text string) {
		fields, e := parseFields(text)
		if e != nil {
			return
		}
		again, e := parseFields(formatFields(fields))
		if e != nil || formatFields(again) != formatFields(fields) {
			t.Errorf("%q becomes %q", text, formatFields(fields))
		}
	})
}

func FuzzAction(f *testing.F) {
	f.Add([]byte(textBody(ana, "x")))
	f.Add([]byte(`{"recipient":{"id":"1"},"sender_action":"react","payload":{"message_id":"m","reaction":"love"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		act, e := parseAction(body, 24)
		if e == nil && (act.kind == "" || !isNumericID(act.recipient)) {
			t.Errorf("%q is accepted as %+v", body, act)
		}
	})
}
