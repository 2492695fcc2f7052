package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fill leaves one of everything in an inbox.
func fill(t *testing.T, s *Server) {
	t.Helper()
	wrote, err := s.PersonWrites(shop, ana, "hi\nthere")
	if err != nil {
		t.Fatal(err)
	}
	mid := sent(t, s, ana, "line one\nline two")
	post(t, s, sample(t, "image", "<IMAGE_OR_GIF_URL>", "https://cdn.example.com/p.png"))
	post(t, s, sample(t, "sticker"))
	post(t, s, sample(t, "post", "<POST_ID>", "1800"))
	post(t, s, sample(t, "react", "<MESSAGE_ID>", wrote))
	body := `{"recipient":{"id":"` + ana + `"},"sender_action":"react","payload":{"message_id":"` + mid + `","reaction":"👍"}}`
	if r := ask(t, s, "POST", "/v25.0/"+shop+"/messages", body); r.status != 200 {
		t.Fatal(r.raw)
	}
	if err := s.PersonReacts(shop, ana, mid, "🔥"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.BusinessTypes(shop, ben, "typed"); err != nil {
		t.Fatal(err)
	}
}

func reopen(t *testing.T, dir string) *Server {
	t.Helper()
	return start(t, Options{Dir: dir})
}

func TestInboxSurvivesARestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "inbox")
	s := reopen(t, dir)
	fill(t, s)
	conversations, accepted := s.Conversations(), s.Accepted()
	if len(conversations) != 2 || len(accepted) != 6 {
		t.Fatalf("%d conversations, %d accepted", len(conversations), len(accepted))
	}
	if _, err := New(Options{Dir: dir}); !errors.Is(err, ErrInUse) {
		t.Errorf("a second server on the folder: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := reopen(t, dir)
	if diff := cmp.Diff(conversations, again.Conversations()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(accepted, again.Accepted()); diff != "" {
		t.Error(diff)
	}
	sent(t, again, ana, "and on")
	if _, err := s.PersonWrites(shop, ana, "late"); err == nil {
		t.Error("a closed server takes messages")
	}
	info, err := os.Stat(filepath.Join(dir, inboxFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// Wherever a kill cuts the file, every line that was finished is there, and
// nothing else.
func TestInboxThatIsCutOff(t *testing.T) {
	dir := t.TempDir()
	s := reopen(t, dir)
	fill(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, inboxFile))
	if err != nil {
		t.Fatal(err)
	}
	for cut := 0; cut <= len(whole); cut += 7 {
		dir := t.TempDir()
		path := filepath.Join(dir, inboxFile)
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		s := reopen(t, dir)
		sent(t, s, ben, "after the cut")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		kept := string(whole[:strings.LastIndexByte(string(whole[:cut]), '\n')+1])
		rest, ok := strings.CutPrefix(string(got), kept)
		if !ok || strings.Count(rest, "\n") != 1 || !strings.Contains(rest, "after the cut") {
			t.Fatalf("cut at %d leaves %q", cut, rest)
		}
		reopen(t, dir)
	}
}

func TestInboxThatIsDamaged(t *testing.T) {
	dir := t.TempDir()
	s := reopen(t, dir)
	fill(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, inboxFile))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(whole), "\n")
	for name, test := range map[string]struct {
		text, want string
	}{
		"no JSON":         {lines[0] + "{\n" + lines[1], "line 2 is damaged"},
		"unknown key":     {`{"do":"post","colour":1}` + "\n", `line 1 is damaged: json: unknown field "colour"`},
		"unknown event":   {`{"do":"dance"}` + "\n", `line 1 is damaged: unknown event "dance"`},
		"a line twice":    {lines[0] + lines[0], "line 2 is damaged: the message is not later"},
		"another person":  {strings.ReplaceAll(lines[0], ana, ben), "line 1 is damaged: the message id is not that of"},
		"another body":    {strings.Replace(lines[1], `\"id\":\"`+ana, `\"id\":\"`+ben, 1), "line 1 is damaged: the body names recipient " + ben},
		"a missing line":  {lines[5], "line 1 is damaged: the reaction's message is not in the inbox"},
		"an empty line":   {"\n" + lines[0], "line 1 is damaged"},
		"a foreign id":    {`{"do":"app","account":"1","person":"2","at":3,"mid":"m_1","text":"x"}` + "\n", "not a message id"},
		"an invalid body": {`{"do":"post","account":"1","person":"2","at":3,"body":"{}"}` + "\n", "recipient is required"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, inboxFile), []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			for range 2 { // the lock is given back after the error
				_, err := New(Options{Dir: dir})
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, want %q", err, test.want)
				}
			}
			if got, err := os.ReadFile(filepath.Join(dir, inboxFile)); err != nil || string(got) != test.text {
				t.Errorf("the damaged file was changed: %v", err)
			}
		})
	}
}

// After a failed write no call is answered, and none takes effect.
func TestInboxThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	s, err := New(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	l := serve(t, s)
	if err := s.world.journal.file.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := wire(t, newClient(t), "POST", l.URL()+"/v24.0/me/messages", textBody(ana, "a"), minute); got != "no answer" {
			t.Error(got)
		}
	}
	if _, err := s.PersonWrites(shop, ana, "hi"); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("%v", err)
	}
	if err := s.Close(); err == nil {
		t.Error("Close hides the failure")
	}
	if got := len(reopen(t, dir).Accepted()); got != 0 {
		t.Errorf("%d accepted after a restart", got)
	}
}

// Many senders at once, with reads between: everything is accepted exactly
// once, in one order, and is there after a restart.
func TestConcurrentUse(t *testing.T) {
	dir := t.TempDir()
	s := reopen(t, dir)
	l := serve(t, s)
	client := newClient(t)
	s.SetFaults(script(t, "post every=9 do accept-then-drop\nget every=2 do stale-listing 1s"))
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			person := fmt.Sprintf("7710000000000020%d", worker%4)
			for i := range 20 {
				wire(t, client, "POST", l.URL()+"/v24.0/"+shop+"/messages", textBody(person, fmt.Sprintf("%d-%d", worker, i)), minute)
				if i%5 == 0 {
					wire(t, client, "GET", l.URL()+"/v24.0/me/conversations?fields=messages{message,reactions}", "", minute)
					s.Conversations()
					if _, err := s.PersonWrites(shop, person, "between"); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	seen := map[string]int{}
	for _, c := range s.Conversations() {
		for _, it := range c.Items {
			if it.FromBusiness {
				seen[it.Text]++
			}
		}
	}
	for worker := range 8 {
		for i := range 20 {
			if n := seen[fmt.Sprintf("%d-%d", worker, i)]; n != 1 {
				t.Errorf("message %d-%d is there %d times", worker, i, n)
			}
		}
	}
	again := reopen(t, dir)
	if diff := cmp.Diff(s.Accepted(), again.Accepted()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(s.Conversations(), again.Conversations()); diff != "" {
		t.Error(diff)
	}
}
