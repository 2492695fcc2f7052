package sandbox

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Every sample of the platform's page is accepted, and people see it.
func TestSeedSamples(t *testing.T) {
	c := newClock()
	s := start(t, Options{Clock: c.read})
	bodies := []string{
		sample(t, "text", "<TEXT_OR_LINK>", "https://example.com/a?b=1"),
		sample(t, "image", "<IMAGE_OR_GIF_URL>", "https://cdn.example.com/parcel.gif"),
		sample(t, "audio", "<AUDIO_OR_VIDEO_FILE_URL>", "https://cdn.example.com/a.m4a"),
		strings.Replace(sample(t, "audio", "<AUDIO_OR_VIDEO_FILE_URL>", "https://cdn.example.com/v.mp4"), `"audio"`, `"video"`, 1),
		sample(t, "sticker"),
		sample(t, "post", "<POST_ID>", "18000000000000001"),
	}
	var want []Item
	for i, kind := range []Kind{KindText, KindImage, KindAudio, KindVideo, KindSticker, KindPost} {
		r := post(t, s, bodies[i])
		mid, _ := r.body["message_id"].(string)
		if r.status != 200 || len(mid) < 155 || len(r.body) != 2 || r.body["recipient_id"] != ana {
			t.Fatalf("%s: status %d, %s", kind, r.status, r.raw)
		}
		want = append(want, Item{ID: mid, Time: c.now, Kind: kind, FromBusiness: true})
		c.forward(time.Second)
	}
	want[0].Text = "https://example.com/a?b=1"
	want[1].URL = "https://cdn.example.com/parcel.gif"
	want[2].URL = "https://cdn.example.com/a.m4a"
	want[3].URL = "https://cdn.example.com/v.mp4"
	want[5].PostID = "18000000000000001"

	react := sample(t, "react", "<MESSAGE_ID>", want[1].ID)
	if r := post(t, s, react); r.status != 200 || r.raw != `{"recipient_id":"`+ana+`"}` {
		t.Fatalf("react: status %d, %s", r.status, r.raw)
	}
	want[1].Reactions = []Reaction{{Emoji: "❤️", FromBusiness: true, Time: c.now}}
	check := func() {
		t.Helper()
		got := s.Conversations()
		if len(got) != 1 || got[0].Account != shop || got[0].Recipient != ana {
			t.Fatalf("conversations: %+v", got)
		}
		if diff := cmp.Diff(want, got[0].Items); diff != "" {
			t.Error(diff)
		}
	}
	check()

	unreact := strings.Replace(react, `"react"`, `"unreact"`, 1)
	wantError(t, post(t, s, unreact), 400, 100, 0) // the reaction must go as well
	unreact = strings.Replace(unreact, `"reaction":"love"`, "", 1)
	unreact = trailingComma.ReplaceAllString(unreact, "$1")
	for range 2 { // the second unreacts nothing, which changes nothing
		if r := post(t, s, unreact); r.status != 200 || r.raw != `{"recipient_id":"`+ana+`"}` {
			t.Fatalf("unreact: status %d, %s", r.status, r.raw)
		}
	}
	want[1].Reactions = nil
	check()

	var kinds []Kind
	for i, a := range s.Accepted() {
		kinds = append(kinds, a.Kind)
		if i < len(bodies) && (string(a.Body) != bodies[i] || a.MID != want[i].ID) {
			t.Errorf("accepted %d: %s %s", i, a.MID, a.Body)
		}
	}
	wantKinds := []Kind{KindText, KindImage, KindAudio, KindVideo, KindSticker, KindPost, KindReact, KindUnreact, KindUnreact}
	if diff := cmp.Diff(wantKinds, kinds); diff != "" {
		t.Error(diff)
	}
}

// A client's mistake is refused, with the reason, and takes no effect.
func TestMistakesInBodies(t *testing.T) {
	s := start(t, Options{})
	to := `"recipient":{"id":"` + ana + `"}`
	tests := []struct {
		name, body string
		sub        int
		text       string
	}{
		{"nothing", ``, 0, "body is required"},
		{"no JSON", `{`, 0, "Invalid body"},
		{"form", `recipient=1`, 0, "Invalid body"},
		{"behind the end", textBody(ana, "a") + `{}`, 0, "Invalid body"},
		{"trailing comma", `{` + to + `,"message":{"text":"a",}}`, 0, "Invalid body"},
		{"unknown key", `{` + to + `,"message":{"text":"a"},"metadata":"x"}`, 0, `unknown object member name "metadata"`},
		{"other case", `{` + to + `,"message":{"Text":"a"}}`, 0, `unknown object member name "Text"`},
		{"key twice", `{` + to + `,"message":{"text":"a","text":"b"}}`, 0, `duplicate object member name "text"`},
		{"null", `{` + to + `,"message":{"text":"a"},"payload":null}`, 0, "null"},
		{"number as id", `{"recipient":{"id":77},"message":{"text":"a"}}`, 0, "Invalid body"},
		{"no recipient", `{"message":{"text":"a"}}`, 0, "recipient is required"},
		{"a name as recipient", `{"recipient":{"id":"ana"},"message":{"text":"a"}}`, 0, "digits"},
		{"neither", `{` + to + `}`, 0, "One of message and sender_action"},
		{"both", `{` + to + `,"message":{"text":"a"},"sender_action":"react"}`, 0, "exclude each other"},
		{"empty message", `{` + to + `,"message":{}}`, 0, "needs text or attachment"},
		{"empty text", `{` + to + `,"message":{"text":""}}`, 0, "must not be empty"},
		{"long text", textBody(ana, strings.Repeat("é", 501)), 0, "less than or equal to 1000"},
		{"text that is not UTF-8", `{` + to + `,"message":{"text":"` + "\xff" + `"}}`, 0, "UTF-8"},
		{"two kinds", `{` + to + `,"message":{"text":"a","attachment":{"type":"like_heart"}}}`, 0, "exclude each other"},
		{"payload beside message", `{` + to + `,"message":{"text":"a"},"payload":{}}`, 0, "payload belongs"},
		{"no type", `{` + to + `,"message":{"attachment":{"payload":{"url":"https://a.b/c"}}}}`, 0, "[type] is required"},
		{"unknown type", `{` + to + `,"message":{"attachment":{"type":"gif","payload":{"url":"https://a.b/c"}}}}`, 2534015, "unknown"},
		{"image without payload", `{` + to + `,"message":{"attachment":{"type":"image"}}}`, 0, "is required"},
		{"image without url", `{` + to + `,"message":{"attachment":{"type":"image","payload":{}}}}`, 0, "[url] is required"},
		{"relative url", `{` + to + `,"message":{"attachment":{"type":"image","payload":{"url":"/c.png"}}}}`, 2534015, "absolute"},
		{"file url", `{` + to + `,"message":{"attachment":{"type":"video","payload":{"url":"file:///c.mp4"}}}}`, 2534015, "absolute"},
		{"image with more", `{` + to + `,"message":{"attachment":{"type":"image","payload":{"url":"https://a.b/c","is_reusable":true}}}}`, 0, "is_reusable"},
		{"sticker with payload", `{` + to + `,"message":{"attachment":{"type":"like_heart","payload":{}}}}`, 0, "unknown for a like_heart"},
		{"post without id", `{` + to + `,"message":{"attachment":{"type":"MEDIA_SHARE","payload":{}}}}`, 2534015, "id of a post"},
		{"post with url", `{` + to + `,"message":{"attachment":{"type":"MEDIA_SHARE","payload":{"url":"https://a.b"}}}}`, 0, `"url"`},
		{"unknown action", `{` + to + `,"sender_action":"like"}`, 0, `"like" is unknown`},
		{"react without payload", `{` + to + `,"sender_action":"react"}`, 0, "payload is required"},
		{"react without reaction", `{` + to + `,"sender_action":"react","payload":{"message_id":"m"}}`, 0, "message_id and reaction"},
		{"typing with payload", `{` + to + `,"sender_action":"typing_on","payload":{}}`, 0, "payload is unknown"},
		{"an emoji before v25", `{` + to + `,"sender_action":"react","payload":{"message_id":"m","reaction":"😂"}}`, 0, "must be love"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := post(t, s, test.body)
			wantError(t, r, 400, 100, test.sub)
			if text, _ := at(t, r.body, "error", "message").(string); !strings.Contains(text, test.text) {
				t.Errorf("message %q has no %q", text, test.text)
			}
		})
	}
	if got := s.Accepted(); len(got) != 0 {
		t.Errorf("accepted: %+v", got)
	}
	if got := len(s.Calls()); got != len(tests) {
		t.Errorf("%d calls seen, %d made", got, len(tests))
	}
}

func TestTextIsKeptAsSent(t *testing.T) {
	s := start(t, Options{})
	texts := []string{
		"null \u0000 \x1b[31m \u202e\n" + `"}`,
		strings.Repeat("é", 500), // 1000 bytes
	}
	for i, text := range texts {
		sent(t, s, ana, text)
		if got := s.Conversations()[0].Items[i].Text; got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestContentTypeMustBeJSON(t *testing.T) {
	s := start(t, Options{})
	r := httptest.NewRequest(http.MethodPost, "/v24.0/me/messages", strings.NewReader(textBody(ana, "a")))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Idempotency-Key", "x")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != 400 || !strings.Contains(w.Body.String(), "Content-Type must be application/json") {
		t.Errorf("status %d, %s", w.Code, w.Body)
	}
	call := s.Calls()[0]
	if !call.IdempotencyKey || !call.Authorized || call.Path != "/v24.0/me/messages" || call.Method != "POST" {
		t.Errorf("%+v", call)
	}
}

func TestWhoMaySendToWhom(t *testing.T) {
	s := start(t, Options{Accounts: []Account{
		{IGID: shop, Token: token, People: []Person{{IGSID: ana}}, Posts: []Post{{ID: "1800"}}},
		{IGID: other, Token: "second"},
		{IGID: "17841400000000333"},
	}})
	send := func(token, path, body string) result {
		t.Helper()
		return askAs(t, s, token, "POST", path, body)
	}
	hello := textBody(ana, "hello")
	wantError(t, send("", "/v24.0/"+shop+"/messages", hello), 400, 190, 0)
	wantError(t, send("wrong", "/v24.0/"+shop+"/messages", hello), 400, 190, 0)
	wantError(t, send("second", "/v24.0/"+shop+"/messages", hello), 400, 100, 33)
	wantError(t, send(token, "/v24.0/9"+shop+"/messages", hello), 400, 100, 33) // app-scoped
	wantError(t, send(token, "/v24.0/17841400000000333/messages", hello), 400, 100, 33)
	wantError(t, send(token, "/v24.0/"+shop+"/messages", textBody(ben, "hello")), 400, 100, 2534014)
	wantError(t, send(token, "/v24.0/"+shop+"/messages", textBody(shop, "hello")), 400, 100, 2534014)
	wantError(t, send(token, "/v24.0/"+shop+"/messages", sample(t, "post", "<POST_ID>", "1801")), 400, 100, 2534015)
	wantError(t, send(token, "/v24.0/"+shop+"/photos", hello), 400, 100, 33)
	wantError(t, send(token, "/24/"+shop+"/messages", hello), 400, 2500, 0)
	wantError(t, send(token, "/", hello), 400, 2500, 0)
	if got := s.Accepted(); len(got) != 0 {
		t.Fatalf("accepted: %+v", got)
	}
	for _, ok := range []struct{ token, path, body string }{
		{token, "/v24.0/" + shop + "/messages", hello},
		{token, "/v24.0/me/messages", sample(t, "post", "<POST_ID>", "1800")},
		{"second", "/v24.0/me/messages", hello},
		{"anything", "/v24.0/17841400000000333/messages", hello},
		{"anything", "/v24.0/me/messages", hello}, // the one account without a token
	} {
		if r := send(ok.token, ok.path, ok.body); r.status != 200 {
			t.Errorf("%s with %s: %s", ok.path, ok.token, r.raw)
		}
	}
	var got []string
	for _, a := range s.Accepted() {
		got = append(got, a.Account)
	}
	want := []string{shop, shop, other, "17841400000000333", "17841400000000333"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWindow(t *testing.T) {
	c := newClock()
	s := start(t, Options{Clock: c.read, Window: 24 * time.Hour})
	hello := textBody(ana, "hello")
	wantError(t, post(t, s, hello), 403, 10, 2534022)
	mid, err := s.PersonWrites(shop, ana, "hi")
	if err != nil {
		t.Fatal(err)
	}
	c.forward(24 * time.Hour)
	sent(t, s, ana, "just in time")
	c.forward(time.Microsecond)
	wantError(t, post(t, s, hello), 403, 10, 2534022)
	// Reactions and typing have no window.
	for _, body := range []string{sample(t, "react", "<MESSAGE_ID>", mid), `{"recipient":{"id":"` + ana + `"},"sender_action":"typing_on"}`} {
		if r := post(t, s, body); r.status != 200 {
			t.Errorf("%s", r.raw)
		}
	}
	if _, err := s.BusinessTypes(shop, ana, "by hand"); err != nil {
		t.Fatal(err)
	}
	wantError(t, post(t, s, hello), 403, 10, 2534022) // only the person opens it
	if _, err := s.PersonWrites(shop, ana, "still there?"); err != nil {
		t.Fatal(err)
	}
	sent(t, s, ana, "yes")
}

func TestReactions(t *testing.T) {
	c := newClock()
	s := start(t, Options{Clock: c.read})
	mid := sent(t, s, ana, "one")
	elsewhere := sent(t, s, ben, "two")
	react := func(version, target, reaction string) result {
		t.Helper()
		body := `{"recipient":{"id":"` + ana + `"},"sender_action":"react","payload":{"message_id":"` + target + `","reaction":"` + reaction + `"}}`
		return ask(t, s, "POST", "/"+version+"/"+shop+"/messages", body)
	}
	wantError(t, react("v24.0", "nothing", "love"), 400, 100, 33)
	wantError(t, react("v24.0", elsewhere, "love"), 400, 100, 33)
	wantError(t, react("v25.0", mid, "haha"), 400, 100, 0)
	if err := s.PersonReacts(shop, ana, mid, "🔥"); err != nil {
		t.Fatal(err)
	}
	for _, emoji := range []string{"love", "👍🏽", "1️⃣"} { // each replaces the one before
		if r := react("v25.0", mid, emoji); r.status != 200 {
			t.Fatalf("%s: %s", emoji, r.raw)
		}
	}
	want := []Reaction{{Emoji: "🔥", Time: c.now}, {Emoji: "1️⃣", FromBusiness: true, Time: c.now}}
	if diff := cmp.Diff(want, s.Conversations()[0].Items[0].Reactions); diff != "" {
		t.Error(diff)
	}
	if err := s.PersonReacts(shop, ana, mid, ""); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[1:], s.Conversations()[0].Items[0].Reactions); diff != "" {
		t.Error(diff)
	}
	if err := s.PersonReacts(shop, ana, elsewhere, "🔥"); err == nil || !strings.Contains(err.Error(), "no message") {
		t.Errorf("reaction in another conversation: %v", err)
	}
}

func TestRateLimits(t *testing.T) {
	c := newClock()
	s := start(t, Options{Clock: c.read, RateLimit: RateLimit{Messages: 3, Media: 1, Reads: 0.5}})
	for range 3 {
		sent(t, s, ana, "a")
		c.forward(100 * time.Millisecond)
	}
	wantError(t, post(t, s, textBody(ana, "a")), 429, 613, 0)
	audio := sample(t, "audio", "<AUDIO_OR_VIDEO_FILE_URL>", "https://a.b/c.wav")
	if r := post(t, s, audio); r.status != 200 {
		t.Errorf("media has a limit of its own: %s", r.raw)
	}
	wantError(t, post(t, s, audio), 429, 613, 0)
	c.forward(700 * time.Millisecond) // a second after the first
	sent(t, s, ana, "a")
	wantError(t, post(t, s, textBody(ana, "a")), 429, 613, 0)
	if r := ask(t, s, "POST", "/v24.0/"+other+"/messages", textBody(ana, "a")); r.status != 200 {
		t.Errorf("another account has limits of its own: %s", r.raw)
	}
	list := "/v24.0/" + shop + "/conversations?user_id=" + ana
	if r := get(t, s, list); r.status != 200 {
		t.Error(r.raw)
	}
	c.forward(1900 * time.Millisecond)
	wantError(t, get(t, s, list), 429, 613, 0)
	c.forward(100 * time.Millisecond)
	if r := get(t, s, list); r.status != 200 {
		t.Error(r.raw)
	}
}

func TestLocalisedErrorsKeepTheirCodes(t *testing.T) {
	s := start(t, Options{LocalisedErrors: true})
	r := post(t, s, textBody(shop, "to itself"))
	wantError(t, r, 400, 100, 2534014)
	if got := at(t, r.body, "error", "message"); got != "Der angeforderte Nutzer wurde nicht gefunden." {
		t.Error(got)
	}
}

func TestHeaders(t *testing.T) {
	c := newClock()
	s := start(t, Options{Clock: c.read})
	h := post(t, s, textBody(ana, "a")).header
	want := map[string]string{
		"Content-Type": "application/json; charset=UTF-8", "Date": "Mon, 28 Jul 2025 22:44:49 GMT",
		"X-App-Usage": `{"call_volume":0,"cpu_time":0}`,
	}
	for key, value := range want {
		if h.Get(key) != value {
			t.Errorf("%s: %q", key, h.Get(key))
		}
	}
	if h.Get("X-Fb-Trace-Id") == "" || h.Get("X-Fb-Request-Id") == "" {
		t.Error("no trace ids")
	}
	if s := start(t, Options{NoDate: true}); post(t, s, textBody(ana, "a")).header.Get("Date") != "" {
		t.Error("a Date in spite of NoDate")
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	for _, test := range []struct {
		opts Options
		want string
	}{
		{Options{Accounts: []Account{{IGID: "shop"}}}, `account id "shop": it must be digits`},
		{Options{Accounts: []Account{{IGID: shop}, {IGID: shop}}}, "account " + shop + " is there twice"},
		{Options{Accounts: []Account{{IGID: shop, Token: "x"}, {IGID: other, Token: "x"}}}, "have the same token"},
		{Options{MeIGID: "me"}, `account id "me": it must be digits`},
		{Options{RateLimit: RateLimit{Reads: -1}}, "rate limit -1"},
		{Options{Dir: "doc.go/x"}, "make the inbox's folder"},
	} {
		if _, err := New(test.opts); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %q", err, test.want)
		}
	}
}
