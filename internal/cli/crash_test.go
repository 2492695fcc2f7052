package cli_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var crashSeeds = flag.Int("crash.seeds", 2, "how many seeds the crash tests run")

// The campaign of the crash tests: so many messages to each of so many people.
const (
	crashPeople = 100
	crashBlocks = 5
)

// lossy is what happens to the answers: about one in seven is lost, garbled or
// an error, although the message was accepted.
const lossy = `post chance=0.05 seed=%[1]d1 do accept-then-drop
post chance=0.04 seed=%[1]d2 do accept-then-500
post chance=0.03 seed=%[1]d3 do accept-then-garbage
post chance=0.03 seed=%[1]d4 do accept-then-code 2
`

// campaign is a configuration, the program, and a local Instagram in a process
// of its own.
type campaign struct {
	t       *testing.T
	program string
	dir     string
	url     string
	random  *rand.Rand
	people  int

	// Of a record that is kept elsewhere: how, and what is done after a kill.
	// Each run then begins in an empty folder.
	herald string
	env    []string
	killed func()
	stops  bool // the store fails now and then, which stops a run
}

func newCampaign(t *testing.T, seed int) *campaign {
	c := prepareCampaign(t, seed)
	c.write()
	return c
}

// prepareCampaign is newCampaign, before the configuration is written.
func prepareCampaign(t *testing.T, seed int) *campaign {
	program, err := exec.LookPath("herald")
	if err != nil {
		t.Fatal(err)
	}
	c := &campaign{t: t, program: program, dir: t.TempDir(), people: crashPeople, random: rand.New(rand.NewPCG(uint64(seed), 1))}
	sandbox := exec.Command(program, "sandbox", "-control", "-latency=50ms", "-dir="+t.TempDir())
	out, err := sandbox.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := sandbox.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = sandbox.Process.Kill()
		_ = sandbox.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	c.url = strings.TrimSpace(line)
	return c
}

func (c *campaign) write() {
	text := campaignConfig(c.url, c.people, crashBlocks, "messages = 100000\n    reads    = 100000", c.herald)
	if err := os.WriteFile(filepath.Join(c.dir, "main.hcl"), []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

func (c *campaign) faults(script string) {
	res, err := http.Post(c.url+"/sandbox/faults", "text/plain", strings.NewReader(script))
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if body, _ := io.ReadAll(res.Body); res.StatusCode >= 300 {
		c.t.Fatalf("faults: %s: %s", res.Status, body)
	}
}

// apply runs one apply. It is killed after a random time below most, or never
// if that is 0, and then its exit code is returned, else -1.
func (c *campaign) apply(most time.Duration) (int, string) {
	args := []string{"-chdir=" + c.dir, "apply", "-auto-approve", "-new-record"}
	if c.herald != "" {
		if err := os.RemoveAll(c.dir); err != nil {
			c.t.Fatal(err)
		}
		if err := os.Mkdir(c.dir, 0o700); err != nil {
			c.t.Fatal(err)
		}
		c.write()
		args = append(args, "-lock-timeout=30s")
	}
	cmd := exec.Command(c.program, args...)
	cmd.Env = append(append(os.Environ(), "HERALD_TOKEN="+secret, "NO_PROXY=*"), c.env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	if most > 0 {
		kill := time.AfterFunc(time.Duration(c.random.Int64N(int64(most))), func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
	}
	_ = cmd.Wait() // the exit code tells
	if c.killed != nil {
		c.killed()
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

// accepted returns how often Instagram accepted each message, by its text.
func (c *campaign) accepted() map[string]int {
	res, err := http.Get(c.url + "/sandbox/conversations")
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var conversations []struct {
		Recipient string `json:"recipient"`
		Items     []struct {
			Text string `json:"text"`
		} `json:"items"`
	}
	if err := json.NewDecoder(res.Body).Decode(&conversations); err != nil {
		c.t.Fatal(err)
	}
	n := make(map[string]int)
	for _, conv := range conversations {
		for _, item := range conv.Items {
			n[item.Text]++
		}
	}
	return n
}

// neverTwice fails the test if anything arrived twice. It returns how many
// messages arrived.
func (c *campaign) neverTwice() int {
	c.t.Helper()
	n := c.accepted()
	for text, times := range n {
		if times > 1 {
			c.t.Errorf("%q arrived %d times", text, times)
		}
	}
	return len(n)
}

// TestKilledAgainAndAgain kills the program at random moments of a campaign
// whose answers are lost as well, until one run comes to its end: then every
// message has arrived exactly once.
func TestKilledAgainAndAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes its time")
	}
	for seed := range *crashSeeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			c := newCampaign(t, seed)
			c.faults(fmt.Sprintf(lossy, seed+1))
			kills := 0
			for code := -1; code != 0; {
				most := 500 * time.Millisecond
				switch {
				case kills < 5:
					most = 200 * time.Millisecond // five messages in a row take longer: it does not come to its end
				case kills >= 40:
					most = 0 // a slow machine has come far enough by being killed
				}
				var out string
				if code, out = c.apply(most); code == -1 {
					kills++
				} else if code != 0 && code != 4 && code != 3 {
					t.Fatalf("exit code %d\n%s", code, out)
				}
				c.neverTwice()
				if t.Failed() || kills > 100 {
					t.Fatalf("after %d kills, exit code %d\n%s", kills, code, out)
				}
			}
			if n := c.neverTwice(); n != crashPeople*crashBlocks {
				t.Errorf("%d messages arrived, not %d", n, crashPeople*crashBlocks)
			}
			t.Logf("%d kills", kills)
		})
	}
}

// TestKilledWhileReadsFail is the same campaign while conversations cannot be
// read: nothing is sent twice, what is in doubt stays so, and once reading
// works again one more run ends it.
func TestKilledWhileReadsFail(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes its time")
	}
	for seed := range *crashSeeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			c := newCampaign(t, 1000+seed)
			c.faults("get do listing-code-1\n" + fmt.Sprintf(lossy, seed+1))
			for range 4 {
				c.apply(800 * time.Millisecond)
				c.neverTwice()
			}
			code, out := c.apply(0)
			if code != 4 {
				t.Fatalf("exit code %d, not 4\n%s", code, out)
			}
			if !strings.Contains(out, "in doubt") {
				t.Errorf("nothing says what is in doubt:\n%s", out)
			}
			c.neverTwice()
			c.faults("")
			if code, out = c.apply(0); code != 0 {
				t.Fatalf("exit code %d, not 0\n%s", code, out)
			}
			if n := c.neverTwice(); n != crashPeople*crashBlocks {
				t.Errorf("%d messages arrived, not %d", n, crashPeople*crashBlocks)
			}
		})
	}
}
