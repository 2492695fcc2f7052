package sandbox

import (
	"mime"
	"net/http"
	"time"
)

// send answers POST /<IG_ID>/messages, and /me/messages.
func (s *Server) send(req *request) (answer, *refusal) {
	if !req.isSend() {
		return answer{}, errMissing(req.method, req.parts[0])
	}
	acct, e := s.names.authorize(req.method, req.token, accountPart(req.parts[0]))
	if e != nil {
		return answer{}, e
	}
	now := s.opts.Clock()
	if !acct.allows(req.act.kind, now) {
		return answer{}, errCode(613, 0)
	}
	if e := s.check(req, acct); e != nil {
		return answer{}, e
	}
	mid, b, e := s.world.accept(acct.IGID, req.version, req.act, req.body, now)
	if e != nil {
		return answer{}, e
	}
	if b != nil {
		if err := s.world.journal.commit(b); err != nil {
			// Whether it will be there after a restart is unknown, and that is
			// what the caller must see.
			s.logf("inbox: %v", err)
			drop()
		}
	}
	return answer{status: http.StatusOK, body: successBody(req.act.recipient, mid)}, nil
}

// check is everything about a call that does not depend on the conversation.
func (s *Server) check(req *request, acct *account) *refusal {
	kind, _, err := mime.ParseMediaType(req.header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return errParam("the Content-Type must be application/json")
	}
	if req.actErr != nil {
		return req.actErr
	}
	if !acct.canWriteTo(req.act.recipient) {
		return errNoPerson()
	}
	if req.act.kind == KindPost && !acct.owns(req.act.post) {
		return errContent("the post does not belong to the account")
	}
	return nil
}

// accountPart is the account id of a path, where /me stands for the token's.
func accountPart(part string) string {
	if part == "me" {
		return ""
	}
	return part
}

// allows counts a call against the account's limits.
func (a *account) allows(kind Kind, now time.Time) bool {
	if kind == KindAudio || kind == KindVideo {
		return a.media.allow(now)
	}
	return a.messages.allow(now)
}

// successBody needs no escaping: a recipient is digits, a message id base64.
func successBody(recipient, mid string) []byte {
	out := make([]byte, 0, 256)
	out = append(out, `{"recipient_id":"`...)
	out = append(out, recipient...)
	if mid != "" {
		out = append(out, `","message_id":"`...)
		out = append(out, mid...)
	}
	return append(out, `"}`...)
}
