package instagram

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"herald/apply"
	"herald/config/content"
)

// Bounds on what is kept of an answer; the platform's own ids are shorter
// (160 to 164 characters of base64 for a message's).
const (
	maxMessageID = 1024
	maxTraceID   = 64
	maxUserID    = 32
	maxUsername  = 64
)

// object is a JSON object, its keys as they are written: encoding/json would
// match them whatever their case.
type object map[string]json.RawMessage

// parseObject returns the object that data is, or nil if it is something else,
// cut short or followed by more.
func parseObject(data []byte) object {
	var o object
	if json.Unmarshal(data, &o) != nil {
		return nil
	}
	return o
}

// text returns a string, or the digits of a whole number as they are written:
// ids came as both, and no float holds one.
func (o object) text(key string) string {
	raw := bytes.TrimSpace(o[key])
	if content.Digits(string(raw)) {
		return string(raw)
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// number returns a whole number, also one written as a string.
func (o object) number(key string) (int, bool) {
	raw := strings.Trim(string(bytes.TrimSpace(o[key])), `"`)
	n, err := strconv.ParseInt(raw, 10, 32)
	return int(n), err == nil
}

// has reports whether the key is there and not null.
func (o object) has(key string) bool {
	raw := bytes.TrimSpace(o[key])
	return len(raw) > 0 && string(raw) != "null"
}

// readSend says what came of a POST to a messages edge.
//
// A success must be whole: 2xx, for a message its id, and nothing that speaks
// against it. One that names another recipient than the call's is in doubt: an
// answer meant for another call would bring a wrong id into the record, and
// reading the conversation tells the two apart. A message's success that
// leaves the recipient out is taken: the id is the proof. A reaction's success
// has nothing but the recipient, so there it is needed.
func readSend(r reply, about subject, recipient string) apply.Outcome {
	body, failed := readAnswer(r, about)
	if failed != nil {
		return *failed
	}
	id := body.text("message_id")
	switch {
	case about == aMessage && !isPrintable(id, maxMessageID):
		return about.doubt(ReasonNoMessageID)
	case about == aReaction && !body.has("recipient_id"):
		return about.doubt(ReasonNoRecipient)
	case body.has("recipient_id") && body.text("recipient_id") != recipient:
		return about.doubt(ReasonOtherRecipient)
	case !r.whole:
		return about.doubt(ReasonEarlyAnswer)
	}
	o := apply.Outcome{Class: apply.Accepted}
	if about == aMessage {
		o.MessageID = id
	}
	return o
}

// readIdentity says what came of GET /me. The account stands in the answer
// itself, or under data, there alone or as the only element of a list; Meta's
// pages show both. The answer's "id" is another, app-scoped id.
func readIdentity(r reply) apply.Identity {
	body, failed := readAnswer(r, aRead)
	if failed != nil {
		return apply.Identity{Outcome: *failed}
	}
	if body.has("data") && !body.has("user_id") {
		inner := body["data"]
		var list []json.RawMessage
		if json.Unmarshal(inner, &list) == nil && len(list) == 1 {
			inner = list[0]
		}
		body = parseObject(inner)
	}
	id := apply.Identity{IGID: body.text("user_id"), Name: body.text("username")}
	if !content.Digits(id.IGID) || len(id.IGID) > maxUserID {
		return apply.Identity{Outcome: aRead.doubt(ReasonNoUserID)}
	}
	if !isPrintable(id.Name, maxUsername) {
		id.Name = ""
	}
	id.Outcome = apply.Outcome{Class: apply.Accepted}
	return id
}

// readAnswer returns the object of a 2xx answer, or the outcome of everything
// else: no answer, a Graph error (whatever the HTTP status), no object.
func readAnswer(r reply, about subject) (object, *apply.Outcome) {
	fail := func(o apply.Outcome) (object, *apply.Outcome) { return nil, &o }
	if r.reason != "" {
		if !r.wrote {
			return fail(notWritten(r.reason))
		}
		return fail(about.doubt(r.reason))
	}
	success := r.status >= 200 && r.status < 300
	body := parseObject(r.body)
	if body.has("error") {
		e := parseObject(body["error"])
		code, known := e.number("code")
		if !known || (success && body.has("message_id")) { // no envelope, or both yes and no
			return fail(about.doubt(ReasonUnparsable))
		}
		return fail(graphError(e, code, about))
	}
	switch {
	case success && body != nil:
		return body, nil
	case r.status >= 300 && r.status < 400:
		return fail(about.doubt(ReasonRedirect))
	}
	return fail(about.doubt(ReasonUnparsable))
}

// graphError is the outcome of a Graph error.
func graphError(e object, code int, about subject) apply.Outcome {
	sub := bare
	if e.has("error_subcode") {
		n, ok := e.number("error_subcode")
		if !ok || n < 0 {
			return about.doubt(ReasonUnparsable)
		}
		sub = n
	}
	passing := strings.Trim(string(bytes.TrimSpace(e["is_transient"])), `"`) == "true"
	v := judge(graphCode{code, sub}, passing)
	o := apply.Outcome{
		Class: v.class, Code: code, Subcode: sub,
		TraceID: e.text("fbtrace_id"), Explain: v.explain, Remedy: v.remedy,
	}
	if v.class == apply.InDoubt {
		o.Remedy = about.remedy()
	}
	return o
}

// stamp adds to an outcome what is the same for every answer: the HTTP status
// and trace id of one that was no success, usage, and the server's clock.
func (r reply) stamp(o *apply.Outcome, token Token) {
	if r.status == 0 {
		return
	}
	if o.Class == apply.Accepted {
		o.TraceID = ""
	} else {
		o.HTTP = r.status
		if o.TraceID == "" {
			o.TraceID = r.header.Get("X-Fb-Trace-Id")
		}
		o.TraceID = cleanTrace(o.TraceID, token)
	}
	o.Usage, o.RegainAccess = usage(r.header)
	if date, err := http.ParseTime(r.header.Get("Date")); err == nil {
		o.Date = date.UTC()
	}
}

// cleanTrace returns a trace id that may stand in a record and on a terminal,
// or "": letters, digits and the signs of base64, bounded, and no part of the
// token.
func cleanTrace(s string, token Token) string {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("+/=_-", r)
	}
	if len(s) > maxTraceID || strings.ContainsFunc(s, odd) {
		return ""
	}
	if secret := token.reveal(); len(secret) >= 8 && (strings.Contains(secret, s) || strings.Contains(s, secret)) {
		return ""
	}
	return s
}

// isPrintable reports whether s has 1 to most characters of ASCII that are
// seen: no space, no control character.
func isPrintable(s string, most int) bool {
	return s != "" && len(s) <= most && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// maxRegain bounds how long a header can make an account wait.
const maxRegain = 24 * time.Hour

// usage reads the headers by which Meta says how much of its limits is used:
// the highest of their percentages, whatever their names, and the longest
// estimated_time_to_regain_access, which is in minutes.
//
//	x-app-usage: {"call_volume":0,"cpu_time":0}
//	x-business-use-case-usage: {"<id>":[{"type":"instagram","call_count":100,"estimated_time_to_regain_access":19}]}
func usage(h http.Header) (percent int, regain time.Duration) {
	add := func(data []byte) {
		for key, raw := range parseObject(data) {
			n, err := strconv.ParseFloat(string(bytes.TrimSpace(raw)), 64)
			switch {
			case err != nil || !(n > 0):
			case key == "estimated_time_to_regain_access":
				regain = max(regain, time.Duration(min(n, maxRegain.Minutes())*float64(time.Minute)))
			default:
				percent = max(percent, int(min(n, 1000)))
			}
		}
	}
	add([]byte(h.Get("X-App-Usage")))
	for _, raw := range parseObject([]byte(h.Get("X-Business-Use-Case-Usage"))) {
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) == nil {
			for _, item := range list {
				add(item)
			}
		}
	}
	return percent, regain
}
