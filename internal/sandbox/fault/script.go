package fault

import (
	"strings"
	"sync"
	"time"
)

// Script says what goes wrong, and when. It is read by Parse from
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
	kind      string
	text      string
	listing   bool // only reads of conversations and their messages

	nth, first, after, every, times int // 0 is not given
	chance                          float64
	hasChance                       bool
	seed                            uint64
	hasSeed                         bool

	seen, fired int
	effect      Effect
}

// Effect is what one call meets with. The zero Effect is none.
type Effect struct {
	Name     string // the action's, as the script has it
	Refuse   bool   // the call takes no effect
	Error    *Error // of Refuse, or of Refusal as the Reply
	Reply    Reply
	Delay    time.Duration // the answer comes that much later
	Stale    time.Duration // reads see what there was that long ago
	Identity string        // /me answers with this user_id; "" is its own
}

// Error is a Graph error, as a script names it.
type Error struct {
	Code, Sub int
	Status    int // of HTTP; 0 is the one that the platform uses for the code
	Regain    int // minutes until a rate limit ends; 0 says nothing about it
}

// Reply is the way a call is answered.
type Reply int

// The replies. Normal is the zero value.
const (
	Normal  Reply = iota
	Drop          // the connection closes without an answer
	Hang          // no answer until the client goes away
	Cut           // the connection closes in the middle of the answer
	Page          // HTTP 500 with a page that is no Graph error
	Garbage       // HTTP 200 with something that is no JSON
	Empty         // HTTP 200 with nothing
	NoID          // HTTP 200 without message_id
	Refusal       // a Graph error
)

// Call is what conditions look at.
type Call struct {
	Method    string // POST, GET
	Path      string
	Account   string // of the path; me where it says so
	Recipient string // the person that the call is about, if it is about one
	Kind      string // of what a POST sends: see Script
	Text      string // of the message
	Listing   bool   // the call reads conversations or their messages
}

// Match counts a call and finds what it meets with. A nil script is one
// without rules. The seed is for rules with a chance and without a seed of their
// own.
func (sc *Script) Match(about Call, seed uint64) Effect {
	var out Effect
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
		if r.effect.Delay > 0 {
			r.fired++
			out.Delay += r.effect.Delay
			continue
		}
		if decided {
			continue
		}
		r.fired++
		decided = true
		delay := out.Delay
		out = r.effect
		out.Delay = delay
	}
	return out
}

func (r *rule) fits(about Call) bool {
	return (r.method == "" || r.method == about.Method) &&
		(r.account == "" || r.account == about.Account) &&
		(r.recipient == "" || r.recipient == about.Recipient) &&
		(r.kind == "" || r.kind == about.Kind) &&
		(!r.listing || about.Listing) &&
		strings.Contains(about.Path, r.path) &&
		strings.Contains(about.Text, r.text)
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

// mix turns a seed and a counter into a well spread number (splitmix64).
func mix(seed, n uint64) uint64 {
	x := seed + (n+1)*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
