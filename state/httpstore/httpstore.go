package httpstore

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"herald/state"
)

// What Options that are left empty stand for.
const (
	DefaultUpdateMethod = http.MethodPost
	DefaultLockMethod   = "LOCK"
	DefaultUnlockMethod = "UNLOCK"
	DefaultTimeout      = 60 * time.Second
	DefaultPause        = 500 * time.Millisecond
	DefaultPoll         = 15 * time.Second
)

// Options are the settings of a Store. Only Address is needed for reading, and
// LockAddress for writing.
type Options struct {
	// Address is where the state is read and written, http or https.
	Address string
	// UpdateMethod is the method of a write.
	UpdateMethod string
	// LockAddress is where the lock is taken. Without it Lock is refused.
	LockAddress string
	LockMethod  string
	// UnlockAddress is where the lock is given back; LockAddress if empty.
	UnlockAddress string
	UnlockMethod  string
	// Username and Password are sent by basic authentication if either is set.
	Username, Password string
	// Headers are sent with every request.
	Headers map[string]string
	// SkipCertVerification trusts any certificate.
	SkipCertVerification bool
	// CACertificates, PEM, are trusted instead of the system's.
	CACertificates string
	// ClientCertificate and ClientKey, PEM, show the server who asks.
	ClientCertificate, ClientKey string
	// Sealer encrypts the record; nil: it is not encrypted.
	Sealer state.Sealer
	// HTTPClient makes the requests in the place of one that follows the
	// settings above; for tests. It follows no redirect.
	HTTPClient *http.Client
	// Timeout is how long one request may take.
	Timeout time.Duration
	// Pause is the first wait before a reading is repeated, or the lock tried
	// again; each further one is twice as long, up to 16 times the first.
	Pause time.Duration
	// Poll is how often a holder looks whether it still has the lock.
	Poll time.Duration
}

// Store keeps a record on a server. It is a state.Store.
type Store struct {
	o      Options
	client *http.Client
	at     string // Address without what may be secret
	bad    error  // why nothing can be asked of the server
}

var _ state.Unlocker = (*Store)(nil)

// New returns the store of an address. It asks the server nothing; settings
// that cannot be used are told by the first call.
func New(o Options) *Store {
	or := func(s *string, usual string) {
		if *s == "" {
			*s = usual
		}
	}
	or(&o.UpdateMethod, DefaultUpdateMethod)
	or(&o.LockMethod, DefaultLockMethod)
	or(&o.UnlockMethod, DefaultUnlockMethod)
	or(&o.UnlockAddress, o.LockAddress)
	for _, d := range []struct {
		set   *time.Duration
		usual time.Duration
	}{{&o.Timeout, DefaultTimeout}, {&o.Pause, DefaultPause}, {&o.Poll, DefaultPoll}} {
		if *d.set <= 0 {
			*d.set = d.usual
		}
	}
	s := &Store{o: o, at: shown(o.Address)}
	s.client, s.bad = s.newClient()
	return s
}

// shown returns an address without user, password, query and fragment.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "the HTTP address"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// Location returns the address, without what could be secret in it.
func (s *Store) Location() string { return s.at }

// Load reads the record as state.Store says.
func (s *Store) Load(ctx context.Context) (*state.Record, error) {
	r, _, err := s.load(ctx)
	return state.Unmarked(r, s.at, err)
}

// load reads the record and the serial of the document that holds it.
func (s *Store) load(ctx context.Context) (*state.Record, uint64, error) {
	body, err := s.read(ctx)
	if err != nil {
		return nil, 0, err
	}
	return s.unwrap(body)
}

// Lock takes the lock as state.Store says.
func (s *Store) Lock(ctx context.Context, who state.Holder, wait time.Duration) (state.Session, error) {
	if s.bad == nil && s.o.LockAddress == "" {
		return nil, s.problem("there is no address for the lock", "Without a lock two runs could send the same message, so Herald "+
			"writes to no server without one. Give it in the state block, as the server's documentation says:\n\n"+
			"  lock_address = \"…\"\n\nNothing was sent.", nil)
	}
	id, err := newLockID(who)
	if err != nil {
		return nil, err
	}
	info := newLockInfo(id, who)
	deadline := time.Now().Add(wait)
	var looking stay
	for pause := s.o.Pause; ; pause = min(2*pause, 16*s.o.Pause) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		held, err := s.tryLock(ctx, info)
		if err != nil {
			return nil, err
		}
		if held == nil {
			if err := s.locks(ctx, info); err != nil {
				return nil, err
			}
			return newSession(s, info), nil
		}
		left := time.Until(deadline)
		if held.looking() {
			// It protects nothing. If whoever took it to look has died, it is freed.
			if time.Until(deadline) > -64*s.o.Pause {
				left = max(left, s.o.Pause)
			}
			if looking.longer(held.ID, 8*s.o.Pause) {
				if err := s.unlock(ctx, held); err != nil && !errors.Is(err, state.ErrLockLost) {
					return nil, err
				}
			}
		}
		if left <= 0 {
			return nil, &state.LockedError{Location: s.at, Holder: held.holder()}
		}
		if err := sleep(ctx, min(pause, left)); err != nil {
			return nil, err
		}
	}
}

// locks asks for the lock once more, which the server must refuse: one that
// gives it to everybody has none.
func (s *Store) locks(ctx context.Context, info *lockInfo) error {
	_, free, err := s.look(ctx)
	if err == nil && free {
		err = s.problem("the server gives the lock to two at once, so it keeps nobody out",
			"Without a lock two runs could send the same message. Look whether lock_address, lock_method and unlock_method are those of the server's documentation. Nothing was sent.", nil)
	}
	if err != nil {
		s.giveUp(ctx, info)
	}
	return err
}

// stay watches how long a lock stays the same.
type stay struct {
	id    string
	since time.Time
}

// longer reports whether the lock with that ID has been seen for longer than d.
func (s *stay) longer(id string, d time.Duration) bool {
	if s.id != id {
		s.id, s.since = id, time.Now()
	}
	return time.Since(s.since) > d
}

// Holder returns who holds the lock, or nil. The protocol has no call for that,
// so it tries to take the lock, and gives it back at once if it could. It
// returns nil as well if there is no address for the lock, or none that whoever
// asks may use.
func (s *Store) Holder(ctx context.Context) (*state.Holder, error) {
	if s.bad == nil && s.o.LockAddress == "" {
		return nil, nil
	}
	held, _, err := s.look(ctx)
	var refused *statusError
	if errors.As(err, &refused) && (refused.status == http.StatusUnauthorized || refused.status == http.StatusForbidden) {
		return nil, nil
	}
	if err != nil || held == nil || held.looking() {
		return nil, err
	}
	if h := held.holder(); h != nil {
		return h, nil
	}
	return &state.Holder{Who: "an unknown process"}, nil
}

// ForceUnlock takes the lock away as state.Unlocker says. Its session notices at
// its next write, at the latest when it looks.
func (s *Store) ForceUnlock(ctx context.Context, nonce string) error {
	if s.bad == nil && s.o.LockAddress == "" {
		return s.problem("there is no address for the lock, so there is none to free", "Give lock_address in the state block.", nil)
	}
	held, _, err := s.look(ctx)
	switch {
	case err != nil:
		return err
	case held == nil:
		return state.ErrNotLocked
	case held.ID == "":
		held.ID = nonce // the server does not say, so it has to compare
	case held.ID != nonce && held.nonce() != nonce:
		return &state.NonceError{Nonce: nonce, Holder: held.holder()}
	}
	return s.unlock(ctx, held)
}

// problem returns an error about the store.
func (s *Store) problem(problem, advice string, err error) error {
	return &state.StoreError{Store: storeName, Location: s.at, Problem: problem, Advice: advice, Err: err}
}
