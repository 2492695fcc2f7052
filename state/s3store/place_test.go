package s3store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"herald/state"
	"herald/state/s3store/s3test"
	"herald/state/storetest"
)

// server answers requests; it is a whole S3.
type server func(*http.Request) (*http.Response, error)

// fake returns an S3 in the memory of the test, with one bucket.
func fake(t testing.TB) server {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	handler := gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	return func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
		r = r.Clone(context.WithoutCancel(r.Context()))
		if r.Body == nil {
			r.Body = http.NoBody
		}
		r.Header.Set("Content-Length", strconv.FormatInt(r.ContentLength, 10)) // which a Go server leaves out
		handler.ServeHTTP(w, r)
		return w.Result(), nil
	}
}

var errCut = errors.New("the network is cut")

// link is what is between one store and the server.
type link struct {
	server server
	cut    atomic.Bool
	puts   atomic.Int64

	mu     sync.Mutex
	paused chan struct{} // nil, or closed when requests go on
	// before may answer a request itself. after may change an answer, once
	// the server has done what it was asked for.
	before func(*http.Request) (*http.Response, error)
	after  func(*http.Request, *http.Response) (*http.Response, error)
}

// Do sends one request.
func (l *link) Do(r *http.Request) (*http.Response, error) {
	l.mu.Lock()
	paused, before, after := l.paused, l.before, l.after
	l.mu.Unlock()
	if paused != nil {
		select {
		case <-paused:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if l.cut.Load() {
		return nil, errCut
	}
	if before != nil {
		if answer, err := before(r); answer != nil || err != nil {
			return answer, err
		}
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if r.Method == http.MethodPut {
		l.puts.Add(1)
	}
	answer, err := l.server(r)
	if err == nil && after != nil {
		return after(r, answer)
	}
	return answer, err
}

func (l *link) pause() (goOn func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paused = make(chan struct{})
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		close(l.paused)
		l.paused = nil
	}
}

func (l *link) hook(before func(*http.Request) (*http.Response, error), after func(*http.Request, *http.Response) (*http.Response, error)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.before, l.after = before, after
}

// answer returns an answer as S3 gives it, with its word for an error.
func answer(r *http.Request, status int, code string) *http.Response {
	body := ""
	if code != "" {
		body = "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>for the test</Message></Error>"
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/xml"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}},
		Body:   io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// place is where a record can be.
type place struct {
	t      testing.TB
	server server
	lease  time.Duration
	sealer state.Sealer
	key    string

	endpoint string
	pause    time.Duration

	mu    sync.Mutex
	links map[state.Store]*link
}

func newPlace(t testing.TB, s server, lease time.Duration) *place {
	t.Helper()
	credentials(t)
	return &place{t: t, server: s, lease: lease, key: "herald/spring", endpoint: "http://s3.test", pause: 2 * time.Millisecond, links: make(map[state.Store]*link)}
}

// credentials sets the environment, so that nothing of this machine is used.
func credentials(t testing.TB) {
	t.Helper()
	for _, set := range [][2]string{
		{"AWS_ACCESS_KEY_ID", s3test.Access},
		{"AWS_SECRET_ACCESS_KEY", s3test.Secret},
		{"AWS_SESSION_TOKEN", ""},
		{"AWS_PROFILE", ""},
		{"AWS_CONFIG_FILE", "/nowhere"},
		{"AWS_SHARED_CREDENTIALS_FILE", "/nowhere"},
		{"AWS_EC2_METADATA_DISABLED", "true"},
		{"AWS_ENDPOINT_URL", ""},
		{"AWS_ENDPOINT_URL_S3", ""},
		{"AWS_REGION", ""},
		{"AWS_CA_BUNDLE", ""},
		{"AWS_DEFAULT_REGION", ""},
	} {
		t.Setenv(set[0], set[1])
	}
}

func (p *place) options(l *link) Options {
	return Options{
		Bucket: "bucket", Key: p.key, Endpoint: p.endpoint, UsePathStyle: true, Lease: p.lease, Sealer: p.sealer,
		HTTPClient: l, pause: p.pause,
	}
}

func (p *place) store() *Store {
	l := &link{server: p.server}
	s := New(p.options(l))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.links[s] = l
	return s
}

func (p *place) link(s state.Store) *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.links[s]
}

// raw does something with the objects themselves.
func (p *place) raw(method, key string, body []byte, header ...string) *http.Response {
	p.t.Helper()
	if method == http.MethodPut {
		p.raw(http.MethodDelete, key, nil) // gofakes3 would keep its metadata
	}
	r := httptest.NewRequest(method, "http://s3.test/bucket/"+key, bytes.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	a, err := p.server(r)
	if err != nil {
		p.t.Fatal(err)
	}
	return a
}

// read returns an object's content.
func (p *place) read(key string) []byte {
	p.t.Helper()
	a := p.raw(http.MethodGet, key, nil)
	body, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %s, %v", key, a.Status, err)
	}
	return body
}

// objects returns the keys of all objects of the record.
func (p *place) objects() []string {
	p.t.Helper()
	c, err := p.store().connected(p.t.Context())
	p.must(err)
	names, err := c.list(p.t.Context(), p.key+".")
	p.must(err)
	return names
}

func (p *place) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

var ana = state.Holder{Nonce: "n1", Who: "ana@host", Process: 42, Operation: "apply", Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}

func (p *place) lock(s *Store) *session {
	p.t.Helper()
	x, err := s.Lock(p.t.Context(), ana, time.Minute)
	p.must(err)
	p.t.Cleanup(func() { _ = x.Unlock() })
	return x.(*session)
}

// start stores a new record and returns the session.
func (p *place) start(s *Store) (*session, *state.Record) {
	p.t.Helper()
	x, r := p.lock(s), state.NewRecord("lineage-1")
	p.must(x.Snapshot(p.t.Context(), r))
	return x, r
}

func (p *place) put(x *session, r *state.Record, entries ...state.Entry) {
	p.t.Helper()
	p.must(x.Append(p.t.Context(), entries...))
	for _, e := range entries {
		r.Put(e)
	}
}

func intent(name string) state.Entry { return storetest.Message(name, state.Intent, 1) }

func (p *place) holds(r *state.Record) {
	p.t.Helper()
	got, err := p.store().Load(p.t.Context())
	p.must(err)
	if want, got := storetest.Text(p.t, r), storetest.Text(p.t, got); want != got {
		p.t.Errorf("the record is\n%s\nwant\n%s", got, want)
	}
}

// factory is the place for storetest.
func (p *place) factory() storetest.Factory {
	var full atomic.Bool
	return storetest.Factory{
		Open: func() state.Store {
			s := p.store()
			p.link(s).hook(func(r *http.Request) (*http.Response, error) {
				if full.Load() && r.Method == http.MethodPut && !strings.HasSuffix(r.URL.Path, ".lock") {
					return answer(r, http.StatusInternalServerError, "InternalError"), nil
				}
				return nil, nil
			}, nil)
			return s
		},
		BreakLock: func() {
			if h, err := p.store().Holder(p.t.Context()); h != nil && err == nil {
				p.must(p.store().ForceUnlock(p.t.Context(), h.Nonce))
			}
		},
		FailWrites: func() { full.Store(true) },
		Pause:      func(s state.Store) func() { return p.link(s).pause() },
		Cut: func(s state.Store) func() {
			l := p.link(s)
			l.cut.Store(true)
			return func() { l.cut.Store(false) }
		},
		Crash: func(s state.Store, x state.Session) {
			p.link(s).cut.Store(true)
			x.(*session).cancel(errCut)
		},
	}
}

// The contract, with an S3 in memory.
func TestContract(t *testing.T) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	storetest.Run(t, func(t *testing.T) storetest.Factory {
		return newPlace(t, fake(t), 1500*time.Millisecond).factory()
	})
}
