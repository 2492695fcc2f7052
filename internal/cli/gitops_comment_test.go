package cli_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// remark is a comment on GitHub, a note on GitLab.
type remark struct {
	ID     int            `json:"id"`
	Body   string         `json:"body"`
	User   map[string]any `json:"user,omitempty"`
	Author map[string]any `json:"author,omitempty"`
}

// board is what people and pipelines have said about one request to merge, with
// as much of both forges' APIs as the kit uses.
type board struct {
	mu      sync.Mutex
	remarks []remark
	token   string // that every call must have
	strange []string
}

// newBoard serves a board; head is the commit of its pull request 7, from the
// branch of the owner.
func newBoard(t *testing.T, token, owner, branch, head string) (*board, string) {
	t.Helper()
	for _, program := range []string{"curl", "jq"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not here", program)
		}
	}
	b := &board{token: token}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /repos/acme/messages/pulls", func(w http.ResponseWriter, r *http.Request) {
		pulls := []any{map[string]any{"number": 6, "head": map[string]any{"sha": "another"}}}
		if r.FormValue("head") == owner+":"+branch && r.FormValue("state") == "open" {
			pulls = append(pulls, map[string]any{"number": 7, "head": map[string]any{"sha": head}})
		}
		_ = json.NewEncoder(w).Encode(pulls)
	})
	const comments, notes = "/repos/acme/messages/issues/7/comments", "/projects/11/merge_requests/7/notes"
	for _, path := range []string{comments, notes} {
		mux.HandleFunc("GET "+path, b.list)
		mux.HandleFunc("POST "+path, b.put)
	}
	mux.HandleFunc("PATCH /repos/acme/messages/issues/comments/{id}", b.put)
	mux.HandleFunc("PUT "+notes+"/{id}", b.put)
	mux.HandleFunc("GET /user", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"id": 99}`) })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+b.token && r.Header.Get("PRIVATE-TOKEN") != b.token {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		if _, pattern := mux.Handler(r); pattern == "" {
			b.mu.Lock()
			b.strange = append(b.strange, r.Method+" "+r.URL.String())
			b.mu.Unlock()
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		server.Close()
		if len(b.strange) > 0 {
			t.Errorf("strange calls: %s", b.strange)
		}
	})
	return b, server.URL
}

// list answers with a page of what was said.
func (b *board) list(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	page, _ := strconv.Atoi(r.FormValue("page"))
	size, _ := strconv.Atoi(r.FormValue("per_page"))
	from := min(max(0, page-1)*size, len(b.remarks))
	_ = json.NewEncoder(w).Encode(b.remarks[from:min(from+size, len(b.remarks))])
}

// put takes something new, or something in the place of the one with the id.
func (b *board) put(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	said := remark{User: map[string]any{"login": "github-actions[bot]"}, Author: map[string]any{"id": 99}}
	if r.Header.Get("Content-Type") == "application/json" {
		src, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(src, &said)
	} else {
		said.Body = r.FormValue("body")
	}
	if len([]rune(said.Body)) > 65536 {
		http.Error(w, "body is too long", http.StatusUnprocessableEntity)
		return
	}
	id, _ := strconv.Atoi(r.PathValue("id"))
	if i := slices.IndexFunc(b.remarks, func(c remark) bool { return c.ID == id }); i >= 0 {
		b.remarks[i].Body = said.Body
		return
	}
	b.remarks = append(b.remarks, remark{len(b.remarks) + 1, said.Body, said.User, said.Author})
}

// bodies are what was said, each cut to so many characters.
func (b *board) bodies(n int) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []string
	for _, c := range b.remarks {
		all = append(all, c.Body[:min(n, len(c.Body))])
	}
	return all
}

// TestGitOpsComment puts plans on a pull request: one comment, which is edited
// in place, whatever others have said, and whatever is in the file.
func TestGitOpsComment(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	b, url := newBoard(t, "a token of the job's own", "stranger", "a$(touch pwned)`id`", "abc123")
	for i := range 120 { // two pages, and somebody who knows the marker
		b.remarks = append(b.remarks, remark{i + 1, "<!-- herald:plan -->\nNice.", map[string]any{"login": "stranger"}, nil})
	}
	comment := f.workflow("herald-comment.yml")
	comment.api = url
	comment.event = map[string]string{
		"github.event.workflow_run.id":                          "1",
		"github.event.workflow_run.head_repository.owner.login": "stranger",
		"github.event.workflow_run.head_branch":                 "a$(touch pwned)`id`",
		"github.event.workflow_run.head_sha":                    "abc123",
	}
	put := func(text string) {
		t.Helper()
		dir := filepath.Join(comment.artifacts, "herald-plan")
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "plan.md"), text)
		comment.must("comment")
	}
	last := func() string {
		t.Helper()
		all := b.bodies(1_000_000)
		if len(all) != 121 {
			t.Fatalf("there are %d comments", len(all))
		}
		return all[120]
	}

	plan := f.workflow("herald-plan.yml")
	plan.must("plan")
	first := read(t, filepath.Join(plan.artifacts, "herald-plan", "plan.md"))
	put(first)
	if got := last(); got != first+"\n<sub>Of commit abc123.</sub>\n" {
		t.Errorf("the comment is\n%s", got)
	}
	hostile := "No marker. '; touch pwned; $(touch pwned) `touch pwned` \"\\ \x00\x1b[31m ${{ secrets.X }}\n@everyone"
	put(hostile)
	if got := last(); !strings.HasPrefix(got, "<!-- herald:plan -->\nNo marker. '; touch pwned;") {
		t.Errorf("the comment is\n%q", got)
	}
	put("<!-- herald:plan -->\n" + strings.Repeat("🌷", 100_000))
	if got := []rune(last()); len(got) != 65536 {
		t.Errorf("the comment has %d characters", len(got))
	}
	put("<!-- herald:plan -->\nShort again.")
	if got := last(); !strings.Contains(got, "Short again.") {
		t.Errorf("the comment is\n%q", got)
	}

	// An older run has nothing to say, nor has one of a branch without a pull
	// request.
	comment.event["github.event.workflow_run.head_sha"] = "older"
	put("<!-- herald:plan -->\nOlder.")
	if got := last(); !strings.Contains(got, "Short again.") || !strings.Contains(comment.log, "No open pull request") {
		t.Errorf("the comment is\n%q\n%s", got, comment.log)
	}
}

// TestGitOpsNote puts plans on a merge request in the same way.
func TestGitOpsNote(t *testing.T) {
	t.Parallel()
	b, url := newBoard(t, "a project token", "", "", "")
	for i := range 100 {
		b.remarks = append(b.remarks, remark{i + 1, "<!-- herald:plan -->\nNice.", nil, map[string]any{"id": 5}})
	}
	file := filepath.Join(t.TempDir(), "plan.md")
	note := func(token, text string) string {
		t.Helper()
		write(t, file, text)
		cmd := exec.Command(kit+"/ci/note.sh", file)
		cmd.Env = append(os.Environ(), "NO_PROXY=*", "CI_API_V4_URL="+url, "CI_PROJECT_ID=11", "CI_MERGE_REQUEST_IID=7", "HERALD_NOTE_TOKEN="+token)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	if said := note("", "x"); !strings.Contains(said, "no token") || len(b.bodies(1)) != 100 {
		t.Errorf("without a token: %s", said)
	}
	for _, text := range []string{"<!-- herald:plan -->\nOne & \"two\" + 100%\n@x; `y`", "<!-- herald:plan -->\nThree."} {
		note("a project token", text)
		if all := b.bodies(1000); len(all) != 101 || all[100] != text {
			t.Errorf("there are %d notes, the last is\n%q", len(all), all[len(all)-1])
		}
	}
}
