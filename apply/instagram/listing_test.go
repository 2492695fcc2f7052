package instagram

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"herald/apply"
	"herald/config/content"
)

var at2244 = time.Date(2025, 7, 28, 22, 44, 49, 0, time.UTC)

const (
	fromUs   = `"from":{"username":"shop","id":"` + igID + `"},"to":{"data":[{"username":"ana","id":"` + igsid + `"}]}`
	fromThem = `"from":{"username":"ana","id":"` + igsid + `"},"to":{"data":[{"username":"shop","id":"` + igID + `"}]}`
	both     = `"participants":{"data":[{"username":"shop","id":"` + igID + `"},{"username":"ana","id":"` + igsid + `"}]},`
)

// one is a message sent at 22:44:49; rest goes behind its time.
func one(id, rest string) string {
	return `{"id":"` + id + `","created_time":"2025-07-28T22:44:49+0000",` + rest + `}`
}

// conversation is an answer with one conversation of these messages.
func conversation(paging string, messages ...string) string {
	return `{"data":[{` + both + `"messages":{"data":[` + strings.Join(messages, ",") + `]` + paging + `},"id":"aWdfZAG06"}]}`
}

func answered(body string) reply {
	return reply{status: 200, wrote: true, whole: true, body: []byte(body)}
}

// What each message is, and what of it is not sure.
func TestReceived(t *testing.T) {
	const asset = `"url":"https://lookaside.fbsbx.com/?asset_id=1"`
	ours := func(k content.Kind, text string) apply.Received {
		return apply.Received{FromUs: true, Kind: k, Text: text}
	}
	unclear := apply.Received{FromUs: true, Unclear: true}
	unclearText := apply.Received{FromUs: true, Unclear: true, Kind: content.Text, Text: "hi"}
	theirs := func(k content.Kind, text string) apply.Received { return apply.Received{Kind: k, Text: text} }
	attached := func(data string) string {
		return fromUs + `,"message":"","attachments":{"data":[` + data + `]}`
	}
	for _, tc := range []struct {
		name, rest string
		want       apply.Received
	}{
		// As captured.
		{"text", fromUs + `,"message":"hi"`, ours(content.Text, "hi")},
		{"their text", fromThem + `,"message":"hi"`, theirs(content.Text, "hi")},
		{"image", attached(`{"image_data":{` + asset + `,"width":720,"height":720}}`), ours(content.Image, "")},
		{"image that is no sticker", attached(`{"image_data":{` + asset + `,"render_as_sticker":false}}`), ours(content.Image, "")},
		{"sticker", attached(`{"image_data":{` + asset + `,"render_as_sticker":true}}`), ours(content.Sticker, "")},
		{"video", attached(`{"video_data":{` + asset + `}}`), ours(content.Video, "")},
		{"sound", attached(`{"file_url":"https://lookaside.fbsbx.com/1","name":"audioclip.mp4","mime_type":"audio/mp4"}`), ours(content.Audio, "")},
		{"post", fromUs + `,"message":"","shares":{"data":[{"link":"https://www.instagram.com/p/x/"}]}`, ours(content.Post, "")},
		{"reacted to", fromUs + `,"message":"hi","reactions":{"data":[{"reaction":"❤️","users":[{"username":"ana","id":"1"}]}]}`, ours(content.Text, "hi")},

		// Text is as it was read.
		{"escapes", fromUs + `,"message":" \u003ca\u003e\n\ud83d\udc4b\ud83c\udffd \u0000"`, ours(content.Text, " <a>\n👋🏽 \x00")},
		{"digits", fromUs + `,"message":"17"`, ours(content.Text, "17")},
		{"null beside it", fromUs + `,"message":"hi","attachments":null,"shares":null`, ours(content.Text, "hi")},
		{"nothing beside it", fromUs + `,"message":"hi","attachments":{"data":[]},"shares":{"data":[]}`, ours(content.Text, "hi")},
		{"no message field", fromUs + `,"attachments":{"data":[{"video_data":{}}]}`, ours(content.Video, "")},

		// A text that may be more is still that text.
		{"text with a share", fromUs + `,"message":"hi","shares":{"data":[{"link":"https://example.com"}]}`, unclearText},
		{"text with an image", fromUs + `,"message":"hi","attachments":{"data":[{"image_data":{}}]}`, unclearText},
		{"text with something", fromUs + `,"message":"hi","attachments":[]`, unclearText},

		// What cannot be told is anything.
		{"nothing", fromUs + `,"message":""`, unclear},
		{"no field at all", fromUs, unclear},
		{"text is no string", fromUs + `,"message":17`, unclear},
		{"text is an object", fromUs + `,"message":{"text":"hi"}`, unclear},
		{"text is no UTF-8", fromUs + `,"message":"` + "h\xff" + `"`, unclear},
		{"half an emoji", fromUs + `,"message":"h\ud83d"`, unclear},
		{"illegible text with an image", fromUs + `,"message":1,"attachments":{"data":[{"image_data":{}}]}`, unclear},
		{"image and share", fromUs + `,"message":"","attachments":{"data":[{"image_data":{}}]},"shares":{"data":[{"link":"x"}]}`, unclear},
		{"two images", attached(`{"image_data":{}},{"image_data":{}}`), unclear},
		{"image and video", attached(`{"image_data":{},"video_data":{}}`), unclear},
		{"image and file", attached(`{"image_data":{},"file_url":"x"}`), unclear},
		{"image is a string", attached(`{"image_data":"https://example.com"}`), unclear},
		{"image is a sound", attached(`{"image_data":{},"mime_type":"audio/mp4"}`), unclear},
		{"video is a list", attached(`{"video_data":[]}`), unclear},
		{"video is a sound", attached(`{"video_data":{},"mime_type":"audio/mp4"}`), unclear},
		{"file of no type", attached(`{"file_url":"https://example.com"}`), unclear},
		{"pdf", attached(`{"file_url":"https://example.com","mime_type":"application/pdf"}`), unclear},
		{"sound without address", attached(`{"mime_type":"audio/mp4"}`), unclear},
		{"unknown attachment", attached(`{"like_heart":{}}`), unclear},
		{"attachment is null", attached(`null`), unclear},
		{"attachments without data", fromUs + `,"message":"","attachments":{}`, unclear},
		{"share without link", fromUs + `,"message":"","shares":{"data":[{}]}`, unclear},
		{"two shares", fromUs + `,"message":"","shares":{"data":[{"link":"a"},{"link":"b"}]}`, unclear},
		{"shares are a string", fromUs + `,"message":"","shares":"x"`, unclear},
		{"theirs hinders nothing", fromThem + `,"message":""`, theirs(content.KindInvalid, "")},
		{"their text with a share", fromThem + `,"message":"hi","shares":{"data":[{"link":"a"}]}`, theirs(content.Text, "hi")},

		// Whose it is.
		{"ids are numbers", `"from":{"id":` + igID + `},"to":{"data":[{"id":` + igsid + `}]},"message":"hi"`, ours(content.Text, "hi")},
		{"no to", `"from":{"id":"` + igID + `"},"message":"hi"`, ours(content.Text, "hi")},
		{"their no to", `"from":{"id":"` + igsid + `"},"message":"hi"`, theirs(content.Text, "hi")},
		{"app-scoped sender", `"from":{"id":"25"},"to":{"data":[{"id":"` + igsid + `"}]},"message":"hi"`, ours(content.Text, "hi")},
		{"no sender", `"to":{"data":[{"id":"` + igsid + `"}]},"message":"hi"`, ours(content.Text, "hi")},
		{"to an app-scoped id", `"from":{"id":"` + igsid + `"},"to":{"data":[{"id":"25"}]},"message":"hi"`, theirs(content.Text, "hi")},
		{"both app-scoped", `"from":{"id":"25"},"to":{"data":[{"id":"26"}]},"message":"hi"`, unclear},
		{"unknown sender", `"from":{"id":"25"},"message":"hi"`, unclear},
		{"sender without id", `"from":{"username":"ana"},"to":{"data":[{"username":"shop"}]},"message":"hi"`, unclear},
		{"a stranger writes to us", `"from":{"id":"25"},"to":{"data":[{"id":"` + igID + `"}]},"message":"hi"`, unclear},
		{"from us to us", `"from":{"id":"` + igID + `"},"to":{"data":[{"id":"` + igID + `"}]},"message":"hi"`, unclear},
		{"from them to them", `"from":{"id":"` + igsid + `"},"to":{"data":[{"id":"` + igsid + `"}]},"message":"hi"`, unclear},
		{"rounded id", `"from":{"id":1.7841405822304914e16},"to":{"data":[]},"message":"hi"`, unclear},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := readConversation(answered(conversation("", one("m_1", tc.rest))), igID, igsid)
			tc.want.ID, tc.want.At = "m_1", at2244
			want := apply.Listing{
				Outcome: apply.Outcome{Class: apply.Accepted}, Known: true, Recipient: igsid,
				Messages: []apply.Received{tc.want}, Complete: true,
			}
			if diff := cmp.Diff(want, l); diff != "" {
				t.Errorf("(- want, + got):\n%s", diff)
			}
		})
	}
}

// Whole listings: what is known of the conversation, which messages, and
// whether they reach back to its beginning.
func TestListings(t *testing.T) {
	text := fromUs + `,"message":"hi"`
	m1, m2 := one("m_1", text), one("m_2", text)
	later := strings.Replace(one("m_3", text), ":49+", ":50+", 1)
	const next = `,"paging":{"cursors":{"after":"QVFI"},"next":"https://graph.instagram.com/v24.0/x?after=QVFI"}`
	for _, tc := range []struct {
		name, body string
		want       string
	}{
		{"one", conversation("", m1), "known complete m_1"},
		{"newest first", conversation("", later, m1), "known complete m_3 m_1"},
		{"same second", conversation("", m2, m1), "known complete m_2 m_1"},
		{"more behind", conversation(next, m1), "known m_1"},
		{"last page", conversation(`,"paging":{"cursors":{"before":"a","after":"b"}}`, m1), "known complete m_1"},
		{"null next", conversation(`,"paging":{"next":null}`, m1), "known complete m_1"},
		{"null paging", conversation(`,"paging":null`, m1), "known complete m_1"},
		{"empty next", conversation(`,"paging":{"next":""}`, m1), "known m_1"},
		{"no message yet", conversation(""), "known complete"},
		{"none, and more behind", conversation(next), "known"},
		{"not there", `{"data":[]}`, ""},
		{"not there, with paging", `{"data":[],"paging":{"cursors":{}}}`, ""},

		// Only those with details.
		{"id alone", conversation("", m2, `{"id":"m_1"}`), "known m_2"},
		{"id and time", conversation("", m2, `{"id":"m_1","created_time":"2025-07-28T22:44:49+0000"}`), "known m_2"},
		{"null time", conversation("", `{"id":"m_1","created_time":null,`+text+`}`), "known"},
		{"nobody", conversation("", m2, one("m_1", `"from":null,"to":null,"message":"hi"`)), "known m_2"},
		{"details behind one without", conversation("", m2, `{"id":"m_0"}`, m1), "known m_2"},

		// Times.
		{"zone", conversation("", strings.Replace(m1, "22:44:49+0000", "23:44:49+0100", 1)), "known complete m_1"},
		{"RFC 3339", conversation("", strings.Replace(m1, "+0000", "Z", 1)), "known complete m_1"},
		{"RFC 3339 with zone", conversation("", strings.Replace(m1, "+0000", "+00:00", 1)), "known complete m_1"},
		{"fraction", conversation("", strings.Replace(m1, "+0000", ".999+0000", 1)), "known complete m_1"},
		{"no time", conversation("", strings.Replace(m1, "2025-07-28T22:44:49+0000", "now", 1)), "unreadable_listing"},
		{"number", conversation("", strings.Replace(m1, `"2025-07-28T22:44:49+0000"`, "1753742689", 1)), "unreadable_listing"},
		{"no zone", conversation("", strings.Replace(m1, "+0000", "", 1)), "unreadable_listing"},
		{"year 1", conversation("", strings.Replace(m1, "2025-07-28T22:44:49", "0001-01-01T00:00:00", 1)), "unreadable_listing"},
		{"oldest first", conversation("", m1, later), "unreadable_listing"},

		// What a message needs.
		{"no id", conversation("", `{"created_time":"2025-07-28T22:44:49+0000",`+text+`}`), "unreadable_listing"},
		{"empty id", conversation("", one("", text)), "unreadable_listing"},
		{"hostile id", conversation("", one(`a\u001b[2Jb`, text)), "unreadable_listing"},
		{"endless id", conversation("", one(strings.Repeat("a", maxMessageID+1), text)), "unreadable_listing"},
		{"id twice", conversation("", m1, m1), "unreadable_listing"},
		{"null", conversation("", m1, "null"), "unreadable_listing"},
		{"number for a message", conversation("", "1"), "unreadable_listing"},
		{"sender is a string", conversation("", one("m_1", `"from":"`+igID+`","message":"hi"`)), "unreadable_listing"},
		{"to is a list", conversation("", one("m_1", `"to":[{"id":"`+igsid+`"}],"message":"hi"`)), "unreadable_listing"},
		{"two texts", conversation("", one("m_1", fromUs+`,"message":"hi","message":"ho"`)), "unparsable"},
		{"paging is a string", conversation(`,"paging":"x"`, m1), "unreadable_listing"},

		// What an answer needs.
		{"no messages", `{"data":[{` + both + `"id":"c"}]}`, "unreadable_listing"},
		{"null messages", `{"data":[{` + both + `"messages":null}]}`, "unreadable_listing"},
		{"messages without data", `{"data":[{` + both + `"messages":{}}]}`, "unreadable_listing"},
		{"null data", `{"data":[{` + both + `"messages":{"data":null}}]}`, "unreadable_listing"},
		{"messages are a list", `{"data":[{` + both + `"messages":[]}]}`, "unreadable_listing"},
		{"conversation is a string", `{"data":["c"]}`, "unreadable_listing"},
		{"participants are a list", `{"data":[{"participants":[],"messages":{"data":[]}}]}`, "unreadable_listing"},
		{"data is an object", `{"data":{"messages":{"data":[]}}}`, "unreadable_listing"},
		{"data is null", `{"data":null}`, "unreadable_listing"},
		{"no data", `{}`, "unreadable_listing"},
		{"list", `[]`, "unparsable"},
		{"cut", conversation("", m1)[:100], "unparsable"},
		{"nothing at all", ``, "unparsable"},
		{"page", `<html>`, "unparsable"},
		{"data in other case", `{"Data":[]}`, "unreadable_listing"},
		{"data twice", `{"data":[],"data":[]}`, "unparsable"},
		{"nested deep", `{"data":` + strings.Repeat("[", 20000), "unparsable"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := readConversation(answered(tc.body), igID, igsid)
			if got := summary(t, l); got != tc.want {
				t.Errorf("read %q, want %q", got, tc.want)
			}
			for _, m := range l.Messages {
				if !m.At.Equal(at2244) && m.ID != "m_3" || m.At.Location() != time.UTC {
					t.Errorf("%s is of %v", m.ID, m.At)
				}
			}
		})
	}
}

// summary is a listing in words: the reason of one that is not accepted, else
// what is known and the ids.
func summary(t *testing.T, l apply.Listing) string {
	t.Helper()
	if l.Outcome.Class != apply.Accepted {
		wants(t, l.Outcome, apply.InDoubt, l.Outcome.Reason)
		if l.Complete || len(l.Messages) > 0 {
			t.Errorf("something follows from what was not read: %+v", l)
		}
		return l.Outcome.Reason
	}
	var words []string
	if l.Known {
		words = append(words, "known")
	}
	if l.Complete {
		words = append(words, "complete")
	}
	for _, m := range l.Messages {
		words = append(words, m.ID)
	}
	return strings.Join(words, " ")
}

// Which conversation is the person's.
func TestTheirConversation(t *testing.T) {
	with := func(id string, people ...string) string {
		var parties []string
		for _, p := range people {
			parties = append(parties, `{"username":"x","id":"`+p+`"}`)
		}
		return `{"participants":{"data":[` + strings.Join(parties, ",") + `]},"messages":{"data":[` + one(id, fromUs+`,"message":"hi"`) + `]}}`
	}
	nobody := `{"messages":{"data":[` + one("m_9", fromUs+`,"message":"hi"`) + `]}}`
	ana, bob := with("m_1", igID, igsid), with("m_2", igID, "5551230002")
	const next = `,"paging":{"cursors":{"after":"b"},"next":"https://graph.instagram.com/"}`
	for _, tc := range []struct {
		name, conversations, paging, want string
	}{
		{"theirs", ana, "", "known complete m_1"},
		{"theirs with more behind", ana, next, "known complete m_1"},
		{"in the other order", with("m_1", igsid, igID), "", "known complete m_1"},
		{"we are app-scoped", with("m_1", "25", igsid), "", "known complete m_1"},
		{"another's", bob, "", "other_conversation"},
		{"one of two", bob + "," + ana, "", "known complete m_1"},
		{"one of two with more behind", ana + "," + bob, next, "known complete m_1"},
		{"twice", ana + "," + ana, "", "other_conversation"},
		{"a group", with("m_1", igID, igsid, "5551230002"), "", "other_conversation"},
		{"says nobody", nobody, "", "known complete m_9"},
		{"participants without ids", `{"participants":{"data":[{"username":"ana"}]},` + nobody[1:], "", "known complete m_9"},
		{"says nobody, with more behind", nobody, next, "other_conversation"},
		{"says nobody, with theirs", nobody + "," + ana, "", "other_conversation"},
		{"theirs with one that says nobody", ana + "," + nobody, "", "other_conversation"},
		{"theirs with one that is broken", ana + `,{"messages":1}`, "", "unreadable_listing"},
	} {
		l := readConversation(answered(`{"data":[`+tc.conversations+`]`+tc.paging+`}`), igID, igsid)
		if got := summary(t, l); got != tc.want {
			t.Errorf("%s: read %q, want %q", tc.name, got, tc.want)
		}
	}
}

// Errors of a read: a limit and a fault of the account are told, and nothing
// follows from any other.
func TestReadErrors(t *testing.T) {
	for _, tc := range []struct {
		name, error string
		class       apply.Class
	}{
		{"one broken thread", `"code":1`, apply.InDoubt},
		{"too much data", `"code":1,"error_subcode":99`, apply.InDoubt},
		{"transient", `"code":2,"is_transient":true`, apply.InDoubt},
		{"transient token", `"code":190,"is_transient":true`, apply.InDoubt},
		{"limit", `"code":613`, apply.RateLimited},
		{"limit of a tag", `"code":613,"error_subcode":2018338`, apply.InDoubt},
		{"token", `"code":190,"error_subcode":463`, apply.AccountRefused},
		{"permission", `"code":10`, apply.AccountRefused},
		{"hold", `"code":10,"error_subcode":2534022`, apply.InDoubt},
		{"parameter", `"code":100`, apply.InDoubt},
		{"missing", `"code":100,"error_subcode":33`, apply.InDoubt},
		{"media", `"code":100,"error_subcode":2018008`, apply.InDoubt},
		{"deleted", `"code":9000001`, apply.InDoubt},
		{"unknown", `"code":98765`, apply.InDoubt},
		{"0", `"code":0`, apply.InDoubt},
	} {
		for _, status := range []int{200, 400, 500} {
			r := answered(`{"data":[],"error":{"message":"` + graphMsg + `",` + tc.error + `}}`)
			r.status = status
			l, p := readConversation(r, igID, igsid), readPage(r, igID, "")
			for _, o := range []apply.Outcome{l.Outcome, p.Outcome} {
				wants(t, o, tc.class, "")
				if tc.class == apply.InDoubt && (strings.Contains(o.Explain, "delivered") || o.Remedy != "Apply again.") {
					t.Errorf("%s: a read is spoken of as a message: %+v", tc.name, o)
				}
			}
			if l.Known || l.Complete || len(l.Messages)+len(p.Listings) > 0 {
				t.Errorf("%s: something follows from an error: %+v %+v", tc.name, l, p)
			}
		}
	}
	for _, status := range []int{301, 404, 429, 500, 502} {
		r := answered(`{"data":[]}`)
		r.status = status
		if l := readConversation(r, igID, igsid); l.Outcome.Class != apply.InDoubt || l.Outcome.Reason == "" {
			t.Errorf("status %d: %+v", status, l)
		}
	}
}

func TestPages(t *testing.T) {
	text := fromUs + `,"message":"hi"`
	ana := `{"updated_time":"2025-07-28T22:44:49+0000",` + both + `"messages":{"data":[` + one("m_1", text) + `]}}`
	bob := strings.ReplaceAll(strings.Replace(ana, "m_1", "m_2", 1), igsid, "5551230002")
	alone := `{"participants":{"data":[{"id":"` + igID + `"}]},"messages":{"data":[]}}`
	app := `{"participants":{"data":[{"id":"25"},{"id":"` + igsid + `"}]},"messages":{"data":[]}}`
	odd := `{"participants":{"data":[{"id":"` + igID + `"},{"id":"me"}]},"messages":{"data":[]}}`
	for _, tc := range []struct {
		name, body, next string
		want             []string // recipient and summary
	}{
		{"none", `{"data":[]}`, "", nil},
		{"two", `{"data":[` + ana + `,` + bob + `]}`, "", []string{igsid + " known complete m_1", "5551230002 known complete m_2"}},
		{
			"one is broken", `{"data":[{"id":"c"},` + bob + `,{"participants":{"data":"x"}},1]}`, "",
			[]string{" other_conversation", "5551230002 known complete m_2", " unreadable_listing", " unreadable_listing"},
		},
		{"no messages", `{"data":[{` + strings.TrimSuffix(both, ",") + `}]}`, "", []string{igsid + " unreadable_listing"}},
		{"whose", `{"data":[` + alone + `,` + app + `,` + odd + `]}`, "", []string{" other_conversation", " other_conversation", " other_conversation"}},
		{"cursor", `{"data":[],"paging":{"cursors":{"after":"QVFI=_-"},"next":"https://evil.example/?after=other&access_token=x"}}`, "QVFI=_-", nil},
		{"cursor in the address", `{"data":[],"paging":{"next":"https://evil.example/v24.0/me?limit=20&after=QVFI%3D&x=1"}}`, "QVFI=", nil},
		{"last", `{"data":[],"paging":{"cursors":{"after":"QVFI"}}}`, "", nil},
		{"null next", `{"data":[],"paging":{"cursors":{"after":"QVFI"},"next":null}}`, "", nil},
		{"round and round", `{"data":[],"paging":{"cursors":{"after":"here"},"next":"https://x/"}}`, "", nil},
		{"no cursor", `{"data":[],"paging":{"next":"https://x/"}}`, "", nil},
		{"no address", `{"data":[],"paging":{"next":"::%"}}`, "", nil},
		{"hostile cursor", `{"data":[],"paging":{"cursors":{"after":"a\u001b[2J"},"next":"https://x/"}}`, "", nil},
		{"endless cursor", `{"data":[],"paging":{"cursors":{"after":"` + strings.Repeat("a", maxCursor+1) + `"},"next":"https://x/"}}`, "", nil},
	} {
		p := readPage(answered(tc.body), igID, "here")
		wants(t, p.Outcome, apply.Accepted, "")
		var got []string
		for _, l := range p.Listings {
			if !l.Known {
				t.Errorf("%s: not known: %+v", tc.name, l)
			}
			got = append(got, l.Recipient+" "+summary(t, l))
		}
		if diff := cmp.Diff(tc.want, got); diff != "" || p.Next != tc.next {
			t.Errorf("%s: next is %q, want %q; (- want, + got):\n%s", tc.name, p.Next, tc.next, diff)
		}
	}
	for _, body := range []string{``, `{}`, `{"data":1}`, `{"data":[],"paging":[]}`, `{"data":[],"paging":{"cursors":"x"}}`} {
		p := readPage(answered(body), igID, "")
		if p.Outcome.Class != apply.InDoubt || p.Outcome.Reason == "" || p.Listings != nil || p.Next != "" {
			t.Errorf("%s: %+v", body, p)
		}
	}
}

// The longest texts there can be are read.
func TestLongestListing(t *testing.T) {
	var all []string
	for i := range details {
		picture := `{"image_data":{"url":"https://x/` + strings.Repeat("u", 1000) + `","preview_url":"https://x/` + strings.Repeat("u", 1000) + `"}}`
		pictures := strings.TrimSuffix(strings.Repeat(picture+",", 10), ",")
		all = append(all, one(fmt.Sprintf("m_%d", i), fromUs+`,"message":"`+strings.Repeat(`\ud83d\ude00`, 1000)+`","attachments":{"data":[`+pictures+`]}`))
	}
	body := conversation("", all...)
	if len(body) >= maxListing || len(body)*4 >= maxPage {
		t.Errorf("%d bytes are too much", len(body))
	}
	account := serve(t, answers(200, body))
	l := client(t, Options{}).Conversation(background(t), account, igsid)
	if n := len(l.Messages); n != details || l.Messages[0].Text != strings.Repeat("😀", 1000) {
		t.Errorf("%d messages, %+v", n, l.Outcome)
	}
}

// FuzzConversation holds the reader to its promises whatever comes: no panic,
// nothing follows from what is not accepted, and what is accepted is in order.
func FuzzConversation(f *testing.F) {
	f.Add(conversation("", one("m_1", fromUs+`,"message":"hi"`), one("m_2", fromThem+`,"message":"","attachments":{"data":[{"image_data":{"render_as_sticker":true}}]}`)))
	f.Add(conversation(`,"paging":{"cursors":{"after":"x"},"next":"https://x/?after=y"}`, one("m_1", fromUs+`,"message":"","shares":{"data":[{"link":"x"}]}`), `{"id":"m_0"}`))
	f.Add(`{"data":[]}`)
	f.Add(`{"error":{"code":190}}`)
	f.Fuzz(func(t *testing.T, body string) {
		p := readPage(answered(body), igID, "x")
		if p.Outcome.Class != apply.Accepted && (p.Listings != nil || p.Next != "") || p.Next == "x" {
			t.Fatalf("%+v", p)
		}
		for _, l := range append(p.Listings, readConversation(answered(body), igID, igsid)) {
			if l.Outcome.Class != apply.Accepted {
				if l.Complete || l.Messages != nil || l.Outcome.Explain == "" || l.Outcome.Remedy == "" {
					t.Fatalf("%+v", l)
				}
				continue
			}
			if !l.Known && (l.Complete || l.Messages != nil) || !content.Digits(l.Recipient) {
				t.Fatalf("%+v", l)
			}
			seen := map[string]bool{}
			for i, m := range l.Messages {
				wrong := !isPrintable(m.ID, maxMessageID) || seen[m.ID] || m.At.IsZero() || m.At.Nanosecond() != 0 ||
					i > 0 && m.At.After(l.Messages[i-1].At) ||
					m.Unclear && !m.FromUs || m.FromUs && !m.Unclear && m.Kind == content.KindInvalid ||
					(m.Kind == content.Text) != (m.Text != "")
				if wrong {
					t.Fatalf("message %d: %+v", i, m)
				}
				seen[m.ID] = true
			}
		}
	})
}
