package instagram

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herald/apply"
	"herald/config/content"
)

// values are put in the place of the samples' placeholders. They have what
// JSON writers like to change.
var values = map[string]string{
	"<IGSID>":                   igsid,
	"<TEXT_OR_LINK>":            "<b>Grüße & \"Küsse\"</b>\n\t👋🏽 \u2028 \u202e\\ https://example.com/?a=1&b=<2>",
	"<IMAGE_OR_GIF_URL>":        "https://cdn.example.com/a.gif?x=1&y=2",
	"<AUDIO_OR_VIDEO_FILE_URL>": "https://cdn.example.com/a.mp4?x=1&y=2",
	"<POST_ID>":                 "17918195224117851",
	"<MESSAGE_ID>":              mid,
}

// sample reads testdata/wire: a sample request of Meta's page, without its
// comments and trailing commas, with the values put in.
func sample(t *testing.T, name string) any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "wire", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return put(v)
}

func put(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			v[key] = put(v[key])
		}
	case string:
		if value, ok := values[v]; ok {
			return value
		}
	}
	return v
}

func TestRequestsAreTheSamples(t *testing.T) {
	message := func(k content.Kind, value string) apply.Call {
		return apply.Call{Verb: apply.SendMessage, Recipient: igsid, Content: content.Content{Kind: k, Value: value}}
	}
	for _, tc := range []struct {
		name, sample string
		call         apply.Call
	}{
		{"text", "text", message(content.Text, values["<TEXT_OR_LINK>"])},
		{"image", "image", message(content.Image, values["<IMAGE_OR_GIF_URL>"])},
		{"audio", "audio", message(content.Audio, values["<AUDIO_OR_VIDEO_FILE_URL>"])},
		{"video", "video", message(content.Video, values["<AUDIO_OR_VIDEO_FILE_URL>"])},
		{"sticker", "sticker", message(content.Sticker, content.Like)},
		{"post", "post", message(content.Post, values["<POST_ID>"])},
		{"react", "react", loveCall},
		{"unreact", "unreact", apply.Call{Verb: apply.RemoveReaction, Recipient: igsid, MessageID: mid, Reaction: content.Love}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rec := &recorder{next: answers(200, `{"recipient_id":"`+igsid+`","message_id":"`+mid+`"}`)}
			s := httptest.NewServer(rec)
			defer s.Close()
			c := client(t, Options{Version: "1.2.3"})
			wants(t, c.Do(background(t), accountAt(s.URL), tc.call), apply.Accepted, "")
			c.Close()
			seen := rec.all()
			if len(seen) != 1 {
				t.Fatalf("%d requests", len(seen))
			}
			got := seen[0]
			if got.method != "POST" || got.path != "/v24.0/"+igID+"/messages" || got.query != "" {
				t.Errorf("called %s %s?%s", got.method, got.path, got.query)
			}
			checkHeader(t, got.header, http.Header{
				"Authorization": {"Bearer " + secret}, "Content-Type": {"application/json"},
				"Accept": {"application/json"}, "User-Agent": {"herald/1.2.3"},
			})
			var body any
			if err := json.Unmarshal(got.body, &body); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(sample(t, tc.sample), body); diff != "" {
				t.Errorf("the body is not the sample (- sample, + sent):\n%s", diff)
			}
			if strings.Contains(string(got.body), `\u003c`) || strings.Contains(string(got.body), `\u0026`) {
				t.Errorf("the body is escaped for HTML: %s", got.body)
			}
		})
	}
}

// A link is a text on the wire.
func TestLinkIsText(t *testing.T) {
	body, err := encode(apply.Call{Verb: apply.SendMessage, Recipient: igsid, Content: content.Content{Kind: content.Link, Value: "https://example.com/?a=1&b=2"}})
	if want := `{"recipient":{"id":"5551230001"},"message":{"text":"https://example.com/?a=1&b=2"}}`; err != nil || string(body) != want {
		t.Errorf("body is %s, %v", body, err)
	}
}

func checkHeader(t *testing.T, got, want http.Header) {
	t.Helper()
	got = got.Clone()
	got.Del("Content-Length")
	got.Del("Accept-Encoding")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the headers differ (- want, + sent):\n%s", diff)
	}
}

// What cannot be put into a request is refused, and nothing is called.
func TestInvalidCalls(t *testing.T) {
	rec := &recorder{next: answers(500, "")}
	s := httptest.NewServer(rec)
	defer s.Close()
	c := client(t, Options{})
	text := content.Content{Kind: content.Text, Value: hello}
	for _, tc := range []struct {
		want string
		call apply.Call
	}{
		{"the call has no verb", apply.Call{Recipient: igsid, Content: text}},
		{"the call has an unknown verb", apply.Call{Verb: 99, Recipient: igsid, Content: text}},
		{"the recipient's id is not a string of digits", apply.Call{Verb: apply.SendMessage, Recipient: "ana", Content: text}},
		{"the recipient's id is not a string of digits", apply.Call{Verb: apply.SendMessage, Content: text}},
		{"the content is of no kind that can be sent", apply.Call{Verb: apply.SendMessage, Recipient: igsid, Content: content.Content{Value: hello}}},
		{"the content is empty or not UTF-8", apply.Call{Verb: apply.SendMessage, Recipient: igsid, Content: content.Content{Kind: content.Text}}},
		{"the content is empty or not UTF-8", apply.Call{Verb: apply.SendMessage, Recipient: igsid, Content: content.Content{Kind: content.Text, Value: hello + "\xff"}}},
		{"the sticker is not one that Instagram has", apply.Call{Verb: apply.SendMessage, Recipient: igsid, Content: content.Content{Kind: content.Sticker, Value: "x"}}},
		{"a reaction needs a message's id and a reaction", apply.Call{Verb: apply.AddReaction, Recipient: igsid, MessageID: mid}},
		{"taking back a reaction needs the message's id", apply.Call{Verb: apply.RemoveReaction, Recipient: igsid}},
	} {
		o := c.Do(background(t), accountAt(s.URL), tc.call)
		wants(t, o, apply.Final, ReasonInvalid)
		if want := "No call was made: " + tc.want + "."; o.Explain != want {
			t.Errorf("said %q, want %q", o.Explain, want)
		}
	}
	for _, tc := range []struct{ id, version, want string }{
		{"me", "v24.0", "No call was made: the account's ig_id is not a string of digits."},
		{"1/../me", "v24.0", "No call was made: the account's ig_id is not a string of digits."},
		{igID, "24", "No call was made: the account's api_version is not of the form v24.0."},
		{igID, "v24.0/x?", "No call was made: the account's api_version is not of the form v24.0."},
	} {
		a := accountAt(s.URL)
		a.IGID, a.APIVersion = tc.id, tc.version
		o := c.Do(background(t), a, helloCall)
		wants(t, o, apply.AccountRefused, ReasonInvalid)
		if o.Explain != tc.want {
			t.Errorf("said %q, want %q", o.Explain, tc.want)
		}
	}
	wants(t, c.Do(background(t), nil, helloCall), apply.AccountRefused, ReasonInvalid)
	wants(t, c.Identity(background(t), nil).Outcome, apply.AccountRefused, ReasonInvalid)
	if seen := rec.all(); len(seen) > 0 {
		t.Errorf("%d calls were made", len(seen))
	}
}
