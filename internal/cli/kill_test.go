package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"herald/internal/sandbox"
)

// crash is an apply that is killed again and again, and what is known of it
// from outside: what the local Instagram accepted.
type crash struct {
	t      *testing.T
	dir    string
	server *sandbox.Server
	gate   gate
	doubts int
}

// gate stands before the local Instagram. Each run has a token of its own; once
// it is killed, what is still under way is taken or dropped, and then nothing
// of it comes through any more: who looks sees what came of it.
type gate struct {
	server http.Handler
	mu     sync.RWMutex
	run    int
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if r.Header.Get("Authorization") != "Bearer "+g.token() {
		panic(http.ErrAbortHandler) // closes the connection
	}
	g.server.ServeHTTP(w, r)
}

func (g *gate) token() string { return fmt.Sprintf("run-%d-17841405822304914", g.run) }

// next ends a run.
func (g *gate) next() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.run++
}

// TestKilledAtAnyMoment kills applies at random moments. After each kill the
// record loads, what it has as sent was accepted, and what is in doubt is
// settled by a person who looks. In the end every message was accepted once.
func TestKilledAtAnyMoment(t *testing.T) {
	kills := 15
	if testing.Short() {
		kills = 5
	}
	for _, saved := range []bool{false, true} {
		t.Run(fmt.Sprintf("saved plan %t", saved), func(t *testing.T) {
			t.Parallel()
			c := newCrash(t)
			apply := []string{"apply", "-new-record", "-auto-approve"}
			if saved {
				c.herald(0, "plan", "-out=all.plan")
				apply = []string{"apply", "-new-record", "all.plan"}
			}
			for range kills {
				c.kill(apply, rand.N(200*time.Millisecond))
				c.check()
			}
			t.Logf("%d of %d messages were accepted, and %d were in doubt", len(c.server.Accepted()), messages, c.doubts)
			c.herald(0, apply...)
			c.herald(0, "plan", "-detailed-exitcode")
			c.check()
			if got := len(c.server.Accepted()); got != messages {
				t.Errorf("%d messages were accepted, of %d", got, messages)
			}
		})
	}
}

// messages are sent in the crash test, ten to a person.
const messages = 60

func newCrash(t *testing.T) *crash {
	t.Helper()
	server, err := sandbox.New(sandbox.Options{Latency: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	c := &crash{t: t, dir: t.TempDir(), server: server, gate: gate{server: server}}
	listener := httptest.NewServer(&c.gate)
	t.Cleanup(func() {
		listener.Close()
		_ = server.Close()
	})
	var b strings.Builder
	fmt.Fprintf(&b, "account \"shop\" {\n  ig_id    = \"17841405822304914\"\n  endpoint = %q\n}\n", listener.URL)
	for i := range messages {
		fmt.Fprintf(&b, "\nmessage \"m%02d\" {\n  recipient = \"61000000000000%02d\"\n  text      = \"This is m%02d.\"\n  lifecycle { on_in_doubt = \"hold\" }\n}\n", i, i/10, i)
	}
	if err := os.WriteFile(filepath.Join(c.dir, "main.hcl"), []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *crash) command(args ...string) *exec.Cmd {
	cmd := exec.Command("herald", args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "HERALD_TOKEN="+c.gate.token())
	return cmd
}

// herald runs the program, which must end with that exit code, and returns
// what it wrote.
func (c *crash) herald(want int, args ...string) []byte {
	c.t.Helper()
	var out, errs bytes.Buffer
	cmd := c.command(args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if got, ok := exitCode(cmd.Run()); !ok || got != want {
		c.t.Fatalf("herald %s: exit code %d, not %d\n%s%s", strings.Join(args, " "), got, want, &out, &errs)
	}
	return out.Bytes()
}

// kill begins an apply and ends it after a time; it may have ended before.
func (c *crash) kill(apply []string, after time.Duration) {
	cmd := c.command(apply...)
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	time.Sleep(after)
	_ = cmd.Process.Kill() // it may have ended
	_ = cmd.Wait()         // killed
	c.gate.next()
}

// check reads the record, compares it with what was accepted, and settles what
// is in doubt by what was.
func (c *crash) check() {
	c.t.Helper()
	if _, err := os.Stat(filepath.Join(c.dir, "herald.state.json")); os.IsNotExist(err) {
		if n := len(c.server.Accepted()); n > 0 {
			c.t.Fatalf("%d messages were accepted, and there is no record", n)
		}
		return
	}
	var record struct {
		Entries []struct {
			Address   string `json:"address"`
			Name      string `json:"name"`
			Status    string `json:"status"`
			MessageID string `json:"message_id"`
		} `json:"entries"`
	}
	if err := json.Unmarshal(c.herald(0, "state", "list", "-json"), &record); err != nil {
		c.t.Fatal(err)
	}
	recorded := map[string]bool{}
	for _, e := range record.Entries {
		text := "This is " + e.Name + "."
		ids := c.accepted(text)
		recorded[text] = true
		switch {
		case len(ids) > 1:
			c.t.Fatalf("%s was sent %d times", e.Address, len(ids))
		case e.Status == "sent" && !slices.Contains(ids, e.MessageID):
			c.t.Fatalf("%s is recorded as sent with the id %s; accepted were %q", e.Address, e.MessageID, ids)
		case e.Status == "absent" && len(ids) > 0:
			c.t.Fatalf("%s is recorded as not sent, and was accepted", e.Address)
		case e.Status == "intent" && len(ids) > 0:
			c.doubts++
			c.herald(0, "resolve", e.Address, "-sent="+ids[0])
		case e.Status == "intent":
			c.doubts++
			c.herald(0, "resolve", e.Address, "-not-sent")
		}
	}
	for _, a := range c.server.Accepted() {
		if _, text, ok := strings.Cut(string(a.Body), `"text":"`); ok {
			text, _, _ = strings.Cut(text, `"`)
			if !recorded[text] {
				c.t.Fatalf("%q was accepted, and the record knows nothing of it", text)
			}
		}
	}
}

// accepted are the ids under which a text was accepted.
func (c *crash) accepted(text string) []string {
	var ids []string
	for _, a := range c.server.Accepted() {
		if strings.Contains(string(a.Body), text) {
			ids = append(ids, a.MID)
		}
	}
	return ids
}

// TestPlanBesideApply plans again and again while an apply is under way: each
// plan sees the record as it was at one moment, and none stands in the way.
func TestPlanBesideApply(t *testing.T) {
	t.Parallel()
	c := newCrash(t)
	c.herald(0, "apply", "-new-record", "-auto-approve", "-only=message.m00")
	apply := c.command("apply", "-auto-approve")
	if err := apply.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- apply.Wait() }()
	for plans := 1; ; plans++ {
		c.herald(0, "plan")
		c.herald(0, "state", "list")
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the apply: %v", err)
			}
			t.Logf("%d plans", plans)
			c.herald(0, "plan", "-detailed-exitcode")
			if got := len(c.server.Accepted()); got != messages {
				t.Errorf("%d messages were accepted, of %d", got, messages)
			}
			return
		default:
		}
	}
}
