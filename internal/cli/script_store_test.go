package cli_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// recordServer keeps records for a script as a server of Terraform's protocol
// does: one a path, each with a lock of its own.
type recordServer struct {
	*httptest.Server
	user, password string // wanted if set

	mu       sync.Mutex
	records  map[string][]byte
	locks    map[string][]byte
	status   int // answered to all, if set
	requests []string
}

func newRecordServer(user, password string) *recordServer {
	s := &recordServer{user: user, password: password, records: map[string][]byte{}, locks: map[string][]byte{}}
	s.Server = httptest.NewServer(s)
	return s
}

func (s *recordServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	s.mu.Lock()
	status, text := http.StatusBadRequest, []byte(nil)
	if err == nil {
		status, text = s.serve(r, body)
	}
	s.requests = append(s.requests, r.Method+" "+r.URL.Path)
	s.mu.Unlock()
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

func (s *recordServer) serve(r *http.Request, body []byte) (int, []byte) {
	if user, password, _ := r.BasicAuth(); s.user != "" && (user != s.user || password != s.password) {
		return http.StatusUnauthorized, nil
	}
	if s.status != 0 {
		return s.status, nil
	}
	path := r.URL.Path
	held := s.locks[path]
	switch r.Method {
	case http.MethodGet:
		if s.records[path] == nil {
			return http.StatusNotFound, nil
		}
		return http.StatusOK, s.records[path]
	case http.MethodPost:
		if held == nil || lockIDOf(held) != r.URL.Query().Get("ID") {
			return http.StatusConflict, held
		}
		s.records[path] = body
		return http.StatusOK, nil
	case "LOCK":
		if held != nil {
			return http.StatusLocked, held
		}
		s.locks[path] = body
		return http.StatusOK, nil
	case "UNLOCK":
		if held != nil && lockIDOf(held) != lockIDOf(body) {
			return http.StatusConflict, held
		}
		delete(s.locks, path)
		return http.StatusOK, nil
	}
	return http.StatusMethodNotAllowed, nil
}

// lockIDOf returns the ID in what a lock says of itself.
func lockIDOf(body []byte) string {
	var info struct{ ID string }
	_ = json.Unmarshal(body, &info) // no ID is one that nobody has
	return info.ID
}

// cmdRecords starts a server that keeps records, with -user=NAME:PASSWORD for
// those who say so, and sets $RECORDS to its address. Once it runs, -status=N
// makes it answer N to everything, and -status=0 as ever.
func cmdRecords(ts *testscript.TestScript, neg bool, args []string) {
	s := stageOf(ts)
	usage(ts, !neg && len(args) <= 1, "records [-user=NAME:PASSWORD | -status=N]")
	name, value, _ := strings.Cut(strings.Join(args, ""), "=")
	if name == "-status" {
		s.records.mu.Lock()
		s.records.status = number(ts, value)
		s.records.mu.Unlock()
		return
	}
	user, password, _ := strings.Cut(value, ":")
	s.records = newRecordServer(user, password)
	ts.Setenv("RECORDS", s.records.URL)
}
