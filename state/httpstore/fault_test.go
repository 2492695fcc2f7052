package httpstore

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"herald/state"
	"herald/state/storetest"
)

// failing answers those calls in the place of the server.
func (s *server) failing(method, path string, answer func(http.ResponseWriter)) {
	s.set(func() {
		s.fault = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != method || r.URL.Path != path {
				return false
			}
			answer(w)
			return true
		}
	})
}

// dropping serves the next n calls of the method, and drops the answers.
func (s *server) dropping(method string, n int) {
	s.set(func() {
		s.after = func(r *http.Request) bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			if r.Method != method || n == 0 {
				return false
			}
			n--
			return true
		}
	})
}

func (s *server) holds(r *state.Record) {
	s.t.Helper()
	got, err := s.store().Load(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	if want, text := storetest.Text(s.t, r), storetest.Text(s.t, got); want != text {
		s.t.Errorf("the record is\n%s\nwant\n%s", text, want)
	}
}

// count returns how often a call was made.
func (s *server) count(call string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, c := range s.calls {
		if c == call {
			n++
		}
	}
	return n
}

// told checks that the error says that, with advice.
func told(t *testing.T, err error, want string) *state.StoreError {
	t.Helper()
	var e *state.StoreError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a StoreError: %s", err, want)
	}
	if e.Problem != want || e.Advice == "" || e.Store != "http" || e.Location == "" {
		t.Errorf("got  %q\nwant %q\nadvice %q", e.Problem, want, e.Advice)
	}
	return e
}

// The write was stored and its answer lost: the server shows that it has it.
func TestAnswerLostAfterAWrite(t *testing.T) {
	s := newServer(t)
	x, r := s.begin()
	s.dropping(http.MethodPost, 1)
	a, b := storetest.Message("a", state.Intent, 1), storetest.Message("b", state.Intent, 1)
	for _, e := range []state.Entry{a, b} {
		if err := x.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		r.Put(e)
	}
	s.holds(r)
	if n := s.count("POST /state"); n != 3 {
		t.Errorf("%d writes, want 3", n)
	}
}

// The write did not arrive: it is not repeated, and nothing more is written.
func TestWriteLost(t *testing.T) {
	s := newServer(t)
	x, r := s.begin()
	s.failing(http.MethodPost, "/state", func(http.ResponseWriter) { panic(http.ErrAbortHandler) })
	err := x.Append(t.Context(), storetest.Message("a", state.Intent, 1))
	told(t, err, "the connection ended before the answer was complete")
	s.set(func() { s.fault = nil })
	if err := x.Append(t.Context(), storetest.Message("b", state.Intent, 1)); err == nil ||
		!strings.HasPrefix(err.Error(), "nothing more can be recorded in this run: ") {
		t.Errorf("an append after it: %v", err)
	}
	if err := x.Snapshot(t.Context(), r); err == nil {
		t.Error("a snapshot after it was written")
	}
	if n := s.count("POST /state"); n != 2 {
		t.Errorf("%d writes, want 2", n)
	}
	s.holds(r)
	if err := x.Unlock(); err != nil {
		t.Fatal(err)
	}
	y, err := s.store().Lock(t.Context(), state.Holder{Nonce: "n2"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	e := storetest.Message("c", state.Intent, 1)
	if err := y.Append(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	r.Put(e)
	s.holds(r)
	if err := y.Unlock(); err != nil {
		t.Error(err)
	}
}

// Servers say in several ways that a write came without the lock.
func TestWriteWithoutTheLock(t *testing.T) {
	for _, status := range []int{http.StatusConflict, http.StatusLocked, http.StatusBadRequest, http.StatusInternalServerError} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			s := newServer(t)
			x, r := s.begin()
			s.set(func() { s.lock = []byte(`{"ID":"n2.7.apply","Who":"bob@other"}`) })
			s.failing(http.MethodPost, "/state", func(w http.ResponseWriter) { w.WriteHeader(status) })
			if err := x.Append(t.Context(), storetest.Message("a", state.Intent, 1)); !errors.Is(err, state.ErrLockLost) {
				t.Errorf("Append says %v", err)
			}
			<-x.Context().Done()
			if err := x.Unlock(); !errors.Is(err, state.ErrLockLost) {
				t.Errorf("Unlock says %v", err)
			}
			s.set(func() { s.fault = nil })
			s.holds(r)
			if lockID(s.lock) != "n2.7.apply" {
				t.Error("the lock of another was taken away")
			}
		})
	}
}

// A conflict with what is stored is none of locks: the lock is given back.
func TestConflictUnderTheLock(t *testing.T) {
	s := newServer(t)
	x, r := s.begin()
	s.failing(http.MethodPost, "/state", func(w http.ResponseWriter) { w.WriteHeader(http.StatusConflict) })
	err := x.Append(t.Context(), storetest.Message("a", state.Intent, 1))
	told(t, err, "the server does not take the record as it is")
	if err := x.Unlock(); err != nil || s.lock != nil {
		t.Errorf("Unlock says %v, and the lock is %s", err, s.lock)
	}
	s.set(func() { s.fault = nil })
	s.holds(r)
}

func TestLockWhoseAnswerIsLost(t *testing.T) {
	s := newServer(t)
	s.dropping("LOCK", 1)
	_, err := s.store().Lock(t.Context(), state.Holder{Nonce: "n1"}, 0)
	told(t, err, "the connection ended before the answer was complete")
	if s.lock != nil {
		t.Errorf("the lock stayed: %s", s.lock)
	}
}

func TestUnlock(t *testing.T) {
	s := newServer(t)
	x, _ := s.begin()
	s.dropping("UNLOCK", 1)
	if err := x.Unlock(); err != nil {
		t.Errorf("with one answer lost: %v", err)
	}
	s = newServer(t)
	x, _ = s.begin()
	s.failing("UNLOCK", "/state", func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) })
	e := told(t, x.Unlock(), "the lock was not given back")
	if !strings.Contains(e.Advice, "\n\n  herald force-unlock n1\n\n") {
		t.Errorf("advice: %s", e.Advice)
	}
}

// Readings are repeated.
func TestReadingIsRepeated(t *testing.T) {
	s := newServer(t)
	x, r := s.begin()
	n := 0
	s.set(func() {
		s.fault = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodGet {
				return false
			}
			n++
			switch n {
			case 1:
				w.WriteHeader(http.StatusServiceUnavailable)
			case 2:
				panic(http.ErrAbortHandler)
			case 3:
				w.Header().Set("Content-Length", "1000")
				_, _ = w.Write([]byte("{"))
				panic(http.ErrAbortHandler)
			default:
				return false
			}
			return true
		}
	})
	s.holds(r)
	if n != 4 {
		t.Errorf("%d readings, want 4", n)
	}
	if _, err := x.Load(t.Context()); err != nil {
		t.Error(err)
	}
}

// What the server answers instead of a record.
func TestWhatIsThere(t *testing.T) {
	s := newServer(t)
	for _, tc := range []struct {
		name, kind, body string
		status           int
		want             string
	}{
		{name: "nothing", status: 404, want: "there is no record: the server answered 404"},
		{name: "empty", status: 200, want: "there is no record: the server answered with nothing"},
		{name: "blanks", status: 200, body: " \n", want: "there is no record: the server answered with nothing"},
		{name: "login", status: 200, kind: "text/html; charset=utf-8", body: "<!DOCTYPE html><form action=/sign_in>", want: "a web page came instead of the record, perhaps one to log in at"},
		{name: "login without a type", status: 200, kind: "application/octet-stream", body: "\n <html>", want: "a web page came instead of the record, perhaps one to log in at"},
		{name: "no rights", status: 403, want: "the credentials do not allow to read the record: reading the record: the server answered 403 Forbidden"},
		{name: "no login", status: 401, want: "the server wants credentials, and there are none: reading the record: the server answered 401 Unauthorized"},
		{name: "failure", status: 500, want: "the server failed: reading the record: the server answered 500 Internal Server Error"},
		{name: "teapot", status: 418, want: "the server refused: reading the record: the server answered 418 I'm a teapot"},
		{name: "text", status: 200, body: "ok", want: "what the server holds is not JSON"},
		{name: "cut off", status: 200, body: `{"version":1001,"serial":1,"lin`, want: "what the server holds is not JSON"},
		{name: "Terraform", status: 200, body: `{"version":4,"terraform_version":"1.9.0","serial":3,"lineage":"x","outputs":{},"resources":[]}`, want: "this is a state of Terraform, not a record of Herald"},
		{name: "other JSON", status: 200, body: `{"message":"hello"}`, want: "what the server holds is no document of Herald"},
		{name: "a list", status: 200, body: `[1]`, want: "what the server holds is no document of Herald"},
		{name: "newer", status: 200, body: `{"version":1002,"serial":1,"lineage":"x","herald":2,"record":""}`, want: "a newer Herald wrote this document: its version is 2, and this Herald knows up to 1"},
		{name: "no record", status: 200, body: `{"version":1001,"serial":1,"lineage":"x","herald":1}`, want: "the document of Herald is not complete"},
		{name: "damaged", status: 200, body: `{"version":1001,"serial":1,"lineage":"x","herald":1,"record":"H4sIAAAA"}`, want: "the record in the document is damaged: unexpected EOF"},
		{name: "encrypted", status: 200, body: `{"version":1001,"serial":1,"lineage":"x","herald":1,"record":"YWdlLWVuY3J5cHRpb24ub3JnL3YxCg=="}`, want: "this is encrypted, and no encryption is configured"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s.failing(http.MethodGet, "/state", func(w http.ResponseWriter) {
				w.Header().Set("Content-Type", tc.kind)
				w.WriteHeader(tc.status)
				_, _ = w.Write([]byte(tc.body))
			})
			x, err := s.store().Lock(t.Context(), state.Holder{Nonce: "n1"}, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = x.Unlock() }()
			_, err = x.Load(t.Context())
			if err == nil || err.Error() != s.URL+"/state: "+tc.want {
				t.Errorf("got  %v\nwant %s: %s", err, s.URL+"/state", tc.want)
			}
			// Whatever is there is not written over.
			if errors.Is(err, state.ErrNoRecord) {
				return
			}
			if x.Snapshot(t.Context(), state.NewRecord("l")) == nil || s.count("POST /state") > 0 {
				t.Error("it was written over")
			}
		})
	}
}

// A redirect is followed by no call, so that neither record nor credentials go
// where it leads.
func TestRedirects(t *testing.T) {
	elsewhere := newServer(t)
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		for _, method := range []string{http.MethodGet, http.MethodPost, "LOCK"} {
			s := newServer(t)
			o := s.options()
			o.Username, o.Password, o.Headers = "ana", "hunter2", map[string]string{"Private-Token": "hunter3"}
			s.failing(method, "/state", func(w http.ResponseWriter) {
				w.Header().Set("Location", elsewhere.URL+"/sign_in?token=hunter2")
				w.WriteHeader(status)
			})
			x, err := New(o).Lock(t.Context(), state.Holder{Nonce: "n1"}, 0)
			if err == nil {
				err = x.Snapshot(t.Context(), state.NewRecord("l"))
				_ = x.Unlock()
			}
			e := told(t, err, "the server sends on to "+elsewhere.URL+"/sign_in")
			if strings.Contains(e.Error()+e.Advice, "hunter") {
				t.Errorf("a secret is told: %v", err)
			}
		}
	}
	if len(elsewhere.calls) > 0 {
		t.Errorf("the redirect was followed: %q", elsewhere.calls)
	}
}

// No error holds a password, a header, or what stands in the address.
func TestCredentials(t *testing.T) {
	s := newServer(t)
	s.user, s.password = "ana", "hunter2"
	o := s.options()
	o.Username, o.Password = "ana", "hunter2"
	x, err := New(o).Lock(t.Context(), state.Holder{Nonce: "n1"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Snapshot(t.Context(), state.NewRecord("l")); err != nil {
		t.Fatal(err)
	}
	if err := x.Unlock(); err != nil {
		t.Fatal(err)
	}
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for _, address := range []string{s.URL + "/state", closed.URL, "http://[::1", "ftp://host/", "http://hunter5\x7f@host/"} {
		u, err := url.Parse(address)
		if err == nil {
			u.User, u.RawQuery = url.UserPassword("hunter4", "hunter5"), "private_token=hunter6"
			address = u.String()
		}
		store := New(Options{Address: address, LockAddress: address, Username: "ana", Password: "hunter9", Headers: map[string]string{"Job-Token": "hunter7"}, Pause: time.Millisecond})
		_, load := store.Load(t.Context())
		_, lock := store.Lock(t.Context(), state.Holder{}, 0)
		_, look := store.Holder(t.Context())
		for _, err := range []error{load, lock, look, store.ForceUnlock(t.Context(), "n")} {
			var e *state.StoreError
			if err == nil {
				continue
			}
			if !errors.As(err, &e) || strings.Contains(e.Error()+e.Advice+e.Location+store.Location(), "hunter") {
				t.Errorf("%s: %v", address, err)
			}
		}
		if load == nil {
			t.Errorf("%s: loaded", address)
		}
	}
}

func TestNoLockAddress(t *testing.T) {
	s := newServer(t)
	store := New(Options{Address: s.URL + "/state"})
	_, err := store.Lock(t.Context(), state.Holder{}, time.Minute)
	e := told(t, err, "there is no address for the lock")
	if !strings.Contains(e.Advice, "lock_address = ") {
		t.Errorf("advice: %s", e.Advice)
	}
	told(t, store.ForceUnlock(t.Context(), "n"), "there is no address for the lock, so there is none to free")
	if len(s.calls) > 0 {
		t.Errorf("calls: %q", s.calls)
	}
}

// answering makes the server answer the methods with 200 and do nothing.
func answering(methods ...string) func(w http.ResponseWriter, r *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !slices.Contains(methods, r.Method) {
			return false
		}
		w.WriteHeader(http.StatusOK)
		return true
	}
}

func TestServerThatLocksNobodyOut(t *testing.T) {
	s := newServer(t)
	s.fault = answering("LOCK", "UNLOCK")
	_, err := s.store().Lock(t.Context(), state.Holder{Nonce: "n"}, 0)
	told(t, err, "the server gives the lock to two at once, so it keeps nobody out")
}

func TestServerThatKeepsNothing(t *testing.T) {
	s := newServer(t)
	s.fault = answering(http.MethodPost)
	x, err := s.store().Lock(t.Context(), state.Holder{Nonce: "n"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = x.Unlock() }() // the test is about the write
	told(t, x.Snapshot(t.Context(), state.NewRecord("lineage")), "the server said that the record is stored, and does not have it")
}

// GitLab's methods were not given, or a server has no locks.
func TestMethodNotKnown(t *testing.T) {
	for status, want := range map[int]string{
		405: "the server does not know that method there", 501: "the server does not know that method there",
		404: "the server has nothing there", 403: "the credentials do not allow to write the record",
	} {
		s := newServer(t)
		s.failing("LOCK", "/state", func(w http.ResponseWriter) { w.WriteHeader(status) })
		_, err := s.store().Lock(t.Context(), state.Holder{}, 0)
		told(t, err, want)
	}
}

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

type brokenNetwork struct{ err error }

func (b brokenNetwork) RoundTrip(*http.Request) (*http.Response, error) { return nil, b.err }

func TestTransport(t *testing.T) {
	silent := newServer(t)
	silent.failing(http.MethodGet, "/state", func(http.ResponseWriter) { time.Sleep(400 * time.Millisecond) })
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	secure.Config.ErrorLog = quiet()
	secure.StartTLS()
	t.Cleanup(secure.Close)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}))
	expired := x509.CertificateInvalidError{Reason: x509.Expired, Cert: secure.Certificate()}
	for _, tc := range []struct {
		name, want string
		o          Options
	}{
		{"host", "the host is not known", Options{Address: "https://host.invalid/", HTTPClient: &http.Client{Transport: brokenNetwork{&net.DNSError{Err: "no such host", Name: "host.invalid", IsNotFound: true}}}}},
		{"refused", "nothing answers at that host and port", Options{Address: closed.URL}},
		{"silent", "the server did not answer in time", Options{Address: silent.URL + "/state", Timeout: 50 * time.Millisecond}},
		{"untrusted", "the server's certificate is not trusted", Options{Address: secure.URL}},
		{"other name", "the server's certificate is for another host", Options{Address: strings.Replace(secure.URL, "127.0.0.1", "localhost", 1), CACertificates: ca}},
		{"expired", "the server's certificate has expired, or is not valid yet", Options{Address: secure.URL, HTTPClient: &http.Client{Transport: brokenNetwork{expired}}}},
		{"no TLS", "the server does not speak TLS there", Options{Address: strings.Replace(silent.URL, "http:", "https:", 1)}},
		{"no certificates", "the certificates to trust hold none", Options{Address: secure.URL, CACertificates: "none"}},
		{"half a client", "the client's certificate and key cannot be used", Options{Address: secure.URL, ClientKey: "none"}},
		{"no address", "there is no address", Options{}},
		{"no scheme", "address is not an address of the web", Options{Address: "host/path"}},
		{"scheme", "lock_address is not an address of the web", Options{Address: secure.URL, LockAddress: "ftp://host"}},
		{"method", `"A B" is no method of HTTP`, Options{Address: secure.URL, LockAddress: secure.URL, LockMethod: "A B", SkipCertVerification: true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.o.Pause = time.Millisecond
			s := New(tc.o)
			_, err := s.Load(t.Context())
			if tc.name == "method" {
				_, err = s.Lock(t.Context(), state.Holder{}, 0)
			}
			told(t, err, tc.want)
		})
	}
	for _, o := range []Options{{Address: secure.URL, CACertificates: ca}, {Address: secure.URL, SkipCertVerification: true}} {
		if _, err := New(o).Load(t.Context()); !errors.Is(err, state.ErrNoRecord) {
			t.Errorf("with the certificate trusted: %v", err)
		}
	}
}

func TestAnswerTooLarge(t *testing.T) {
	s := newServer(t)
	s.failing("LOCK", "/state", func(w http.ResponseWriter) {
		w.WriteHeader(http.StatusLocked)
		_, _ = w.Write(make([]byte, maxLockReply+10))
	})
	_, err := s.store().Lock(t.Context(), state.Holder{}, 0)
	told(t, err, "the server answered with more than 65536 bytes")
}

// Those who wait for one write are together in the next, and every write has a
// serial of its own.
func TestCallersShareAWrite(t *testing.T) {
	const callers, each = 32, 10
	s := newServer(t)
	s.gitlab = true
	x, r := s.begin()
	s.set(func() {
		s.after = func(r *http.Request) bool {
			if r.Method == http.MethodPost && r.URL.Path == "/state" {
				time.Sleep(5 * time.Millisecond)
			}
			return false
		}
	})
	var all sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			for i := range each {
				if err := x.Append(t.Context(), storetest.Message(fmt.Sprintf("m%d_%d", c, i), state.Intent, 1)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if writes := s.count("POST /state"); writes < each || writes > callers*each/4 {
		t.Errorf("%d appends of %d callers took %d writes", callers*each, callers, writes)
	}
	for i, v := range s.versions {
		if !strings.Contains(v, fmt.Sprintf("\n\"serial\":%d,\n", i+1)) {
			t.Errorf("version %d is %.60q", i+1, v)
		}
	}
	got, err := s.store().Load(t.Context())
	if err != nil || got.Len() != callers*each || got.Serial != r.Serial {
		t.Errorf("%d entries, %v", got.Len(), err)
	}
}

// A byte of the document that is changed is noticed, or changes nothing of the
// record.
func TestEveryByte(t *testing.T) {
	for name, with := range map[string]state.Sealer{"plain": nil, "sealed": sealer(t)} {
		t.Run(name, func(t *testing.T) {
			s := New(Options{Address: "http://127.0.0.1:1/", Sealer: with})
			r := state.NewRecord("lineage-1")
			r.Put(storetest.Message("a", state.Sent, 2))
			body, err := s.wrap(r, 3)
			if err != nil {
				t.Fatal(err)
			}
			text := storetest.Text(t, r)
			for i := range body {
				for _, bit := range []byte{1, 0x20} {
					b := slices.Clone(body)
					b[i] ^= bit
					got, _, err := s.unwrap(b)
					if err != nil {
						continue
					}
					if storetest.Text(t, got) != text {
						t.Errorf("byte %d ^ %#x: another record", i, bit)
					}
					if with != nil && i > 80 && i < len(body)-5 {
						t.Errorf("byte %d ^ %#x: the sealed record opens", i, bit)
					}
				}
			}
		})
	}
}
