package sandbox

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Script says what goes wrong, and when. It is read by ParseScript from
// lines of the form
//
//	METHOD [CONDITION…] do ACTION
//
// where METHOD is post, get or any, and # begins a comment. Conditions, all
// of which must hold:
//
//	account=ID       the account of the path (me where it says so)
//	recipient=ID     the person of the body, of user_id, or of what is read
//	path=TEXT        the path contains this
//	kind=KIND        text image audio video sticker post react unreact …
//	text=WORD        the message's text contains this
//
// and, counted over the requests that fit those (from 1):
//
//	nth=N            only the N-th
//	first=N          the first N
//	after=N          those behind the N-th
//	every=K          every K-th
//	chance=P         each with probability P, by seed=S or the server's seed
//	times=N          at most N times in all
//
// Actions on a call that is accepted as usual and then answered badly:
//
//	accept-then-drop        the connection closes without an answer
//	accept-then-hang        no answer until the client goes away
//	accept-then-cut         the connection closes in the middle of the answer
//	accept-then-500         HTTP 500 with a page that is no Graph error
//	accept-then-garbage     HTTP 200 with something that is no JSON
//	accept-then-empty       HTTP 200 with nothing
//	accept-then-no-id       HTTP 200 without message_id
//	accept-then-code C[/S]  the Graph error with code C, subcode S
//
// and on one that takes no effect:
//
//	refuse C[/S] [status=N]     the Graph error with code C, subcode S
//	refuse-500 refuse-drop refuse-hang refuse-garbage refuse-empty
//	rate-limit [C[/S]] [regain=MINUTES]   613 unless C is given
//	listing-code-1              reads of conversations fail with code 1
//
// and on others:
//
//	stale-listing DURATION      reads see what there was that long ago
//	identity ID                 /me answers with this user_id
//	delay DURATION              the answer comes that much later
//
// Delays add up; of all other rules the first that is due decides. Example:
//
//	post every=10 do accept-then-drop   # delivered, and the sender cannot know
//	post recipient=778 first=2 do rate-limit regain=1
//
// A Script counts: give each server its own. It is safe for concurrent use.
type Script struct {
	mu    sync.Mutex
	rules []*rule
}

// rule is one line of a script.
type rule struct {
	line      int
	method    string // POST, GET or empty for any
	account   string
	recipient string
	path      string
	kind      Kind
	text      string
	listing   bool // only reads of conversations and their messages

	nth, first, after, every, times int // 0 is not given
	chance                          float64
	hasChance                       bool
	seed                            uint64
	hasSeed                         bool

	seen, fired int
	effect      effect
}

// effect is what one request meets with.
type effect struct {
	name     string
	refuse   bool
	err      *refusal // of refuse, or of replyError
	reply    reply
	delay    time.Duration
	stale    time.Duration
	identity string
}

// reply is the way a call is answered.
type reply int

const (
	replyNormal reply = iota
	replyDrop
	replyHang
	replyCut
	reply500
	replyGarbage
	replyEmpty
	replyNoID
	replyError
)

// subject is what conditions look at.
type subject struct {
	method, path, account, recipient string
	kind                             Kind
	text                             string
	listing                          bool
}

// describe finds out whom and what a request is about.
func (s *Server) describe(req *request) subject {
	out := subject{method: req.method, path: req.path}
	if len(req.parts) == 0 {
		return out
	}
	out.account = req.parts[0]
	if req.isSend() {
		out.recipient, out.kind, out.text = req.act.recipient, req.act.kind, req.act.text
		return out
	}
	if req.method != http.MethodGet {
		return out
	}
	edge := ""
	if len(req.parts) == 2 {
		edge = req.parts[1]
	}
	out.recipient = req.query.Get("user_id")
	out.listing = edge == "conversations" || edge == "messages"
	s.world.mu.RLock()
	defer s.world.mu.RUnlock()
	if t := s.world.byConv[req.parts[0]]; t != nil {
		out.account, out.recipient, out.listing = t.account, t.pair.person, true
	} else if it := s.world.byID[req.parts[0]]; it != nil {
		out.account, out.recipient = it.thread.account, it.thread.pair.person
	}
	return out
}

// match counts a request and finds what it meets with. A nil script is one
// without rules.
func (sc *Script) match(about subject, seed uint64) effect {
	var out effect
	if sc == nil || len(sc.rules) == 0 {
		return out
	}
	sc.mu.Lock()
	defer sc.mu.Unlock()
	decided := false
	for _, r := range sc.rules {
		if !r.fits(about) || !r.due(seed) {
			continue
		}
		if r.effect.delay > 0 {
			r.fired++
			out.delay += r.effect.delay
			continue
		}
		if decided {
			continue
		}
		r.fired++
		decided = true
		delay := out.delay
		out = r.effect
		out.delay = delay
	}
	return out
}

func (r *rule) fits(about subject) bool {
	return (r.method == "" || r.method == about.method) &&
		(r.account == "" || r.account == about.account) &&
		(r.recipient == "" || r.recipient == about.recipient) &&
		(r.kind == "" || r.kind == about.kind) &&
		(!r.listing || about.listing) &&
		strings.Contains(about.path, r.path) &&
		strings.Contains(about.text, r.text)
}

// due counts a request that fits and says whether the rule wants it.
func (r *rule) due(seed uint64) bool {
	r.seen++
	if r.hasSeed {
		seed = r.seed
	}
	switch {
	case r.times > 0 && r.fired >= r.times,
		r.nth > 0 && r.seen != r.nth,
		r.first > 0 && r.seen > r.first,
		r.after > 0 && r.seen <= r.after,
		r.every > 0 && r.seen%r.every != 0:
		return false
	}
	if !r.hasChance {
		return true
	}
	draw := float64(mix(seed^uint64(r.line)<<32, uint64(r.seen))>>11) / (1 << 53)
	return draw < r.chance
}

// spoil answers the way a fault says. out is what a normal answer would be.
func (s *Server) spoil(ctx context.Context, out answer, fault effect) answer {
	const page = "<!DOCTYPE html><html><head><title>Error</title></head><body>Sorry, something went wrong.</body></html>"
	switch fault.reply {
	case replyNormal:
	case replyDrop:
		drop()
	case replyHang:
		select {
		case <-ctx.Done():
		case <-s.closed:
		}
		drop()
	case replyCut:
		out.cut = true
	case reply500:
		return answer{status: http.StatusInternalServerError, body: []byte(page)}
	case replyGarbage:
		return answer{status: http.StatusOK, body: []byte(page)}
	case replyEmpty:
		return answer{status: http.StatusOK}
	case replyNoID:
		return answer{status: http.StatusOK, body: []byte(`{"recipient_id":"0"}`)}
	case replyError:
		return fault.err.answer(s.opts.LocalisedErrors, s.trace())
	}
	return out
}
