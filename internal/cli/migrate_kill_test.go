package cli_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"herald/state/pgstore/pgtest"
)

var moveKills = flag.Int("move.kills", 2, "how often each move of the kill test is killed")

// house is a record that moves from place to place, each with a configuration
// that says that the record is there.
type house struct {
	*campaign
	random *rand.Rand
	env    []string
	unlock func() // frees the locks that outlive their holder for ever
}

// at is one place: the name of its folder, and how -to names it.
type at struct{ name, to, block string }

func newHouse(t *testing.T, seed uint64) (*house, []at) {
	c := prepareCampaign(t, int(seed))
	database := pgtest.Start(t, pgtest.Options{})
	backend := s3mem.New()
	if err := backend.CreateBucket("records"); err != nil {
		t.Fatal(err)
	}
	bucket := httptest.NewServer(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(bucket.Close)
	server := newRecordServer("", "", false)
	t.Cleanup(server.Close)
	h := &house{campaign: c, random: rand.New(rand.NewPCG(seed, 2)), unlock: server.unlock, env: append(os.Environ(),
		"HERALD_TOKEN="+secret, "NO_PROXY=*", "HERALD_STATE_POSTGRES_URL="+database.URL(), "HERALD_STATE_LEASE=1s",
		"AWS_ACCESS_KEY_ID=herald", "AWS_SECRET_ACCESS_KEY=secret", "AWS_EC2_METADATA_DISABLED=true")}
	file := filepath.Join(c.dir, "herald.state.json")
	places := []at{
		{"local", "local:" + file, fmt.Sprintf("state \"local\" {\n    path = %q\n  }", file)},
		{"postgres", "postgres:record=spring", "state \"postgres\" {\n    record = \"spring\"\n  }"},
		{
			"s3", "s3:bucket=records,key=spring,region=eu-central-1,use_path_style=true,endpoint=" + bucket.URL,
			fmt.Sprintf("state \"s3\" {\n    bucket         = \"records\"\n    key            = \"spring\"\n    region         = \"eu-central-1\"\n    endpoint       = %q\n    use_path_style = true\n  }", bucket.URL),
		},
		{"http", fmt.Sprintf("http:address=%[1]s/state,lock_address=%[1]s/state", server.URL), fmt.Sprintf("state \"http\" {\n    address      = %[1]q\n    lock_address = %[1]q\n  }", server.URL+"/state")},
	}
	for _, p := range places {
		dir := filepath.Join(c.dir, p.name)
		text := campaignConfig(c.url, 6, crashBlocks, "messages = 100000\n    reads    = 100000", "  "+p.block+"\n")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return h, places
}

// run runs herald in a place's folder, and kills it after a time above 0. It
// returns its exit code, -1 of one that was killed, and what it wrote.
func (h *house) run(p at, limit time.Duration, args ...string) (int, string) {
	h.t.Helper()
	cmd := exec.Command(h.program, append([]string{"-chdir=" + filepath.Join(h.dir, p.name)}, args...)...)
	cmd.Env = h.env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	if limit > 0 {
		kill := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
	}
	_ = cmd.Wait() // the exit code tells
	if cmd.ProcessState.ExitCode() == -1 {
		h.unlock()
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

// works reports whether somebody who looks in the place would send by what is
// there.
func (h *house) works(p at) bool {
	code, out := h.run(p, 0, "plan", "-detailed-exitcode")
	if strings.Contains(out, "There is another record") || strings.Contains(out, "There is no record") {
		return false
	}
	switch code {
	case 0:
		return true
	case 1:
		return false
	}
	// What is missing would be sent: by a record, or because there is none?
	code, out = h.run(p, 0, "state", "list")
	if code == 0 && !strings.Contains(out, "has moved") && !strings.Contains(out, "has not ended") {
		h.t.Fatalf("%s would send what was sent:\n%s", p.name, out)
	}
	return false
}

// TestKilledWhileMoving moves a record from one store to the next, all of them
// and home again, and kills each move a few times: never can both places be
// worked with, the same command goes on, and nothing is sent twice.
func TestKilledWhileMoving(t *testing.T) {
	seed := rand.Uint64N(1 << 20)
	h, places := newHouse(t, seed)
	if code, out := h.run(places[0], 0, "apply", "-auto-approve", "-new-record"); code != 0 {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	sent := h.neverTwice()
	killed, begun, places := 0, 0, append(places, places[0])
	for i := range len(places) - 1 {
		from, to := places[i], places[i+1]
		move := []string{"state", "migrate", "-to=" + to.to, "-lock-timeout=30s"}
		limit := time.Second
		for range *moveKills {
			began := time.Now()
			code, out := h.run(from, time.Duration(1+h.random.Int64N(int64(limit))), move...)
			begun++
			switch code {
			case -1:
				killed++
			case 0:
				limit = max(time.Since(began), 50*time.Millisecond)
			default:
				t.Fatalf("seed %d: %s to %s: exit code %d\n%s", seed, from.name, to.name, code, out)
			}
			if h.works(from) && h.works(to) {
				t.Fatalf("seed %d: after a kill between %s and %s both would be sent from", seed, from.name, to.name)
			}
		}
		if code, out := h.run(from, 0, move...); code != 0 {
			t.Fatalf("seed %d: %s to %s: exit code %d\n%s", seed, from.name, to.name, code, out)
		}
		if code, out := h.run(to, 0, "apply", "-auto-approve"); code != 0 {
			t.Fatalf("seed %d: an apply in %s: exit code %d\n%s", seed, to.name, code, out)
		}
		if code, out := h.run(from, 0, "apply", "-auto-approve", "-new-record"); code != 5 {
			t.Fatalf("seed %d: an apply in %s, which the record has left: exit code %d\n%s", seed, from.name, code, out)
		}
		if n := h.neverTwice(); n != sent {
			t.Fatalf("seed %d: %d messages arrived, of %d", seed, n, sent)
		}
	}
	t.Logf("%d of %d moves were killed", killed, begun)
}
