package sandbox

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"herald/internal/sandbox/fault"
)

// Server is the simulated platform. It is safe for concurrent use.
type Server struct {
	opts   Options
	names  *registry
	world  *world
	faults atomic.Pointer[fault.Script]
	traces atomic.Uint64

	mu    sync.Mutex
	calls []Call

	closing sync.Once
	closed  chan struct{}
	closeAs error
}

// New makes a server. With Options.Dir it reads the inbox that is there: an
// unfinished last line is cut off, since nobody was answered for it; damage
// elsewhere is an error that names the line; an inbox that another process
// holds is ErrInUse.
func New(opts Options) (*Server, error) {
	names, err := newRegistry(opts)
	if err != nil {
		return nil, err
	}
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Sleep == nil {
		opts.Sleep = sleep
	}
	s := &Server{opts: opts, names: names, world: newWorld(opts), closed: make(chan struct{})}
	s.faults.Store(opts.Faults)
	if opts.Dir != "" {
		if s.world.journal, err = openJournal(opts.Dir, s.world.replay); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close ends hanging calls, syncs the inbox and gives its folder back. Calls
// that come later are dropped.
func (s *Server) Close() error {
	s.closing.Do(func() {
		close(s.closed)
		if s.world.journal != nil {
			s.closeAs = s.world.journal.close()
		}
	})
	return s.closeAs
}

// SetFaults replaces the fault script; nil is none.
func (s *Server) SetFaults(script *fault.Script) { s.faults.Store(script) }

// Conversations are what each person now sees, by account and recipient.
// Read lag does not matter here: this is the truth.
func (s *Server) Conversations() []Conversation { return s.world.conversations(s.names) }

// Accepted are the POSTs that took effect, in order, those of earlier
// processes on the same inbox included.
func (s *Server) Accepted() []Accepted {
	s.world.mu.RLock()
	defer s.world.mu.RUnlock()
	return append([]Accepted(nil), s.world.accepted...)
}

// Calls are the requests that this server has seen, in order of arrival.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

// PersonWrites lets a person send a text to an account, which opens the
// window, and returns the message's id when it is durable.
func (s *Server) PersonWrites(account, person, text string) (mid string, err error) {
	return s.inject(event{Do: doPerson, Account: account, Person: person, Text: text})
}

// BusinessTypes adds a text that somebody at the business typed in the app.
// Reads do not tell it from one that was sent through the API.
func (s *Server) BusinessTypes(account, person, text string) (mid string, err error) {
	return s.inject(event{Do: doApp, Account: account, Person: person, Text: text})
}

// PersonReacts puts a person's emoji on a message of their conversation,
// replacing an earlier one; an empty emoji takes it away.
func (s *Server) PersonReacts(account, person, mid, emoji string) error {
	_, err := s.inject(event{Do: doPersonReacts, Account: account, Person: person, Target: mid, Text: emoji})
	return err
}

func (s *Server) inject(ev event) (string, error) {
	a := s.names.get(ev.Account)
	if a == nil {
		return "", fmt.Errorf("no account %q", ev.Account)
	}
	if !a.canWriteTo(ev.Person) {
		return "", fmt.Errorf("account %s has no person %q", ev.Account, ev.Person)
	}
	if ev.Text == "" && ev.Do != doPersonReacts {
		return "", errors.New("a message needs a text")
	}
	if err := s.ready(); err != nil {
		return "", err
	}
	ev.At = s.opts.Clock().UnixMicro()
	act, err := ev.action()
	if err != nil {
		return "", err
	}
	mid, b, err := s.world.inject(ev, act)
	if err != nil || b == nil {
		return mid, err
	}
	return mid, s.world.journal.commit(b)
}

// ready says whether anything can still be accepted.
func (s *Server) ready() error {
	select {
	case <-s.closed:
		return errClosed
	default:
	}
	if s.world.journal != nil && s.world.journal.broken() {
		return errors.New("the sandbox's inbox cannot be written")
	}
	return nil
}

// request is one call, taken apart.
type request struct {
	method  string
	path    string
	parts   []string // the path behind the version
	prefix  string   // the path's version as written: v24.0
	version int      // its major number; 0 where there is none
	query   url.Values
	token   string
	header  http.Header
	body    []byte
	host    string
	scheme  string

	act    action // of a POST to a messages edge
	actErr *refusal
}

// answer is what goes back.
type answer struct {
	status int
	body   []byte
	regain int  // minutes; for rate limits
	cut    bool // the connection ends in the middle of body
}

// maxBody is far above any valid body.
const maxBody = 1 << 20

// ServeHTTP answers one Graph API call.
//
// With Options.Control it serves these paths too, for tests of other
// processes; they are no part of the platform and need no token:
//
//	GET  /sandbox/conversations  what Conversations returns, as JSON
//	GET  /sandbox/accepted       what Accepted returns, as JSON
//	POST /sandbox/faults         a fault script as text, replacing the former
//	POST /sandbox/person         {"account","person","text"}: the person writes
//	POST /sandbox/business       {"account","person","text"}: typed in the app
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || s.ready() != nil {
		drop() // half a request takes no effect
	}
	if s.opts.Control && strings.HasPrefix(r.URL.Path, "/sandbox/") {
		s.control(w, r, body)
		return
	}
	req := s.parse(r, body)
	s.record(req, r)
	met := s.faults.Load().Match(s.describe(req), s.opts.Seed)
	var out answer
	var e *refusal
	switch {
	case len(body) > maxBody:
		e = errParam("the request body is too large")
	case met.Refuse:
		e = scripted(met.Error)
	default:
		out, e = s.handle(req, met)
	}
	if e != nil {
		s.logf("%s %s: code %d/%d, status %d", req.method, req.path, e.code, e.sub, e.status)
		out = e.answer(s.opts.LocalisedErrors, s.trace())
	}
	if wait := s.opts.Latency + met.Delay; wait > 0 {
		s.wait(r.Context(), wait)
	}
	// A call that was refused for its own mistakes is answered as such: there
	// is no acceptance whose answer could get lost.
	if met.Reply != fault.Normal && (met.Refuse || e == nil) {
		s.logf("%s %s: fault %s", req.method, req.path, met.Name)
		out = s.spoil(r.Context(), out, met)
	}
	s.write(w, out)
}

// handle routes a call.
func (s *Server) handle(req *request, met fault.Effect) (answer, *refusal) {
	if req.version == 0 || len(req.parts) == 0 || len(req.parts) > 2 {
		return answer{}, errPath(req.path)
	}
	for key := range req.query {
		switch key {
		case "access_token", "appsecret_proof", "fields", "limit", "after", "user_id", "platform":
		default:
			return answer{}, errParam("the query parameter %q is unknown", key)
		}
	}
	switch req.method {
	case http.MethodPost:
		return s.send(req)
	case http.MethodGet:
		return s.read(req, met)
	}
	return answer{}, errMissing(req.method, req.parts[0])
}

func (s *Server) parse(r *http.Request, body []byte) *request {
	req := &request{method: r.Method, path: r.URL.Path, header: r.Header, body: body, host: r.Host, scheme: "http"}
	if r.TLS != nil {
		req.scheme = "https"
	}
	if r.URL.RawQuery != "" {
		req.query = r.URL.Query()
	}
	req.parts = strings.Split(strings.Trim(req.path, "/"), "/")
	req.prefix, req.parts = req.parts[0], req.parts[1:]
	req.version = majorVersion(req.prefix)
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		req.token = strings.TrimSpace(token)
	} else if req.query != nil {
		req.token = req.query.Get("access_token")
	}
	if req.isSend() {
		req.act, req.actErr = parseAction(body, req.version)
	}
	return req
}

func (req *request) isSend() bool {
	return req.method == http.MethodPost && len(req.parts) == 2 && req.parts[1] == "messages"
}

// majorVersion reads "v24.0" as 24; anything else is 0.
func majorVersion(s string) int {
	major, minor, ok := strings.Cut(strings.TrimPrefix(s, "v"), ".")
	if !ok || !strings.HasPrefix(s, "v") || !isNumericID(minor) || !isNumericID(major) {
		return 0
	}
	n, err := strconv.Atoi(major)
	if err != nil {
		return 0
	}
	return n
}

func (s *Server) record(req *request, r *http.Request) {
	if s.opts.ForgetBodies {
		return
	}
	query := ""
	if req.query != nil {
		shown := url.Values{}
		for key, values := range req.query {
			if key != "access_token" {
				shown[key] = values
			}
		}
		query = shown.Encode()
	}
	call := Call{
		Method: req.method, Path: req.path, Query: query, Body: req.body,
		Authorized:     req.token != "",
		IdempotencyKey: r.Header.Get("Idempotency-Key") != "" || r.Header.Get("X-Idempotency-Key") != "",
		Time:           s.opts.Clock(),
	}
	s.mu.Lock()
	s.calls = append(s.calls, call)
	s.mu.Unlock()
}

// wait sleeps, and drops the call when its client or the server goes away.
func (s *Server) wait(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-s.closed:
			cancel()
		case <-stop:
		}
	}()
	if s.opts.Sleep(ctx, d) != nil {
		drop()
	}
}

// drop ends the call without an answer: the connection closes.
func drop() { panic(http.ErrAbortHandler) }

func (s *Server) write(w http.ResponseWriter, out answer) {
	h := w.Header()
	trace := s.trace()
	h["Content-Type"] = []string{"application/json; charset=UTF-8"}
	h["X-App-Usage"] = []string{`{"call_volume":0,"cpu_time":0}`}
	h["X-Fb-Trace-Id"] = []string{trace}
	h["X-Fb-Request-Id"] = []string{trace}
	if out.regain > 0 {
		h["X-Business-Use-Case-Usage"] = []string{fmt.Sprintf(
			`{"0":[{"type":"instagram","call_count":100,"total_cputime":25,"total_time":25,"estimated_time_to_regain_access":%d}]}`, out.regain)}
	}
	if s.opts.NoDate {
		h["Date"] = nil
	} else {
		h["Date"] = []string{s.opts.Clock().UTC().Format(http.TimeFormat)}
	}
	h["Content-Length"] = []string{strconv.Itoa(len(out.body))}
	w.WriteHeader(out.status)
	if out.cut {
		out.body = out.body[:len(out.body)/2]
	}
	_, err := w.Write(out.body)
	if out.cut {
		// Unflushed bytes would be lost with the connection.
		err = errors.Join(err, http.NewResponseController(w).Flush(), http.ErrAbortHandler)
	}
	if err != nil {
		drop()
	}
}

// trace mints what stands in fbtrace_id: a reference, nothing more.
func (s *Server) trace() string {
	var raw [16]byte
	n := s.traces.Add(2)
	binary.LittleEndian.PutUint64(raw[:], mix(s.opts.Seed^0x7ace, n))
	binary.LittleEndian.PutUint64(raw[8:], mix(s.opts.Seed^0x7ace, n+1))
	return "A" + base64.RawURLEncoding.EncodeToString(raw[:])
}

func (s *Server) logf(format string, args ...any) {
	if s.opts.Log != nil {
		s.opts.Log(format, args...)
	}
}
