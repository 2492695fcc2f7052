package instagram

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"herald/apply"
	"herald/apply/instagram/access"
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

// The members of an answer that say something; all others are passed over.
// Names are matched in their own case, and one that comes twice makes the
// answer unreadable: two readers could take it for two things.
type (
	wireAnswer struct {
		RecipientID value `json:"recipient_id"`
		MessageID   value `json:"message_id"`
		Error       value `json:"error"`
		Data        value `json:"data"`
		Paging      value `json:"paging"`
		wireAccount
	}
	wireAccount struct {
		UserID   value `json:"user_id"`
		Username value `json:"username"`
	}
	wireError struct {
		Code      value `json:"code"`
		Subcode   value `json:"error_subcode"`
		Transient value `json:"is_transient"`
		TraceID   value `json:"fbtrace_id"`
	}
)

// parse reads a JSON object into v, a pointer to a struct or map. It reports
// false if data is something else, cut short or followed by more.
func parse(data []byte, v any) bool {
	return jsontext.Value(data).Kind() == '{' && json.Unmarshal(data, v, jsontext.AllowInvalidUTF8(true)) == nil
}

// value is one JSON value, as it is written.
type value = jsontext.Value

// given reports whether the value is there and not null.
func given(v value) bool { return len(v) > 0 && v.Kind() != 'n' }

// text returns a string, or the digits of a whole number as they are written:
// ids came as both, and no float holds one.
func text(v value) string {
	switch {
	case v.Kind() == '0' && content.Digits(string(v)):
		return string(v)
	case v.Kind() == '"':
		var short [192]byte // holds a message's id
		s, err := jsontext.AppendUnquote(short[:0], v)
		if err == nil {
			return string(s)
		}
	}
	return ""
}

// number returns a whole number, also one written as a string.
func number(v value) (int, bool) {
	s := string(v)
	if v.Kind() == '"' {
		s = text(v)
	}
	n, err := strconv.ParseInt(s, 10, 32)
	return int(n), err == nil
}

// yes reports whether the value is true, also as a string.
func yes(v value) bool { return v.Kind() == 't' || text(v) == "true" }

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
	id := text(body.MessageID)
	switch {
	case about == aMessage && !isPrintable(id, maxMessageID):
		return about.doubt(ReasonNoMessageID)
	case about == aReaction && !given(body.RecipientID):
		return about.doubt(ReasonNoRecipient)
	case given(body.RecipientID) && text(body.RecipientID) != recipient:
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
	who := body.wireAccount
	if given(body.Data) && !given(who.UserID) {
		inner := body.Data
		var list []value
		if inner.Kind() == '[' && json.Unmarshal(inner, &list) == nil && len(list) == 1 {
			inner = list[0]
		}
		if !parse(inner, &who) {
			who = wireAccount{}
		}
	}
	id := apply.Identity{IGID: text(who.UserID), Name: text(who.Username)}
	if !content.Digits(id.IGID) || len(id.IGID) > maxUserID {
		return apply.Identity{Outcome: aRead.doubt(ReasonNoUserID)}
	}
	if !isPrintable(id.Name, maxUsername) {
		id.Name = ""
	}
	id.Outcome = apply.Outcome{Class: apply.Accepted}
	return id
}

// readAnswer returns a 2xx answer, or the outcome of everything else: no
// answer, a Graph error (whatever the HTTP status), no object.
func readAnswer(r reply, about subject) (body wireAnswer, failed *apply.Outcome) {
	fail := func(o apply.Outcome) (wireAnswer, *apply.Outcome) { return wireAnswer{}, &o }
	if r.reason != "" {
		if !r.wrote {
			return fail(notWritten(r.reason))
		}
		return fail(about.doubt(r.reason))
	}
	success := r.status >= 200 && r.status < 300
	readable := parse(r.body, &body)
	switch {
	case readable && given(body.Error):
		if success && given(body.MessageID) { // both yes and no
			return fail(about.doubt(ReasonUnparsable))
		}
		return fail(graphError(body.Error, about))
	case readable && success:
		return body, nil
	case r.status >= 300 && r.status < 400:
		return fail(about.doubt(ReasonRedirect))
	}
	return fail(about.doubt(ReasonUnparsable))
}

// graphError is the outcome of a Graph error, if data is one.
func graphError(data value, about subject) apply.Outcome {
	var e wireError
	if !parse(data, &e) {
		return about.doubt(ReasonUnparsable)
	}
	code, known := number(e.Code)
	sub := bare
	if given(e.Subcode) {
		n, ok := number(e.Subcode)
		known = known && ok && n >= 0
		sub = n
	}
	if !known {
		return about.doubt(ReasonUnparsable)
	}
	v := judge(graphCode{code, sub}, yes(e.Transient))
	o := apply.Outcome{
		Class: v.class, Code: code, Subcode: sub,
		TraceID: text(e.TraceID), Explain: v.explain, Remedy: v.remedy,
	}
	if v.class == apply.InDoubt {
		o.Remedy = about.remedy()
	}
	return o
}

// stamp adds to an outcome what is the same for every answer: the HTTP status
// and trace id of one that was no success, usage, and the server's clock.
func (r reply) stamp(o *apply.Outcome, token access.Token) {
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
	if date := r.header.Get("Date"); date != "" {
		if at, err := http.ParseTime(date); err == nil {
			o.Date = at.UTC()
		}
	}
}

// cleanTrace returns a trace id that may stand in a record and on a terminal,
// or "": letters, digits and the signs of base64, bounded, and no part of the
// token.
func cleanTrace(s string, token access.Token) string {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("+/=_-", r)
	}
	if len(s) > maxTraceID || strings.ContainsFunc(s, odd) {
		return ""
	}
	if secret := token.Reveal(); len(secret) >= 8 && (strings.Contains(secret, s) || strings.Contains(s, secret)) {
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
	add := func(data value) {
		var usage map[string]value
		if !parse(data, &usage) {
			return
		}
		for key, v := range usage {
			n, err := strconv.ParseFloat(string(v), 64)
			switch {
			case v.Kind() != '0' || err != nil || n <= 0:
			case key == "estimated_time_to_regain_access":
				regain = max(regain, time.Duration(min(n, maxRegain.Minutes())*float64(time.Minute)))
			default:
				percent = max(percent, int(min(n, 1000)))
			}
		}
	}
	if app := h.Get("X-App-Usage"); strings.ContainsAny(app, "123456789") {
		add(value(app))
	}
	if business := h.Get("X-Business-Use-Case-Usage"); business != "" {
		var lists map[string][]value
		if parse(value(business), &lists) {
			for _, list := range lists {
				for _, item := range list {
					add(item)
				}
			}
		}
	}
	return percent, regain
}
