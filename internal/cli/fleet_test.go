package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"herald/internal/sandbox"
	"herald/state/pgstore/pgtest"
)

// fleetBench is a record in PostgreSQL, a local Instagram, and programs that
// apply one configuration at once, each in a folder of its own.
type fleetBench struct {
	t      *testing.T
	server *sandbox.Server
	url    string
	env    []string
	config string

	mu     sync.Mutex
	busy   map[string]bool // by recipient
	posts  []time.Time
	faults []string
	doze   *doze
}

// fleetLease is how long a program that is not heard of keeps what it has.
const fleetLease = 3 * time.Second

func newFleetBench(t *testing.T, people, blocks int) *fleetBench {
	server, err := sandbox.New(sandbox.Options{Latency: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	b := &fleetBench{t: t, server: server, busy: make(map[string]bool), doze: watchSleep(t)}
	listener := httptest.NewServer(b)
	t.Cleanup(func() {
		listener.Close()
		_ = server.Close()
	})
	b.url = listener.URL
	postgres := pgtest.Start(t, pgtest.Options{})
	b.env = append(os.Environ(), "HERALD_TOKEN="+secret, "NO_PROXY=*", "HERALD_STATE_POSTGRES_URL="+postgres.URL(), "HERALD_STATE_LEASE="+fleetLease.String())
	b.config = campaignConfig(b.url, people, blocks, "messages = 100\n    reads    = 1000", "  state \"postgres\" {}\n")
	return b
}

// campaignConfig is a configuration of so many messages to each of so many
// people, with what its limits and its herald block hold.
func campaignConfig(url string, people, blocks int, limits, herald string) string {
	var b strings.Builder
	var ranges []string
	for n := 0; n < people; n += 1000 { // one call makes no more than 1024
		ranges = append(ranges, fmt.Sprintf("range(%d, %d)", n, min(n+1000, people)))
	}
	fmt.Fprintf(&b, `herald {
%s}
account "shop" {
  ig_id        = "17841405822304914"
  endpoint     = %q
  settle_after = "300ms"
  limits {
    %s
  }
}
locals {
  people = { for n in concat(%s) : format("p%%03d", n) => format("61%%014d", n) }
}
`, herald, url, limits, strings.Join(ranges, ", "))
	for i := range blocks {
		fmt.Fprintf(&b, "message \"m%d\" {\n  for_each  = local.people\n  recipient = each.value\n  text      = \"Message %d to ${each.key}\"\n}\n", i, i)
	}
	return b.String()
}

// ServeHTTP watches who is written to, and when.
func (b *fleetBench) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		b.server.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var call struct {
		Recipient struct {
			ID string `json:"id"`
		} `json:"recipient"`
	}
	if err := json.Unmarshal(body, &call); err != nil {
		b.fault("%v", err)
	}
	to := call.Recipient.ID
	b.mu.Lock()
	b.posts = append(b.posts, time.Now())
	twice := b.busy[to]
	b.busy[to] = true
	b.mu.Unlock()
	if twice {
		b.fault("two calls to %s at once", to)
	}
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.busy, to)
	}()
	b.server.ServeHTTP(w, r)
}

func (b *fleetBench) fault(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, fmt.Sprintf(format, args...))
}

// member is one program of a fleet.
type member struct {
	cmd  *exec.Cmd
	out  *output
	done chan struct{}
}

// start begins an apply in an empty folder.
func (b *fleetBench) start(args ...string) *member {
	dir := b.t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(b.config), 0o600); err != nil {
		b.t.Fatal(err)
	}
	r := &member{cmd: exec.Command("herald", append([]string{"-chdir=" + dir, "apply", "-auto-approve", "-new-record"}, args...)...), out: &output{}, done: make(chan struct{})}
	r.cmd.Env, r.cmd.Stdout, r.cmd.Stderr = b.env, r.out, r.out
	if err := r.cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	go func() {
		defer close(r.done)
		_ = r.cmd.Wait() // the exit code tells
	}()
	return r
}

func (r *member) kill() {
	_ = r.cmd.Process.Kill() // it may have ended
	<-r.done
}

// arrived returns how often each text was accepted, in the order in which each
// person got theirs.
func (b *fleetBench) arrived() map[string][]string {
	texts := make(map[string][]string)
	for _, a := range b.server.Accepted() {
		var call struct {
			Recipient struct {
				ID string `json:"id"`
			} `json:"recipient"`
			Message struct {
				Text string `json:"text"`
			} `json:"message"`
		}
		if err := json.Unmarshal(a.Body, &call); err != nil {
			b.t.Fatal(err)
		}
		texts[call.Recipient.ID] = append(texts[call.Recipient.ID], call.Message.Text)
	}
	return texts
}

// check fails the test unless each person got each message once, in order.
func (b *fleetBench) check(people, blocks int) {
	b.t.Helper()
	texts := b.arrived()
	for n := range people {
		var want []string
		for i := range blocks {
			want = append(want, fmt.Sprintf("Message %d to p%03d", i, n))
		}
		if got := texts[fmt.Sprintf("61%014d", n)]; !slices.Equal(got, want) {
			b.t.Errorf("person %d got %q", n, got)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.faults {
		b.t.Error(f)
	}
	took := b.posts[len(b.posts)-1].Sub(b.posts[0])
	most, excess := ceiling(b.posts, 100, b.doze)
	b.t.Logf("%d calls in %s, at most %d in one second", len(b.posts), took, most)
	if excess > 0 {
		b.t.Errorf("%d calls in one second, %d more than are allowed and came late", most, excess)
	}
}

// TestFleet has four programs apply at once, while they are killed at random
// and begun again, and one is stopped past its lease and goes on: every message
// arrives once, in order, never two to one person at once, and never more in a
// second than one program alone may send.
func TestFleet(t *testing.T) {
	people, blocks, kills := 400, 5, 14
	if testing.Short() {
		people, blocks, kills = 80, 5, 3
	}
	b := newFleetBench(t, people, blocks)
	var fleet [4]*member
	for i := range fleet {
		fleet[i] = b.start()
	}
	t.Cleanup(func() {
		for _, r := range fleet {
			r.kill()
		}
	})
	random := rand.New(rand.NewPCG(1, 2))
	stopped := 0 // the first is stopped, and is not killed until it goes on
	b.await(people * blocks / 20)
	if err := fleet[stopped].cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatalf("%v\n%s", err, fleet[stopped].out)
	}
	goesOn := time.Now().Add(2 * fleetLease)
	for n := 0; n < kills || time.Now().Before(goesOn); n++ {
		time.Sleep(time.Duration(200+random.IntN(1000)) * time.Millisecond)
		i := 1 + random.IntN(len(fleet)-1)
		fleet[i].kill()
		fleet[i] = b.start()
	}
	before := len(fleet[stopped].out.String())
	if err := fleet[stopped].cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	awaitEnd(t, fleet[stopped])
	if code := fleet[stopped].cmd.ProcessState.ExitCode(); code == 0 {
		t.Errorf("the program that was stopped past its lease ends with 0:\n%s", fleet[stopped].out)
	} else if said := fleet[stopped].out.String()[before:]; !strings.Contains(said, "Lease on the record lost") {
		t.Errorf("the program that was stopped past its lease says:\n%s", said)
	}
	fleet[stopped] = b.start()
	for i, r := range fleet {
		awaitEnd(t, r)
		if code := r.cmd.ProcessState.ExitCode(); code != 0 {
			t.Errorf("program %d ends with %d:\n%s", i, code, r.out)
		}
	}
	b.check(people, blocks)
}

// await waits until so many calls have come.
func (b *fleetBench) await(n int) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		b.mu.Lock()
		got := len(b.posts)
		b.mu.Unlock()
		if got >= n {
			return
		}
	}
	b.t.Fatalf("%d calls do not come", n)
}

func awaitEnd(t *testing.T, r *member) {
	t.Helper()
	select {
	case <-r.done:
	case <-time.After(2 * time.Minute):
		t.Fatalf("a program does not end:\n%s", r.out)
	}
}

// TestFleetRefusesPreparing: what is prepared is for a record in git.
func TestFleetRefusesPreparing(t *testing.T) {
	b := newFleetBench(t, 1, 1)
	r := b.start("-prepare")
	awaitEnd(t, r)
	if out := r.out.String(); r.cmd.ProcessState.ExitCode() != 1 || !strings.Contains(out, "Nothing to prepare for") {
		t.Errorf("exit code %d\n%s", r.cmd.ProcessState.ExitCode(), out)
	}
}
