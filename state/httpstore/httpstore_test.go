package httpstore

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"herald/state"
	"herald/state/seal"
	"herald/state/storetest"
)

func sealer(t testing.TB) state.Sealer {
	t.Helper()
	k, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	s, err := seal.New(seal.Options{Recipients: []string{k.Recipient().String()}, Identities: k.String()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// gone is the network of a process that was killed.
type gone struct {
	http.RoundTripper
	dead chan struct{}
}

func (g gone) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-g.dead:
		return nil, errors.New("the process is dead")
	default:
		return g.RoundTripper.RoundTrip(r)
	}
}

func TestContract(t *testing.T) {
	for _, tc := range []struct {
		name   string
		gitlab bool
		sealer state.Sealer
	}{{name: "terraform"}, {name: "gitlab", gitlab: true}, {name: "sealed", sealer: sealer(t)}} {
		t.Run(tc.name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) storetest.Factory {
				s := newServer(t)
				s.gitlab = tc.gitlab
				free := func() { s.set(func() { s.lock = nil }) }
				var dead sync.Map // of state.Store to chan struct{}
				return storetest.Factory{
					Open: func() state.Store {
						o := s.options()
						o.Sealer = tc.sealer
						d := make(chan struct{})
						o.HTTPClient = &http.Client{Transport: gone{http.DefaultTransport, d}}
						store := New(o)
						dead.Store(store, d)
						return store
					},
					BreakLock: free,
					FailWrites: func() {
						s.failing(http.MethodPost, "/state", func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) })
					},
					// Nobody but a person frees the lock of a process that died.
					Crash: func(store state.Store, _ state.Session) {
						d, _ := dead.Load(store)
						close(d.(chan struct{}))
						free()
					},
				}
			})
		})
	}
}

func TestHolder(t *testing.T) {
	since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tc := range []struct {
		name, lock string
		gitlab     bool
		answer     string // in the place of the lock
		want       *state.Holder
	}{
		{name: "free"},
		{
			name: "Terraform", lock: `{"ID":"6ba7b810-9dad","Operation":"OperationTypeApply","Info":"","Who":"eve@laptop","Version":"1.9.0","Created":"2026-01-02T03:04:05Z","Path":""}`,
			want: &state.Holder{Nonce: "6ba7b810-9dad", Who: "eve@laptop", Operation: "OperationTypeApply", Since: since},
		},
		{
			name: "GitLab", gitlab: true, lock: `{"ID":"n9.7.state-rm","Who":"eve","Created":"2026-01-02T03:04:05.000Z"}`,
			want: &state.Holder{Nonce: "n9", Who: "eve", Process: 7, Operation: "state-rm", Since: since},
		},
		{name: "ID alone", lock: "{}", answer: "n9.7.apply\n", want: &state.Holder{Nonce: "n9", Who: "an unknown user", Process: 7, Operation: "apply"}},
		{name: "nothing said", lock: "{}", answer: "<p>locked</p>", want: &state.Holder{Who: "an unknown process"}},
		{name: "hostile", lock: `{"ID":"x\u001b[31m","Who":"eve\u202e\n` + strings.Repeat("a", 500) + `"}`, want: &state.Holder{Nonce: "x[31m", Who: "eve" + strings.Repeat("a", 198) + "…"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newServer(t)
			s.gitlab = tc.gitlab
			if tc.lock != "" {
				s.lock = []byte(tc.lock)
			}
			if tc.answer != "" {
				s.failing("LOCK", "/state", func(w http.ResponseWriter) {
					w.WriteHeader(http.StatusLocked)
					_, _ = w.Write([]byte(tc.answer))
				})
			}
			h, err := s.store().Holder(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, h); diff != "" {
				t.Errorf("the holder differs (-want +got):\n%s", diff)
			}
			if tc.lock == "" && s.lock != nil {
				t.Errorf("whoever looked has kept the lock: %s", s.lock)
			}
		})
	}
}

// Whoever may read and not lock is told nothing of a holder, and is not refused.
func TestHolderForReaders(t *testing.T) {
	s := newServer(t)
	s.failing("LOCK", "/state", func(w http.ResponseWriter) { w.WriteHeader(http.StatusForbidden) })
	if h, err := s.store().Holder(t.Context()); h != nil || err != nil {
		t.Errorf("Holder = %v, %v", h, err)
	}
	if h, err := New(Options{Address: s.URL}).Holder(t.Context()); h != nil || err != nil {
		t.Errorf("without an address for the lock: %v, %v", h, err)
	}
}

func TestForceUnlock(t *testing.T) {
	s := newServer(t)
	if err := s.store().ForceUnlock(t.Context(), "n1"); !errors.Is(err, state.ErrNotLocked) {
		t.Errorf("of a free lock: %v", err)
	}
	x, _ := s.begin()
	var other *state.NonceError
	if err := s.store().ForceUnlock(t.Context(), "n2"); !errors.As(err, &other) || other.Holder == nil || other.Holder.Who != "ana@host" {
		t.Errorf("of another: %v", err)
	}
	if x.Context().Err() != nil {
		t.Fatal("the lock of another was taken away")
	}
	if err := s.store().ForceUnlock(t.Context(), "n1"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-x.Context().Done():
	case <-time.After(30 * time.Second):
		t.Fatal("the session has not noticed")
	}
	if err := x.Append(t.Context(), storetest.Message("a", state.Intent, 1)); !errors.Is(err, state.ErrLockLost) {
		t.Errorf("Append says %v", err)
	}
	if err := x.Unlock(); !errors.Is(err, state.ErrLockLost) {
		t.Errorf("Unlock says %v", err)
	}
}

// One who looks has the lock for a moment. If that one dies, nobody needs to
// free it.
func TestLookThatStayed(t *testing.T) {
	s := newServer(t)
	s.lock = []byte(`{"ID":"abc.0.look","Operation":"look","Who":"herald"}`)
	x, err := s.store().Lock(t.Context(), state.Holder{Nonce: "n1"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Unlock(); err != nil {
		t.Error(err)
	}
	if h, err := s.store().Holder(t.Context()); h != nil || err != nil {
		t.Errorf("Holder = %v, %v", h, err)
	}
}

func TestReplace(t *testing.T) {
	s := newServer(t)
	x, _ := s.begin()
	r := state.NewRecord("lineage-2")
	r.Serial = 7
	r.Put(storetest.Message("a", state.Sent, 3))
	if err := x.(state.Replacer).Replace(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := x.Append(t.Context(), storetest.Message("b", state.Intent, 1)); err != nil {
		t.Fatal(err)
	}
	r.Put(storetest.Message("b", state.Intent, 1))
	s.holds(r)
	if err := x.Snapshot(t.Context(), r); err != nil || r.Serial != 8 {
		t.Errorf("a snapshot afterwards: %v, serial %d", err, r.Serial)
	}
}

// A server may keep the document in whatever form it likes.
func TestServerThatWritesAnew(t *testing.T) {
	s := newServer(t)
	x, r := s.begin()
	reordered := func() {
		s.set(func() {
			d := strings.ReplaceAll(strings.TrimSpace(string(s.stored)), "\n", "  ")
			s.stored = []byte(strings.Replace(d, `"herald":1,`, "", 1))
			s.stored = []byte(strings.Replace(string(s.stored), `"version"`, `"herald" : 1, "version"`, 1))
		})
	}
	reordered()
	s.holds(r)
	if _, err := x.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.set(func() {
		s.after = func(r *http.Request) bool {
			if r.Method == http.MethodPost {
				reordered()
			}
			return r.Method == http.MethodPost
		}
	})
	e := storetest.Message("a", state.Intent, 1)
	if err := x.Append(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	r.Put(e)
	s.holds(r)
}

// Nobody overwrites what another has written meanwhile without noticing.
func TestChangedUnderTheLock(t *testing.T) {
	s := newServer(t)
	x, _ := s.begin()
	s.set(func() { s.stored = []byte(strings.Replace(string(s.stored), `"serial":1,`, `"serial":5,`, 1)) })
	if _, err := x.Load(context.Background()); err == nil || !strings.Contains(err.Error(), "something else has written the record while it was locked") {
		t.Errorf("Load says %v", err)
	}
}
