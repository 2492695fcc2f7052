package sandbox

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	shop  = "17841405822304914"
	other = "17841400000000222"
	ana   = "77100000000000001"
	ben   = "77100000000000002"
	token = "IGAAtoken"
)

// clock is a settable time.
type clock struct{ now time.Time }

func (c *clock) read() time.Time         { return c.now }
func (c *clock) forward(d time.Duration) { c.now = c.now.Add(d) }

func newClock() *clock {
	return &clock{time.Date(2025, 7, 28, 22, 44, 49, 123456000, time.UTC)}
}

// start makes a server that ends with the test.
func start(t *testing.T, opts Options) *Server {
	t.Helper()
	s, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// serve puts a server on a loopback port that ends with the test.
func serve(t *testing.T, s *Server) *Listener {
	t.Helper()
	l, err := Listen("127.0.0.1:0", s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// result is a decoded answer.
type result struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

func ask(t *testing.T, s *Server, method, path, body string) result {
	t.Helper()
	return askAs(t, s, token, method, path, body)
}

func askAs(t *testing.T, s *Server, token, method, path, body string) result {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	out := result{status: w.Code, header: w.Header(), raw: w.Body.String()}
	if err := json.Unmarshal(w.Body.Bytes(), &out.body); err != nil {
		out.body = nil
	}
	return out
}

func get(t *testing.T, s *Server, path string) result {
	t.Helper()
	return ask(t, s, http.MethodGet, path, "")
}

func post(t *testing.T, s *Server, body string) result {
	t.Helper()
	return ask(t, s, http.MethodPost, "/v24.0/"+shop+"/messages", body)
}

func textBody(person, text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return `{"recipient":{"id":"` + person + `"},"message":{"text":` + string(quoted) + `}}`
}

// sent posts a text that must be accepted, and returns its id.
func sent(t *testing.T, s *Server, person, text string) string {
	t.Helper()
	r := post(t, s, textBody(person, text))
	mid, ok := r.body["message_id"].(string)
	if r.status != 200 || !ok {
		t.Fatalf("text to %s: status %d, %s", person, r.status, r.raw)
	}
	return mid
}

// wantError compares code, subcode and status, and checks the envelope.
func wantError(t *testing.T, r result, status, code, sub int) {
	t.Helper()
	e, ok := r.body["error"].(map[string]any)
	if !ok {
		t.Fatalf("no error envelope: status %d, %s", r.status, r.raw)
	}
	got := map[string]any{"status": float64(r.status), "code": e["code"], "error_subcode": e["error_subcode"]}
	want := map[string]any{"status": float64(status), "code": float64(code), "error_subcode": nil}
	if sub != 0 {
		want["error_subcode"] = float64(sub)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s\n%s", r.raw, diff)
	}
	for _, key := range []string{"message", "type", "fbtrace_id"} {
		if text, ok := e[key].(string); !ok || text == "" {
			t.Errorf("the envelope has no %s: %s", key, r.raw)
		}
	}
}

// at walks into decoded JSON: keys of objects, indices of arrays.
func at(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, ok := v.(map[string]any)
			if !ok {
				t.Fatalf("%v: no object at %q: %v", path, step, v)
			}
			v = object[step]
		case int:
			array, ok := v.([]any)
			if !ok || step >= len(array) {
				t.Fatalf("%v: no element %d: %v", path, step, v)
			}
			v = array[step]
		}
	}
	return v
}

var (
	comment       = regexp.MustCompile(`//[^\n]*`)
	trailingComma = regexp.MustCompile(`,(\s*})`)
)

// sample is a body of the platform's own pages as JSON, placeholders filled.
func sample(t *testing.T, name string, fill ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "seed", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	text := comment.ReplaceAllString(string(raw), "")
	text = trailingComma.ReplaceAllString(text, "$1")
	text = strings.NewReplacer(append(fill, "<IGSID>", ana)...).Replace(text)
	if !json.Valid([]byte(text)) || strings.Contains(text, "<") {
		t.Fatalf("sample %s is not usable:\n%s", name, text)
	}
	return text
}
