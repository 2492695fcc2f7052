package sandbox

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"time"
)

const defaultIGID = "17841400000000000"

// maxRate bounds the memory of a limit.
const maxRate = 1e6

// registry knows the accounts, whose token is whose, and what each may do.
type registry struct {
	open  bool // any account id, any token
	meID  string
	rates RateLimit

	mu     sync.RWMutex
	byID   map[string]*account
	tokens map[[sha256.Size]byte]*account // exact tokens, or in open mode those seen in use
}

type account struct {
	Account
	anyToken bool
	posts    map[string]bool
	people   map[string]Person
	messages limiter
	media    limiter
	reads    limiter
}

func newRegistry(opts Options) (*registry, error) {
	r := &registry{
		open: len(opts.Accounts) == 0, meID: opts.MeIGID, rates: opts.RateLimit,
		byID: map[string]*account{}, tokens: map[[sha256.Size]byte]*account{},
	}
	if r.meID == "" {
		r.meID = defaultIGID
	}
	if !isNumericID(r.meID) {
		return nil, fmt.Errorf("account id %q: it must be digits", r.meID)
	}
	for _, rate := range []float64{r.rates.Messages, r.rates.Media, r.rates.Reads} {
		if !(rate >= 0 && rate <= maxRate) {
			return nil, fmt.Errorf("rate limit %v: it must be a number from 0 to %v", rate, maxRate)
		}
	}
	for _, a := range opts.Accounts {
		if !isNumericID(a.IGID) {
			return nil, fmt.Errorf("account id %q: it must be digits", a.IGID)
		}
		if r.byID[a.IGID] != nil {
			return nil, fmt.Errorf("account %s is there twice", a.IGID)
		}
		added := r.add(a)
		if a.Token == "" {
			continue
		}
		key := sha256.Sum256([]byte(a.Token))
		if other := r.tokens[key]; other != nil {
			return nil, fmt.Errorf("accounts %s and %s have the same token", other.IGID, a.IGID)
		}
		r.tokens[key] = added
	}
	return r, nil
}

// add makes an account from its description. The caller holds the lock, or
// is alone.
func (r *registry) add(a Account) *account {
	if a.ScopedID == "" {
		a.ScopedID = "9" + a.IGID
	}
	if a.Username == "" {
		a.Username = "business_" + a.IGID
	}
	out := &account{
		Account: a, anyToken: a.Token == "",
		messages: newLimiter(r.rates.Messages),
		media:    newLimiter(r.rates.Media),
		reads:    newLimiter(r.rates.Reads),
	}
	if a.Posts != nil {
		out.posts = map[string]bool{}
		for _, p := range a.Posts {
			out.posts[p.ID] = true
		}
	}
	if a.People != nil {
		out.people = map[string]Person{}
		for _, p := range a.People {
			out.people[p.IGSID] = p
		}
	}
	r.byID[a.IGID] = out
	return out
}

// get finds an account; in open mode every numeric id is one.
func (r *registry) get(id string) *account {
	r.mu.RLock()
	a := r.byID[id]
	r.mu.RUnlock()
	if a != nil || !r.open || !isNumericID(id) {
		return a
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.byID[id]; a != nil {
		return a
	}
	return r.add(Account{IGID: id})
}

// known finds an account without making one.
func (r *registry) known(id string) *account {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.byID[id]
}

// authorize finds the account that a token speaks for. want is the account
// that the path names; empty is /me.
func (r *registry) authorize(method, token, want string) (*account, *refusal) {
	if token == "" {
		return nil, errToken("an access token is required")
	}
	key := sha256.Sum256([]byte(token))
	r.mu.RLock()
	owner := r.tokens[key]
	r.mu.RUnlock()
	if want == "" {
		if owner == nil {
			owner = r.guess(token)
		}
		if owner == nil {
			return nil, errToken("Cannot parse access token")
		}
		return owner, nil
	}
	if owner != nil && owner.IGID == want {
		return owner, nil
	}
	if owner != nil && !r.open {
		return nil, errMissing(method, want)
	}
	a := r.get(want)
	switch {
	case a == nil && r.guess(token) != nil:
		return nil, errMissing(method, want)
	case a == nil || !a.anyToken:
		return nil, errToken("Cannot parse access token")
	}
	if r.open {
		r.mu.Lock()
		r.tokens[key] = a
		r.mu.Unlock()
	}
	return a, nil
}

// guess finds the account of a token that is nobody's own: the one whose id
// the token ends in, else the only one there can be.
func (r *registry) guess(token string) *account {
	digits := len(token)
	for digits > 0 && token[digits-1] >= '0' && token[digits-1] <= '9' {
		digits--
	}
	id := token[digits:]
	if a := r.known(id); a != nil && a.anyToken {
		return a
	}
	if r.open {
		if len(id) >= 15 && len(id) <= 20 {
			return r.get(id)
		}
		return r.get(r.meID)
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	var only *account
	for _, a := range r.byID {
		if !a.anyToken {
			continue
		}
		if only != nil {
			return nil
		}
		only = a
	}
	return only
}

// canWriteTo says whether the account has such a person.
func (a *account) canWriteTo(person string) bool {
	if person == a.IGID || person == a.ScopedID || !isNumericID(person) {
		return false
	}
	if a.people == nil {
		return true
	}
	_, ok := a.people[person]
	return ok
}

func (a *account) owns(post string) bool { return a.posts == nil || a.posts[post] }

func (a *account) person(id string) Person {
	p := a.people[id]
	p.IGSID = id
	if p.Username == "" {
		p.Username = "person_" + id
	}
	return p
}

func (r *registry) username(id string) string {
	if a := r.known(id); a != nil {
		return a.Username
	}
	return "business_" + id
}

func (r *registry) personName(accountID, person string) string {
	if a := r.known(accountID); a != nil {
		return a.person(person).Username
	}
	return "person_" + person
}

// limiter refuses a call when as many were let through within its span.
type limiter struct {
	mu    sync.Mutex
	ring  []time.Time // times of the last len(ring) calls; nil is off
	next  int
	span  time.Duration
	count int
}

func newLimiter(rate float64) limiter {
	if rate <= 0 {
		return limiter{}
	}
	n := max(1, int(rate))
	return limiter{ring: make([]time.Time, n), span: time.Duration(float64(n) / rate * float64(time.Second))}
}

func (l *limiter) allow(now time.Time) bool {
	if l.ring == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count >= len(l.ring) && now.Sub(l.ring[l.next]) < l.span {
		return false
	}
	l.ring[l.next] = now
	l.next = (l.next + 1) % len(l.ring)
	l.count++
	return true
}
