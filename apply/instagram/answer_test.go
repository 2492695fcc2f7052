package instagram

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"herald/apply"
)

func TestAnswers(t *testing.T) {
	const ok = `{"recipient_id":"5551230001","message_id":"` + mid + `"}`
	graph := func(rest string) string { return `{"error":{"message":"` + graphMsg + `",` + rest + `}}` }
	for _, tc := range []struct {
		name   string
		status int
		body   string
		about  subject
		class  apply.Class
		reason string
	}{
		{"success", 200, ok, aMessage, apply.Accepted, ""},
		{"created", 201, ok, aMessage, apply.Accepted, ""},
		{"more keys", 200, "\n" + `{"recipient_id":"5551230001","message_id":"m_1","x":[1,{"y":null}]}` + "\n", aMessage, apply.Accepted, ""},
		{"numeric recipient", 200, `{"recipient_id":5551230001,"message_id":"m_1"}`, aMessage, apply.Accepted, ""},
		{"no recipient", 200, `{"message_id":"m_1"}`, aMessage, apply.Accepted, ""},
		{"null error", 200, `{"error":null,"message_id":"m_1"}`, aMessage, apply.Accepted, ""},
		{"other recipient", 200, `{"recipient_id":"5551230002","message_id":"m_1"}`, aMessage, apply.InDoubt, ReasonOtherRecipient},
		{"rounded recipient", 200, `{"recipient_id":5.551230001e9,"message_id":"m_1"}`, aMessage, apply.InDoubt, ReasonOtherRecipient},
		{"no message id", 200, `{"recipient_id":"5551230001"}`, aMessage, apply.InDoubt, ReasonNoMessageID},
		{"empty message id", 200, `{"message_id":""}`, aMessage, apply.InDoubt, ReasonNoMessageID},
		{"null message id", 200, `{"message_id":null}`, aMessage, apply.InDoubt, ReasonNoMessageID},
		{"message id is an object", 200, `{"message_id":{}}`, aMessage, apply.InDoubt, ReasonNoMessageID},
		{"hostile message id", 200, `{"message_id":"a\u001b[2Jb"}`, aMessage, apply.InDoubt, ReasonNoMessageID},
		{"endless message id", 200, `{"message_id":"` + strings.Repeat("a", maxMessageID+1) + `"}`, aMessage, apply.InDoubt, ReasonNoMessageID},
		{"message id in other case", 200, `{"Message_ID":"m_1"}`, aMessage, apply.InDoubt, ReasonNoMessageID},
		{"empty object", 200, `{}`, aMessage, apply.InDoubt, ReasonNoMessageID},
		{"empty body", 200, ``, aMessage, apply.InDoubt, ReasonUnparsable},
		{"no content", 204, ``, aMessage, apply.InDoubt, ReasonUnparsable},
		{"list", 200, `[` + ok + `]`, aMessage, apply.InDoubt, ReasonUnparsable},
		{"null", 200, `null`, aMessage, apply.InDoubt, ReasonUnparsable},
		{"cut", 200, ok[:len(ok)-1], aMessage, apply.InDoubt, ReasonUnparsable},
		{"followed by more", 200, ok + ok, aMessage, apply.InDoubt, ReasonUnparsable},
		{"a portal's page", 200, `<html>Please log in</html>`, aMessage, apply.InDoubt, ReasonUnparsable},
		{"two message ids", 200, `{"message_id":"m_1","message_id":"m_2"}`, aMessage, apply.InDoubt, ReasonUnparsable},
		{"bytes that are not UTF-8", 403, graph(`"code":10,"error_user_msg":"` + "\xff" + `"`), aMessage, apply.AccountRefused, ""},
		{"yes and no", 200, `{"message_id":"m_1","error":{"code":190}}`, aMessage, apply.InDoubt, ReasonUnparsable},
		{"success with status 500", 500, ok, aMessage, apply.InDoubt, ReasonUnparsable},
		{"redirect", 302, ``, aMessage, apply.InDoubt, ReasonRedirect},
		{"redirect with success", 307, ok, aMessage, apply.InDoubt, ReasonRedirect},
		{"404 without envelope", 404, `not found`, aMessage, apply.InDoubt, ReasonUnparsable},
		{"429 without envelope", 429, `slow down`, aMessage, apply.InDoubt, ReasonUnparsable},
		{"502 without envelope", 502, `<html>`, aMessage, apply.InDoubt, ReasonUnparsable},
		{"other protocol", 101, ``, aMessage, apply.InDoubt, ReasonUnparsable},
		{"refusal", 400, graph(`"code":100`), aMessage, apply.Final, ""},
		{"refusal with status 200", 200, graph(`"code":190`), aMessage, apply.AccountRefused, ""},
		{"code as a string", 400, graph(`"code":"190","error_subcode":"463"`), aMessage, apply.AccountRefused, ""},
		{"null subcode", 403, graph(`"code":10,"error_subcode":null`), aMessage, apply.AccountRefused, ""},
		{"transient as a string", 403, graph(`"code":10,"is_transient":"true"`), aMessage, apply.InDoubt, ""},
		{"no code", 400, graph(`"type":"OAuthException"`), aMessage, apply.InDoubt, ReasonUnparsable},
		{"broken code", 400, graph(`"code":190.5`), aMessage, apply.InDoubt, ReasonUnparsable},
		{"huge code", 400, graph(`"code":4294967486`), aMessage, apply.InDoubt, ReasonUnparsable}, // 190 in 32 bits
		{"subcode is an object", 400, graph(`"code":190,"error_subcode":{}`), aMessage, apply.InDoubt, ReasonUnparsable},
		{"subcode below 0", 400, graph(`"code":10,"error_subcode":-1`), aMessage, apply.InDoubt, ReasonUnparsable},
		{"error is a string", 400, `{"error":"invalid_token"}`, aMessage, apply.InDoubt, ReasonUnparsable},
		{"error is a list", 400, `{"error":[{"code":190}]}`, aMessage, apply.InDoubt, ReasonUnparsable},
		{"error in other case", 400, `{"Error":{"code":190}}`, aMessage, apply.InDoubt, ReasonUnparsable},
		{"code beside the envelope", 400, `{"code":190}`, aMessage, apply.InDoubt, ReasonUnparsable},

		{"reaction", 200, `{"recipient_id":"5551230001"}`, aReaction, apply.Accepted, ""},
		{"reaction with an id", 200, ok, aReaction, apply.Accepted, ""},
		{"reaction without recipient", 200, `{"success":true}`, aReaction, apply.InDoubt, ReasonNoRecipient},
		{"reaction of another", 200, `{"recipient_id":"1"}`, aReaction, apply.InDoubt, ReasonOtherRecipient},
		{"reaction refused", 400, graph(`"code":100,"error_subcode":33`), aReaction, apply.Final, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := readSend(reply{status: tc.status, body: []byte(tc.body), wrote: true, whole: true}, tc.about, igsid)
			wants(t, o, tc.class, tc.reason)
			if got := o.MessageID != ""; got != (tc.class == apply.Accepted && tc.about == aMessage) {
				t.Errorf("message id is %q", o.MessageID)
			}
		})
	}
}

// A success that comes before the request was whole is no answer to it; a
// refusal then is one, for half a message is not delivered.
func TestEarlyAnswer(t *testing.T) {
	r := reply{status: 200, wrote: true, body: []byte(`{"recipient_id":"5551230001","message_id":"m_1"}`)}
	wants(t, readSend(r, aMessage, igsid), apply.InDoubt, ReasonEarlyAnswer)
	r = reply{status: 400, wrote: true, body: []byte(`{"error":{"code":190}}`)}
	wants(t, readSend(r, aMessage, igsid), apply.AccountRefused, "")
}

func TestIdentityAnswers(t *testing.T) {
	for _, tc := range []struct {
		body, id, name, reason string
	}{
		{`{"user_id":"17841405822304914","username":"shop.example","id":"999"}`, igID, "shop.example", ""},
		{`{"user_id":17841405822304914}`, igID, "", ""},
		{`{"data":{"user_id":"17841405822304914","username":"shop"}}`, igID, "shop", ""},
		{`{"data":[{"user_id":17841405822304914,"username":"shop"}]}`, igID, "shop", ""},
		{`{"user_id":9007199254740993}`, "9007199254740993", "", ""}, // 2^53 + 1
		{`{"user_id":"17841405822304914","username":"a\u001b[2J"}`, igID, "", ""},
		{`{"id":"999","username":"shop"}`, "", "", ReasonNoUserID},
		{`{"data":[]}`, "", "", ReasonNoUserID},
		{`{"data":[{"user_id":"1"},{"user_id":"2"}]}`, "", "", ReasonNoUserID},
		{`{"user_id":"me"}`, "", "", ReasonNoUserID},
		{`{"user_id":1.7841405822304914e16}`, "", "", ReasonNoUserID},
		{`{"user_id":"` + strings.Repeat("1", 33) + `"}`, "", "", ReasonNoUserID},
		{`{"data":"x"}`, "", "", ReasonNoUserID},
		{`{}`, "", "", ReasonNoUserID},
		{`[]`, "", "", ReasonUnparsable},
	} {
		id := readIdentity(reply{status: 200, wrote: true, whole: true, body: []byte(tc.body)})
		if id.IGID != tc.id || id.Name != tc.name {
			t.Errorf("%s: %q %q", tc.body, id.IGID, id.Name)
		}
		if tc.reason == "" {
			wants(t, id.Outcome, apply.Accepted, "")
		} else {
			wants(t, id.Outcome, apply.InDoubt, tc.reason)
			if strings.Contains(id.Outcome.Explain, "delivered") || id.Outcome.Remedy != "Apply again." {
				t.Errorf("a read is spoken of as a message: %+v", id.Outcome)
			}
		}
	}
}

func TestUsage(t *testing.T) {
	for _, tc := range []struct {
		app, business string
		percent       int
		regain        time.Duration
	}{
		{`{"call_volume":0,"cpu_time":0}`, ``, 0, 0},
		{`{"call_count":28,"total_time":25,"total_cputime":31}`, ``, 31, 0},
		{`{"call_volume":12}`, `{"1":[{"type":"instagram","call_count":100,"total_cputime":25,"total_time":25,"estimated_time_to_regain_access":19}]}`, 100, 19 * time.Minute},
		{``, `{"1":[{"estimated_time_to_regain_access":2}],"2":[{"estimated_time_to_regain_access":5},{"call_count":7.9}]}`, 7, 5 * time.Minute},
		{``, `{"1":[{"estimated_time_to_regain_access":1e300,"call_count":1e300}]}`, 1000, 24 * time.Hour},
		{``, `{"1":[{"estimated_time_to_regain_access":-5,"call_count":-5}]}`, 0, 0},
		{`{"call_volume":"9","x":null,"y":[1]}`, `{"1":{"call_count":1}}`, 0, 0},
		{`nonsense`, `[`, 0, 0},
	} {
		percent, regain := usage(http.Header{"X-App-Usage": {tc.app}, "X-Business-Use-Case-Usage": {tc.business}})
		if percent != tc.percent || regain != tc.regain {
			t.Errorf("%s %s: %d %v, want %d %v", tc.app, tc.business, percent, regain, tc.percent, tc.regain)
		}
	}
}

func TestStamp(t *testing.T) {
	h := http.Header{
		"Date": {"Mon, 28 Jul 2025 22:44:49 GMT"}, "X-Fb-Trace-Id": {"FROMheader"},
		"X-App-Usage": {`{"call_volume":40}`},
	}
	r := reply{status: 400, header: h}
	tok := token(t, secret)
	for _, tc := range []struct{ trace, want string }{
		{"", "FROMheader"},
		{"AbC+/=_-9", "AbC+/=_-9"},
		{"with space", ""},
		{"\x1b[2J", ""},
		{strings.Repeat("a", 65), ""},
		{secret, ""},
		{"x" + secret, ""},
		{secret[4:20], ""},
	} {
		o := apply.Outcome{Class: apply.Final, TraceID: tc.trace}
		r.stamp(&o, tok)
		if o.TraceID != tc.want || o.HTTP != 400 || o.Usage != 40 {
			t.Errorf("%q: %+v", tc.trace, o)
		}
		if want := time.Date(2025, 7, 28, 22, 44, 49, 0, time.UTC); !o.Date.Equal(want) {
			t.Errorf("date is %v", o.Date)
		}
	}
	o := apply.Outcome{Class: apply.Accepted, MessageID: "m_1"}
	r.stamp(&o, tok)
	if o.HTTP != 0 || o.TraceID != "" {
		t.Errorf("a success has what belongs to errors: %+v", o)
	}
	o = apply.Outcome{}
	reply{}.stamp(&o, tok)
	if o != (apply.Outcome{}) {
		t.Errorf("stamped without an answer: %+v", o)
	}
}

// FuzzAnswer holds the parser to its promises whatever comes: no panic, an
// accepted message has a clean id and a 2xx, and nothing but Herald's own
// words, a code and a clean trace id come out.
func FuzzAnswer(f *testing.F) {
	f.Add(200, `{"recipient_id":"5551230001","message_id":"m_1"}`, `{"call_volume":1}`)
	f.Add(400, `{"error":{"message":"x","code":190,"error_subcode":463,"is_transient":false,"fbtrace_id":"A"}}`, `{"1":[{"estimated_time_to_regain_access":5}]}`)
	f.Add(200, `{"data":[{"user_id":1}]}`, ``)
	f.Add(302, ``, `{`)
	words := map[string]bool{"": true}
	for _, v := range verdicts {
		words[v.explain], words[v.remedy] = true, true
	}
	words[unknownCode.explain], words[transient.explain] = true, true
	for _, about := range []subject{aRead, aMessage, aReaction} {
		for reason := range doubts {
			o := about.doubt(reason)
			words[o.Explain], words[o.Remedy] = true, true
		}
	}
	tok := token(f, secret)
	f.Fuzz(func(t *testing.T, status int, body, header string) {
		r := reply{status: status, wrote: true, whole: true, body: []byte(body), header: http.Header{
			"X-App-Usage": {header}, "X-Business-Use-Case-Usage": {header}, "Date": {header}, "X-Fb-Trace-Id": {header},
		}}
		id := readIdentity(r)
		for _, o := range []apply.Outcome{readSend(r, aMessage, igsid), readSend(r, aReaction, igsid), id.Outcome} {
			r.stamp(&o, tok)
			if o.Class == apply.ClassInvalid || o.Class == apply.NotWritten {
				t.Fatalf("class %d", o.Class)
			}
			if o.Class == apply.Accepted && (status < 200 || status > 299) {
				t.Fatalf("accepted with status %d", status)
			}
			if !words[o.Explain] || !words[o.Remedy] {
				t.Fatalf("these are not Herald's words: %+v", o)
			}
			if o.TraceID != cleanTrace(o.TraceID, tok) || o.Usage < 0 || o.RegainAccess < 0 || o.RegainAccess > maxRegain {
				t.Fatalf("not clean: %+v", o)
			}
			if o.MessageID != "" && !isPrintable(o.MessageID, maxMessageID) {
				t.Fatalf("not clean: %+v", o)
			}
		}
	})
}
