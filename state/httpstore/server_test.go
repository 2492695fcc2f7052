package httpstore

import (
	"crypto/subtle"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"herald/state"
)

// server speaks the protocol as Terraform's documentation describes it, keeps
// what it is given, and fails as it is told to.
type server struct {
	*httptest.Server
	t testing.TB

	mu       sync.Mutex
	stored   []byte
	versions []string // every document, in order
	lock     []byte
	calls    []string // methods, in order

	// fault is called before a request is served. It reports whether it has
	// answered already.
	fault func(w http.ResponseWriter, r *http.Request) bool
	// after is called once the request was served, with the answer held back
	// until it returns; it reports whether the answer is to be dropped.
	after func(r *http.Request) bool
	// gitlab makes it answer as GitLab does.
	gitlab bool
	// user and password are wanted if they are set.
	user, password string
}

func newServer(t testing.TB) *server {
	s := &server{t: t}
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ErrorLog = quiet()
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func (s *server) options() Options {
	o := Options{
		Address: s.URL + "/state", LockAddress: s.URL + "/state",
		Poll: 5 * time.Millisecond, Pause: time.Millisecond, Timeout: 10 * time.Second,
	}
	if s.gitlab {
		o.LockAddress, o.LockMethod, o.UnlockMethod = s.URL+"/state/lock", http.MethodPost, http.MethodDelete
	}
	return o
}

func (s *server) store() *Store { return New(s.options()) }

func (s *server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	fault, after := s.fault, s.after
	s.calls = append(s.calls, r.Method+" "+r.URL.Path)
	s.mu.Unlock()
	if fault != nil && fault(w, r) {
		return
	}
	if s.user != "" {
		user, password, _ := r.BasicAuth()
		if user != s.user || subtle.ConstantTimeCompare([]byte(password), []byte(s.password)) != 1 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	s.mu.Lock()
	status, text := s.serve(r, body)
	s.mu.Unlock()
	if after != nil && after(r) {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

func (s *server) serve(r *http.Request, body []byte) (int, []byte) {
	what := r.Method
	if s.gitlab && r.URL.Path == "/state/lock" {
		what = map[string]string{http.MethodPost: "LOCK", http.MethodDelete: "UNLOCK"}[r.Method]
	}
	switch what {
	case http.MethodGet:
		if s.stored == nil {
			return http.StatusNoContent, nil
		}
		return http.StatusOK, s.stored
	case http.MethodPost:
		if s.lock != nil && r.URL.Query().Get("ID") != lockID(s.lock) || s.lock == nil && r.URL.Query().Get("ID") != "" {
			return http.StatusConflict, s.lock
		}
		if s.gitlab {
			if status := s.newVersion(body); status != http.StatusOK {
				return status, nil
			}
		}
		s.stored = body
		s.versions = append(s.versions, string(body))
		return http.StatusOK, nil
	case "LOCK":
		return s.doLock(body)
	case "UNLOCK":
		if s.lock == nil || lockID(s.lock) != lockID(body) {
			return http.StatusConflict, s.lock
		}
		s.lock = nil
		return http.StatusOK, nil
	}
	return http.StatusMethodNotAllowed, nil
}

// newVersion does what GitLab does before it stores a state: it must be JSON,
// and have a serial that no version had.
func (s *server) newVersion(body []byte) int {
	var d, last struct{ Serial *uint64 }
	if json.Unmarshal(body, &d) != nil || d.Serial == nil {
		return http.StatusUnprocessableEntity
	}
	if s.stored != nil && json.Unmarshal(s.stored, &last) == nil && *d.Serial <= *last.Serial {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

func (s *server) doLock(body []byte) (int, []byte) {
	if !s.gitlab {
		if s.lock != nil {
			return http.StatusLocked, s.lock
		}
		s.lock = body
		return http.StatusOK, nil
	}
	// GitLab wants every field, and answers with those of whoever asks, ID, Who
	// and Created apart.
	var fields map[string]any
	if json.Unmarshal(body, &fields) != nil {
		return http.StatusBadRequest, nil
	}
	for _, name := range []string{"ID", "Operation", "Info", "Who", "Version", "Created", "Path"} {
		if _, ok := fields[name].(string); !ok {
			return http.StatusBadRequest, []byte(name + " is missing")
		}
	}
	status := http.StatusOK
	if s.lock != nil {
		status = http.StatusConflict
	} else {
		s.lock = body
	}
	var holder map[string]any
	if err := json.Unmarshal(s.lock, &holder); err != nil {
		s.t.Error(err)
	}
	fields["ID"], fields["Created"], fields["Who"] = holder["ID"], holder["Created"], holder["Who"]
	text, err := json.Marshal(fields)
	if err != nil {
		s.t.Error(err)
	}
	return status, text
}

func lockID(body []byte) string {
	var l struct{ ID string }
	_ = json.Unmarshal(body, &l)
	return l.ID
}

// begin locks the place and stores a new record there.
func (s *server) begin() (state.Session, *state.Record) {
	s.t.Helper()
	x, err := s.store().Lock(s.t.Context(), state.Holder{Nonce: "n1", Who: "ana@host", Process: 42, Operation: "apply"}, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = x.Unlock() })
	r := state.NewRecord("lineage-1")
	if err := x.Snapshot(s.t.Context(), r); err != nil {
		s.t.Fatal(err)
	}
	return x, r
}
