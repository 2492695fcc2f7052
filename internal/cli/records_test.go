package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"
)

// recordServer keeps records as a server of Terraform's protocol does: one a
// path, each with a lock of its own. It fails as it is told to.
type recordServer struct {
	*httptest.Server
	user, password string // wanted if set
	// gitlab makes it answer as GitLab's published source does: the lock is a
	// path of its own, a serial must be above every former one, the holder is
	// named by the user's name.
	gitlab bool

	mu       sync.Mutex
	records  map[string][]byte
	kept     []byte // of a script: an older record
	locks    map[string][]byte
	requests []string
	faults   []recordFault
	// chance, if set, may choose a fault for a call of a kind: "" for none.
	chance func(kind string) string
}

// recordFault is what happens to the n-th call of a kind from now on, or to
// all of them if n is 0.
type recordFault struct {
	kind string // read, write, lock, unlock, or any
	n    int
	do   string // as answer has it
}

func newRecordServer(user, password string, gitlab bool) *recordServer {
	s := &recordServer{user: user, password: password, gitlab: gitlab, records: map[string][]byte{}, locks: map[string][]byte{}}
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	return s
}

func (s *recordServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller is gone, and has not said all
	}
	kind, path := s.kind(r)
	s.mu.Lock()
	s.requests = append(s.requests, r.Method+" "+r.URL.Path)
	do := s.fault(kind)
	s.mu.Unlock()
	if do == "slow" {
		time.Sleep(300 * time.Millisecond)
	}
	if before(w, do, s.URL) {
		return
	}
	s.mu.Lock()
	status, text := s.serve(r, kind, path, body)
	s.mu.Unlock()
	switch do {
	case "lose":
		panic(http.ErrAbortHandler)
	case "fail":
		status, text = http.StatusInternalServerError, nil
	}
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// before does what a fault does in the place of serving the call: drop cuts
// the connection, a number is the status, and html, empty, huge, terraform and
// redirect are the answers of something else. Of the others, lose drops the
// answer to what was done, fail answers 500 to it, slow waits first.
func before(w http.ResponseWriter, do, url string) bool {
	switch do {
	case "drop":
		panic(http.ErrAbortHandler)
	case "html":
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!DOCTYPE html><html><body>Sign in</body></html>")
	case "empty":
	case "huge":
		w.Header().Set("Content-Length", strconv.Itoa(600<<20))
		part := bytes.Repeat([]byte(" "), 1<<20)
		for range 600 {
			if _, err := w.Write(part); err != nil {
				return true
			}
		}
	case "terraform":
		fmt.Fprint(w, `{"version":4,"terraform_version":"1.9.0","serial":3,"lineage":"x","outputs":{},"resources":[]}`)
	case "redirect":
		w.Header().Set("Location", url+"/sign_in?token=hunter2")
		w.WriteHeader(http.StatusFound)
	default:
		status, err := strconv.Atoi(do)
		if err != nil {
			return false
		}
		w.WriteHeader(status)
	}
	return true
}

// fault returns what happens to a call of the kind, "" for nothing.
func (s *recordServer) fault(kind string) string {
	do := ""
	for i := range s.faults {
		f := &s.faults[i]
		if f.kind != kind && f.kind != "any" {
			continue
		}
		switch f.n {
		case 0:
			do = f.do
		case 1:
			do, f.n = f.do, -1
		default:
			f.n--
		}
	}
	if do == "" && s.chance != nil {
		do = s.chance(kind)
	}
	return do
}

// kind tells what a call asks for, and of which record.
func (s *recordServer) kind(r *http.Request) (kind, path string) {
	path, locking := r.URL.Path, false
	if s.gitlab {
		path, locking = strings.CutSuffix(path, "/lock")
	}
	switch {
	case locking && r.Method == http.MethodPost, !s.gitlab && r.Method == "LOCK":
		return "lock", path
	case locking && r.Method == http.MethodDelete, !s.gitlab && r.Method == "UNLOCK":
		return "unlock", path
	case !locking && r.Method == http.MethodGet:
		return "read", path
	case !locking && r.Method == http.MethodPost:
		return "write", path
	}
	return "", path
}

func (s *recordServer) serve(r *http.Request, kind, path string, body []byte) (int, []byte) {
	if user, password, _ := r.BasicAuth(); s.user != "" && (user != s.user || password != s.password) {
		return http.StatusUnauthorized, nil
	}
	held := s.locks[path]
	switch kind {
	case "read":
		if s.records[path] == nil {
			return http.StatusNotFound, nil
		}
		return http.StatusOK, s.records[path]
	case "write":
		if held == nil || lockIDOf(held) != r.URL.Query().Get("ID") {
			return http.StatusConflict, held
		}
		return s.store(path, body)
	case "lock":
		if held == nil {
			s.locks[path] = body
		}
		return s.lockAnswer(held, body)
	case "unlock":
		if held != nil && lockIDOf(held) != lockIDOf(body) {
			return http.StatusConflict, held
		}
		delete(s.locks, path)
		return http.StatusOK, nil
	}
	return http.StatusMethodNotAllowed, nil
}

// store keeps a document: sorted and indented, as a server may that reads what
// it keeps. GitLab keeps it as it is, if its serial rises.
func (s *recordServer) store(path string, body []byte) (int, []byte) {
	var document map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&document) != nil {
		return http.StatusUnprocessableEntity, nil
	}
	if s.gitlab {
		if serialOf(body) <= serialOf(s.records[path]) {
			return http.StatusConflict, nil
		}
		s.records[path] = body
		return http.StatusOK, nil
	}
	text, err := json.MarshalIndent(document, "  ", "    ")
	if err != nil {
		return http.StatusInternalServerError, nil
	}
	s.records[path] = text
	return http.StatusOK, nil
}

// lockAnswer is the answer to one who asks for a lock that another holds, if
// held says so. GitLab answers with the fields of whoever asks, but for the
// holder's ID and the user's name.
func (s *recordServer) lockAnswer(held, body []byte) (int, []byte) {
	switch {
	case held == nil:
		return http.StatusOK, nil
	case !s.gitlab:
		return http.StatusLocked, held
	}
	fields := make(map[string]any)
	_ = json.Unmarshal(body, &fields) // what cannot be read has none
	fields["ID"], fields["Who"] = lockIDOf(held), s.user
	text, _ := json.Marshal(fields) // it was JSON
	return http.StatusLocked, text
}

// unlock takes all locks away, as a person does whose run is gone.
func (s *recordServer) unlock() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.locks)
}

// lockIDOf returns the ID in what a lock says of itself.
func lockIDOf(body []byte) string {
	var info struct{ ID string }
	_ = json.Unmarshal(body, &info) // no ID is one that nobody has
	return info.ID
}

// serialOf returns the serial of a document, -1 if there is none.
func serialOf(body []byte) int64 {
	d := struct{ Serial int64 }{-1}
	_ = json.Unmarshal(body, &d) // what cannot be read has none
	return d.Serial
}
