package cli_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"herald/internal/sandbox"
	"herald/internal/sandbox/fault"
)

// stage is what one script has beside its files: a local Instagram, the
// processes that it started, and the listings that it remembers.
type stage struct {
	dir       string
	server    *sandbox.Server
	listener  *sandbox.Listener
	records   *recordServer
	processes processes
	listings  map[string][]string
}

type stageKey struct{}

func newStage(dir string) *stage {
	return &stage{dir: dir, processes: processes{all: map[string]*process{}}, listings: map[string][]string{}}
}

func stageOf(ts *testscript.TestScript) *stage { return ts.Value(stageKey{}).(*stage) }

func (s *stage) close() {
	s.processes.close()
	if s.records != nil {
		s.records.Close()
	}
	if s.listener != nil {
		_ = s.listener.Close()
		_ = s.server.Close()
	}
}

// open returns the script's local Instagram.
func (s *stage) open(ts *testscript.TestScript) *sandbox.Server {
	if s.server == nil {
		ts.Fatalf("the script has started no sandbox")
	}
	return s.server
}

// cmdSandbox takes the options -latency=DURATION, -window=DURATION (after
// which nobody can be written to who has not written) and -token=TOKEN (of the
// account 17841405822304914, the only one then) and, after that, -posts=ID,…
// (which it owns). $DEAD is an address where
// nobody listens.
func cmdSandbox(ts *testscript.TestScript, neg bool, args []string) {
	s := stageOf(ts)
	usage(ts, !neg && s.server == nil, "sandbox [-latency=DURATION] [-window=DURATION] [-token=TOKEN [-posts=ID,...]], once")
	opts := sandbox.Options{Control: true}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "-latency":
			opts.Latency = duration(ts, value)
		case "-window":
			opts.Window = duration(ts, value)
		case "-token":
			opts.Accounts = []sandbox.Account{{IGID: "17841405822304914", Token: value}}
		case "-posts":
			for id := range strings.SplitSeq(value, ",") {
				opts.Accounts[0].Posts = append(opts.Accounts[0].Posts, sandbox.Post{ID: id})
			}
		default:
			ts.Fatalf("unknown option %s", arg)
		}
	}
	var err error
	s.server, err = sandbox.New(opts)
	ts.Check(err)
	s.listener, err = sandbox.Listen("127.0.0.1:0", s.server)
	ts.Check(err)
	ts.Setenv("URL", s.listener.URL())
	ts.Setenv("DEAD", deadAddress(ts))
	ts.Check(filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".hcl") {
			expand(ts, path)
		}
		return err
	}))
}

// deadAddress is one that was free a moment ago.
func deadAddress(ts *testscript.TestScript) string {
	server, err := sandbox.New(sandbox.Options{})
	ts.Check(err)
	defer server.Close()
	listener, err := sandbox.Listen("127.0.0.1:0", server)
	ts.Check(err)
	ts.Check(listener.Close())
	return listener.URL()
}

func duration(ts *testscript.TestScript, s string) time.Duration {
	d, err := time.ParseDuration(s)
	ts.Check(err)
	return d
}

func cmdFaults(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg, "faults [RULE...]")
	script, err := fault.Parse(strings.Join(args, "\n"))
	ts.Check(err)
	stageOf(ts).open(ts).SetFaults(script)
}

// acceptedWith counts the POSTs that took effect whose body holds the text.
func acceptedWith(server *sandbox.Server, text string) int {
	n := 0
	for _, a := range server.Accepted() {
		if strings.Contains(string(a.Body), text) {
			n++
		}
	}
	return n
}

func cmdAccepted(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && (len(args) == 1 || len(args) == 2), "accepted N [TEXT]")
	text := strings.Join(args[1:], "")
	if got := acceptedWith(stageOf(ts).open(ts), text); got != number(ts, args[0]) {
		ts.Fatalf("%d POSTs took effect, not %s", got, args[0])
	}
}

func cmdUntil(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2 && (args[0] == "accepted" || args[0] == "calls"), "until accepted|calls N")
	server, want := stageOf(ts).open(ts), number(ts, args[1])
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		accepted, calls := len(server.Accepted()), len(server.Calls())
		if args[0] == "accepted" && accepted >= want || args[0] == "calls" && calls >= want {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("%d POSTs took effect, of %d calls", accepted, calls)
		}
	}
}

func cmdCalls(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "calls N")
	calls := stageOf(ts).open(ts).Calls()
	if len(calls) != number(ts, args[0]) {
		for _, c := range calls {
			ts.Logf("%s %s", c.Method, c.Path)
		}
		ts.Fatalf("%d calls came, not %s", len(calls), args[0])
	}
}

// cmdWire compares the body of the N-th POST that took effect with a sample
// as the platform publishes it: with comments and trailing commas, which are
// taken out, and with placeholders, which the script fills in.
func cmdWire(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 2, "wire N FILE [OLD=NEW...]")
	sample := ts.ReadFile(args[1])
	for _, arg := range args[2:] {
		before, after, _ := strings.Cut(arg, "=")
		if !strings.Contains(sample, before) {
			ts.Fatalf("%s does not hold %q", args[1], before)
		}
		sample = strings.ReplaceAll(sample, before, after)
	}
	sample = regexp.MustCompile(`(?m)\s//.*$`).ReplaceAllString(sample, "")
	sample = regexp.MustCompile(`,(\s*\})`).ReplaceAllString(sample, "$1")
	for _, c := range stageOf(ts).open(ts).Calls() {
		if !c.Authorized || c.IdempotencyKey {
			ts.Fatalf("%s %s has no token, or a header that lets it be sent twice", c.Method, c.Path)
		}
	}
	accepted, n := stageOf(ts).open(ts).Accepted(), number(ts, args[0])
	if n < 1 || n > len(accepted) {
		ts.Fatalf("%d POSTs took effect", len(accepted))
	}
	var want, got any
	if err := json.Unmarshal([]byte(sample), &want); err != nil {
		ts.Fatalf("%s: %v\n%s", args[1], err, sample)
	}
	ts.Check(json.Unmarshal(accepted[n-1].Body, &got))
	if diff := cmp.Diff(want, got); diff != "" {
		ts.Fatalf("on the wire (-want +got):\n%s", diff)
	}
}

// messageIDs are those of the messages that took effect, in order.
func messageIDs(ts *testscript.TestScript) []string {
	var ids []string
	for _, a := range stageOf(ts).open(ts).Accepted() {
		if a.MID != "" {
			ids = append(ids, a.MID)
		}
	}
	return ids
}

func cmdPerson(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 3, "person ACCOUNT ID TEXT")
	_, err := stageOf(ts).open(ts).PersonWrites(args[0], args[1], args[2])
	ts.Check(err)
}

func cmdTypes(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 4, "types N ACCOUNT ID TEXT")
	for i := range number(ts, args[0]) {
		_, err := stageOf(ts).open(ts).BusinessTypes(args[1], args[2], fmt.Sprintf("%s %d", args[3], i+1))
		ts.Check(err)
	}
}

func cmdMid(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "mid NAME N")
	ids, n := messageIDs(ts), number(ts, args[1])
	if n < 1 || n > len(ids) {
		ts.Fatalf("%d messages took effect", len(ids))
	}
	ts.Setenv(args[0], ids[n-1])
}
