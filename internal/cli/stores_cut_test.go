package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"herald/state/s3store/s3test"
)

// wire stands between the program and a server, and can be cut: then every
// connection ends, and none is made.
type wire struct {
	listener net.Listener
	server   string

	mu    sync.Mutex
	cut   bool
	conns []net.Conn
}

// newWire returns a wire to a server, which is http://HOST:PORT.
func newWire(t *testing.T, server string) *wire {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, server: strings.TrimPrefix(server, "http://")}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { w.carry(in) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		w.set(true)
		all.Wait()
	})
	return w
}

func (w *wire) url() string { return "http://" + w.listener.Addr().String() }

// set cuts the wire, or mends it.
func (w *wire) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	if cut {
		for _, c := range w.conns {
			_ = c.Close()
		}
		w.conns = nil
	}
}

func (w *wire) carry(in net.Conn) {
	defer func() { _ = in.Close() }()
	out, err := net.Dial("tcp", w.server)
	if err != nil {
		return
	}
	defer func() { _ = out.Close() }()
	w.mu.Lock()
	cut := w.cut
	if !cut {
		w.conns = append(w.conns, in, out)
	}
	w.mu.Unlock()
	if cut {
		return
	}
	var back sync.WaitGroup
	back.Go(func() { _, _ = io.Copy(in, out); _ = in.Close() })
	_, _ = io.Copy(out, in)
	_ = out.Close()
	back.Wait()
}

// farStores are a record on a server, at an address that may be a wire's.
var farStores = map[string]func(t *testing.T, c *campaign) (url string, herald func(url string) string, unlock func()){
	"s3": func(t *testing.T, c *campaign) (string, func(string) string, func()) {
		server := s3test.Start(t)
		server.Bucket(t, "records")
		c.env = []string{"AWS_ACCESS_KEY_ID=" + s3test.Access, "AWS_SECRET_ACCESS_KEY=" + s3test.Secret, "AWS_EC2_METADATA_DISABLED=true", "HERALD_STATE_LEASE=2s"}
		return server.URL, func(url string) string {
			return fmt.Sprintf("  state \"s3\" {\n    bucket         = \"records\"\n    key            = \"spring\"\n    region         = %q\n    endpoint       = %q\n    use_path_style = true\n  }\n", s3test.Region, url)
		}, func() {}
	},
	"http": func(t *testing.T, _ *campaign) (string, func(string) string, func()) {
		s := newRecordServer("", "", false)
		t.Cleanup(s.Close)
		return s.URL, func(url string) string {
			return fmt.Sprintf("  state \"http\" {\n    address      = %[1]q\n    lock_address = %[1]q\n  }\n", url+"/state")
		}, s.unlock
	},
}

// TestCutOffFromItsRecord cuts the program off from the server of its record in
// the middle of a campaign: the run ends before long, nothing is sent but what
// had its intent stored before (a few, of hundreds that are left), and the next
// run sends the rest, each message once.
func TestCutOffFromItsRecord(t *testing.T) {
	for name, far := range farStores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := prepareCampaign(t, 1)
			c.people = 60
			server, herald, unlock := far(t, c)
			w := newWire(t, server)
			c.herald = herald(w.url())
			run := c.begin("apply", "-auto-approve", "-new-record", "-parallelism=4")
			c.arrived(8)
			w.set(true)
			atCut := c.neverTwice()
			code, out := run.end()
			sent := c.neverTwice()
			if code <= 0 || sent > atCut+32 {
				t.Fatalf("exit code %d, %d messages at the cut, %d at the end\n%s", code, atCut, sent, out)
			}
			t.Logf("exit code %d, %d messages at the cut, %d at the end", code, atCut, sent)
			w.set(false)
			unlock()
			c.putBack()
			code, out = c.begin("apply", "-auto-approve", "-lock-timeout=30s").end()
			if n := c.neverTwice(); code != 0 || n != c.people*crashBlocks {
				t.Fatalf("exit code %d, %d messages arrived, not %d\n%s", code, n, c.people*crashBlocks, out)
			}
		})
	}
}

// TestLockTakenFromTheLiving frees the lock of a run that lives: it stops
// before its next call, another refused or made to wait meanwhile goes on, and
// nothing arrives twice.
func TestLockTakenFromTheLiving(t *testing.T) {
	for name, far := range farStores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := prepareCampaign(t, 2)
			c.people = 60
			server, herald, _ := far(t, c)
			c.herald = herald(server)
			run := c.begin("apply", "-auto-approve", "-new-record", "-parallelism=4")
			c.arrived(8)
			code, out := c.begin("apply", "-auto-approve").end()
			_, after, found := strings.Cut(strings.Join(strings.Fields(out), " "), "herald force-unlock ")
			if code != 5 || !found || !strings.Contains(out, "running apply since") {
				t.Fatalf("exit code %d\n%s", code, out)
			}
			nonce, _, _ := strings.Cut(after, " ")
			if code, out := c.begin("force-unlock", "-force", nonce).end(); code != 0 {
				t.Fatalf("exit code %d\n%s", code, out)
			}
			second := c.begin("apply", "-auto-approve", "-lock-timeout=30s")
			if code, out := run.end(); code == 0 {
				t.Fatalf("the first run went on to its end\n%s", out)
			}
			code, out = second.end() // what the first had in flight may be in doubt
			if code != 0 && !strings.Contains(out, "Another file knows more than the record") {
				t.Fatalf("the second run: exit code %d\n%s", code, out)
			}
			c.putBack()
			if code, out = c.begin("apply", "-auto-approve", "-lock-timeout=30s").end(); code != 0 {
				t.Fatalf("exit code %d\n%s", code, out)
			}
			if n := c.neverTwice(); n != c.people*crashBlocks {
				t.Fatalf("%d messages arrived, not %d", n, c.people*crashBlocks)
			}
		})
	}
}

// onward is a command of the program under way.
type onward struct {
	cmd *exec.Cmd
	out bytes.Buffer
}

// begin starts a command in the folder of the campaign.
func (c *campaign) begin(args ...string) *onward {
	c.t.Helper()
	c.write()
	o := &onward{cmd: exec.Command(c.program, append([]string{"-chdir=" + c.dir}, args...)...)}
	o.cmd.Env = append(append(os.Environ(), "HERALD_TOKEN="+secret, "NO_PROXY=*"), c.env...)
	o.cmd.Stdout, o.cmd.Stderr = &o.out, &o.out
	if err := o.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = o.cmd.Process.Kill() }) // if it has not ended
	return o
}

// end waits for its exit code.
func (o *onward) end() (int, string) {
	_ = o.cmd.Wait() // the exit code tells
	return o.cmd.ProcessState.ExitCode(), o.out.String()
}

// arrived waits until so many messages have.
func (c *campaign) arrived(n int) {
	c.t.Helper()
	for end := time.Now().Add(patience); c.neverTwice() < n; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatalf("%d messages have not arrived", n)
		}
	}
}

// putBack pushes what the last run has kept apart, if it has.
func (c *campaign) putBack() {
	c.t.Helper()
	if _, err := os.Stat(filepath.Join(c.dir, "herald.errored.json")); err != nil {
		return
	}
	if code, out := c.begin("state", "push", "herald.errored.json", "-lock-timeout=30s").end(); code != 0 {
		c.t.Fatalf("exit code %d\n%s", code, out)
	}
}
