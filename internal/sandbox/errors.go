package sandbox

import (
	"encoding/json"
	"fmt"
)

// refusal is a Graph API error before it is written: the envelope's fields,
// the HTTP status, and the same text in a second language.
type refusal struct {
	status    int
	code      int
	sub       int
	kind      string // the envelope's "type"
	text      string
	local     string // text, as a localised account would see it
	title     string // error_user_title
	userText  string // error_user_msg
	transient bool
	regain    int // minutes for x-business-use-case-usage; 0 sends no header
}

// The envelope's types that were seen on real answers. They vary; a client
// must not depend on them.
const (
	typeOAuth  = "OAuthException"
	typeIG     = "IGApiException"
	typeMethod = "GraphMethodException"
)

// envelope is the wire form of a refusal.
type envelope struct {
	Error envelopeError `json:"error"`
}

type envelopeError struct {
	Message   string `json:"message"`
	Type      string `json:"type"`
	Code      int    `json:"code"`
	Subcode   int    `json:"error_subcode,omitempty"`
	Transient *bool  `json:"is_transient,omitempty"`
	UserTitle string `json:"error_user_title,omitempty"`
	UserText  string `json:"error_user_msg,omitempty"`
	Trace     string `json:"fbtrace_id"`
}

// answer writes the refusal as an HTTP answer.
func (e *refusal) answer(localised bool, trace string) answer {
	text := e.text
	if localised && e.local != "" {
		text = e.local
	}
	out := envelopeError{
		Message: text, Type: e.kind, Code: e.code, Subcode: e.sub,
		UserTitle: e.title, UserText: e.userText, Trace: trace,
	}
	if e.transient || e.sub != 0 {
		transient := e.transient
		out.Transient = &transient
	}
	body, err := json.Marshal(envelope{out})
	if err != nil { // strings, numbers and a bool: cannot happen
		body = []byte(`{"error":{"message":"unknown","type":"OAuthException","code":1,"fbtrace_id":""}}`)
	}
	return answer{status: e.status, body: body, regain: e.regain}
}

func errToken(detail string) *refusal {
	return &refusal{
		status: 400, code: 190, kind: typeOAuth,
		text:  "Invalid OAuth access token - " + detail,
		local: "Ungültiges OAuth-Zugriffstoken",
	}
}

// errParam is a bad parameter: code 100 without a subcode. Over-long text
// has this code too.
func errParam(format string, args ...any) *refusal {
	return &refusal{
		status: 400, code: 100, kind: typeOAuth,
		text:  "(#100) " + fmt.Sprintf(format, args...),
		local: "(#100) Ungültiger Parameter",
	}
}

// errContent is message data that does not fit its kind.
func errContent(format string, args ...any) *refusal {
	return &refusal{
		status: 400, code: 100, sub: 2534015, kind: typeIG,
		text:     "Invalid parameter: " + fmt.Sprintf(format, args...),
		local:    "Ungültiger Parameter",
		title:    "Invalid message data",
		userText: "The message data is not valid for this kind of message.",
	}
}

func errNoPerson() *refusal {
	return &refusal{
		status: 400, code: 100, sub: 2534014, kind: typeIG,
		text:     "The requested user cannot be found.",
		local:    "Der angeforderte Nutzer wurde nicht gefunden.",
		title:    "User not found",
		userText: "The requested user cannot be found.",
	}
}

func errWindow() *refusal {
	return &refusal{
		status: 403, code: 10, sub: 2534022, kind: typeIG,
		text:     "(#10) This message is sent outside of allowed window.",
		local:    "(#10) Diese Nachricht wurde außerhalb des zulässigen Zeitfensters gesendet.",
		title:    "Outside of the allowed window",
		userText: "The person has not written within the allowed time.",
	}
}

// errMissing is an object that does not exist, or that this token may not
// see: the platform does not tell the two apart.
func errMissing(method, id string) *refusal {
	verb := "get"
	if method != "GET" {
		verb = "post"
	}
	return &refusal{
		status: 400, code: 100, sub: 33, kind: typeMethod,
		text:  fmt.Sprintf("Unsupported %s request. Object with ID '%s' does not exist or cannot be loaded due to missing permissions.", verb, id),
		local: "Nicht unterstützte Anfrage. Das Objekt existiert nicht.",
	}
}

// errNoDetails answers a read of a message that is deleted, or older than
// the newest 20 of its conversation.
func errNoDetails() *refusal {
	return &refusal{
		status: 400, code: 9000001, kind: typeOAuth,
		text:  "The message has been deleted.",
		local: "Die Nachricht wurde gelöscht.",
	}
}

func errConsent() *refusal {
	return &refusal{
		status: 403, code: 230, kind: typeOAuth,
		text:  "(#230) User consent is required to access user profile",
		local: "(#230) Die Zustimmung des Nutzers ist erforderlich",
	}
}

func errPath(path string) *refusal {
	return &refusal{
		status: 400, code: 2500, kind: typeOAuth,
		text:  "Unknown path components: " + path,
		local: "Unbekannte Pfadbestandteile",
	}
}

// errCode makes the refusal that a fault script names by its code, with the
// HTTP status that the platform uses for it.
func errCode(code, sub int) *refusal {
	e := &refusal{
		status: 400, code: code, sub: sub, kind: typeOAuth,
		text:  fmt.Sprintf("(#%d) The request was refused.", code),
		local: fmt.Sprintf("(#%d) Die Anfrage wurde abgelehnt.", code),
	}
	switch code {
	case 1, 2, -1, -2:
		e.status, e.transient = 500, code == 2
		e.text = "An unexpected error has occurred. Please retry your request later."
		e.local = "Ein unerwarteter Fehler ist aufgetreten. Bitte versuche es später noch einmal."
	case 4, 17, 32, 341, 613, 80001, 80002, 80006:
		e.status = 429
		e.text = fmt.Sprintf("(#%d) Calls to this api have exceeded the rate limit.", code)
		e.local = fmt.Sprintf("(#%d) Das Anfragelimit wurde überschritten.", code)
	case 10, 200:
		if sub == 2534022 {
			return errWindow()
		}
		e.status = 403
	case 100:
		switch sub {
		case 2534014:
			return errNoPerson()
		case 2534015:
			return errContent("refused by script")
		}
	}
	return e
}
