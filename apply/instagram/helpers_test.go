package instagram

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"herald/apply"
	"herald/apply/instagram/access"
	"herald/config/content"
	"herald/plan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	secret   = "IGAAtestingtestingtestingtesting0123456789"
	igID     = "17841405822304914"
	igsid    = "5551230001"
	mid      = "aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQxNDA1ODIyMzA0OTE0"
	hello    = "Hi Ana, do not log me"
	graphMsg = "Graph says something that must not be kept"
)

var helloCall = apply.Call{Verb: apply.SendMessage, Recipient: igsid, Content: content.Content{Kind: content.Text, Value: hello}}

var loveCall = apply.Call{Verb: apply.AddReaction, Recipient: igsid, MessageID: mid, Reaction: content.Love}

func token(t testing.TB, secret string) access.Token {
	t.Helper()
	tok, err := access.NewToken(secret)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// client makes a client with a token; the test's end closes it.
func client(t testing.TB, o Options) *Client {
	t.Helper()
	if o.Tokens == nil {
		o.Tokens = access.Static(token(t, secret))
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// serve starts a server on loopback and returns an account that is there.
func serve(t testing.TB, h http.HandlerFunc) *plan.Account {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return accountAt(s.URL)
}

func accountAt(endpoint string) *plan.Account {
	return &plan.Account{Name: "shop", IGID: igID, Endpoint: endpoint, APIVersion: "v24.0"}
}

// answers is a handler that gives one answer to everything.
func answers(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// recorded is a request as a server saw it.
type recorded struct {
	method, path, query string
	header              http.Header
	body                []byte
}

// recorder keeps all requests and passes them on.
type recorder struct {
	mu   sync.Mutex
	seen []recorded
	next http.HandlerFunc
}

func (rec *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	rec.mu.Lock()
	rec.seen = append(rec.seen, recorded{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Clone(), body})
	rec.mu.Unlock()
	rec.next(w, r)
}

func (rec *recorder) all() []recorded {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return append([]recorded(nil), rec.seen...)
}

// hasNoSecrets fails if an outcome holds the token, the message or the Graph
// error's text.
func hasNoSecrets(t *testing.T, o apply.Outcome) {
	t.Helper()
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{secret, hello, graphMsg} {
		if strings.Contains(string(data), s) {
			t.Errorf("the outcome holds %q: %s", s, data)
		}
	}
}

// wants compares class and reason, and that a person is told something.
func wants(t *testing.T, o apply.Outcome, class apply.Class, reason string) {
	t.Helper()
	if o.Class != class || o.Reason != reason {
		t.Errorf("outcome is %s %q, want %s %q: %+v", o.Class, o.Reason, class, reason, o)
	}
	if class != apply.Accepted && (o.Explain == "" || o.Remedy == "") {
		t.Errorf("nobody is told what it means: %+v", o)
	}
	hasNoSecrets(t, o)
}

// short are time-outs for tests of them.
var short = Timeouts{Call: 500 * time.Millisecond, Media: 500 * time.Millisecond, Read: 500 * time.Millisecond}

func background(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
