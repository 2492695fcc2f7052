package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"herald/internal/cli"
	"herald/internal/sandbox"
)

// aheadVariable sets the clock of a herald that a test starts: by how much it
// is ahead of this machine's, as in 31m.
const aheadVariable = "HERALD_TEST_AHEAD"

// heraldMain is the program, with a clock that a test may set.
func heraldMain(args []string) int {
	ahead, err := time.ParseDuration(os.Getenv(aheadVariable))
	if err != nil {
		return cli.Main(args)
	}
	app := &cli.App{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		LookupEnv: os.LookupEnv, Environ: os.Environ,
		Now: func() time.Time { return time.Now().Add(ahead) },
	}
	return app.Run(context.Background(), args)
}

// forge is a git server with the kit's repository on it, and an Instagram. Its
// clock and those of the runners are one, and can be set forward.
type forge struct {
	t      *testing.T
	dir    string // a folder of its own
	origin string // the bare repository
	server *sandbox.Server
	url    string
	ahead  atomic.Int64 // a time.Duration
	folder int          // counts what folders makes
}

// newForge makes a forge whose main branch is the kit, sent to a local
// Instagram, which options may change.
func newForge(t *testing.T, options ...func(*sandbox.Options)) *forge {
	t.Helper()
	if testing.Short() {
		t.Skip("it runs whole pipelines")
	}
	for _, program := range []string{"git", "bash", "jq"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not here", program)
		}
	}
	f := &forge{t: t, dir: t.TempDir()}
	opts := sandbox.Options{Clock: func() time.Time { return time.Now().Add(time.Duration(f.ahead.Load())) }}
	for _, option := range options {
		option(&opts)
	}
	var err error
	f.server, err = sandbox.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := sandbox.Listen("127.0.0.1:0", f.server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = listener.Close()
		_ = f.server.Close()
	})
	f.url = listener.URL()

	f.origin = filepath.Join(f.dir, "origin.git")
	f.git(f.dir, "init", "--quiet", "--bare", "--initial-branch=main", f.origin)
	first := f.folders("first")
	if err := os.CopyFS(first, os.DirFS(kit)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(first, ".herald")); err != nil {
		t.Fatal(err)
	}
	f.edit(first, "main.hcl", `ig_id = "17841405822304914"`, "ig_id    = \"17841405822304914\"\n  endpoint = \""+f.url+"\"")
	f.git(first, "init", "--quiet", "--initial-branch=main")
	f.git(first, "remote", "add", "origin", f.origin)
	f.commit(first, "The kit")
	return f
}

// folders makes a new empty folder.
func (f *forge) folders(name string) string {
	f.t.Helper()
	f.folder++
	dir := filepath.Join(f.dir, fmt.Sprintf("%02d-%s", f.folder, name))
	if err := os.MkdirAll(dir, 0o777); err != nil {
		f.t.Fatal(err)
	}
	return dir
}

// pass lets time go by, everywhere.
func (f *forge) pass(d time.Duration) { f.ahead.Add(int64(d)) }

// environment is what every program of the forge is started with: nothing of
// the person who runs the tests but the way to programs.
func (f *forge) environment(extra ...string) []string {
	return append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + f.dir, "LC_ALL=C.UTF-8", "NO_PROXY=*",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "HERALD_SETTLE_AFTER=1s",
		aheadVariable + "=" + time.Duration(f.ahead.Load()).String(),
	}, extra...)
}

// git runs git as a person does who works on a clone, and returns its output.
func (f *forge) git(dir string, args ...string) string {
	f.t.Helper()
	out, err := f.tryGit(dir, args...)
	if err != nil {
		f.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (f *forge) tryGit(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = f.environment("GIT_AUTHOR_NAME=Mo", "GIT_AUTHOR_EMAIL=mo@example.com", "GIT_COMMITTER_NAME=Mo", "GIT_COMMITTER_EMAIL=mo@example.com")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// clone makes a clone of the main branch, in which Herald merges the record.
func (f *forge) clone() string {
	f.t.Helper()
	dir := f.folders("clone")
	f.git(f.dir, "clone", "--quiet", f.origin, dir)
	f.git(dir, "config", "merge.herald.driver", "herald state merge %O %A %B %P")
	return dir
}

// commit commits everything and pushes it to main.
func (f *forge) commit(dir, message string) {
	f.t.Helper()
	f.git(dir, "add", "--all")
	f.git(dir, "commit", "--quiet", "--message", message)
	f.git(dir, "push", "--quiet", "origin", "HEAD:refs/heads/main")
}

// merges puts a change of orders.csv onto main, as a merged pull request does.
func (f *forge) merges(lines ...string) {
	f.t.Helper()
	dir := f.clone()
	path := filepath.Join(dir, "orders.csv")
	write(f.t, path, read(f.t, path)+strings.Join(lines, "\n")+"\n")
	f.commit(dir, "Orders: "+strings.Join(lines, "; "))
}

func (f *forge) edit(dir, name, before, after string) {
	f.t.Helper()
	path := filepath.Join(dir, name)
	text := read(f.t, path)
	if !strings.Contains(text, before) {
		f.t.Fatalf("%s does not hold %q", name, before)
	}
	write(f.t, path, strings.Replace(text, before, after, 1))
}

// herald runs the program in a clone, as a person does, with the token.
func (f *forge) herald(dir string, want int, args ...string) string {
	f.t.Helper()
	cmd := exec.Command("herald", args...)
	cmd.Dir, cmd.Env = dir, f.environment("HERALD_TOKEN="+secret)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if got, ok := exitCode(cmd.Run()); !ok || got != want {
		f.t.Fatalf("herald %s: exit code %d, not %d\n%s", strings.Join(args, " "), got, want, &out)
	}
	return out.String()
}

// onceEach fails the test unless Instagram has taken the two messages of each
// of these orders once, and nothing else.
func (f *forge) onceEach(orders ...string) {
	f.t.Helper()
	var want, got []string
	for _, order := range orders {
		want = append(want, "shipped "+order, "track "+order)
	}
	for _, a := range f.server.Accepted() {
		got = append(got, f.called(string(a.Body)))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		f.t.Errorf("Instagram has taken\n  %s\nand not\n  %s", strings.Join(got, ", "), strings.Join(want, ", "))
	}
}

// called names a message of the kit by its body.
func (f *forge) called(body string) string {
	for _, line := range strings.Split(read(f.t, filepath.Join(kit, "orders.csv"))+"B-2001\nB-2002\nB-2003\n", "\n") {
		order, _, _ := strings.Cut(line, ",")
		switch {
		case order == "":
		case strings.Contains(body, "your order "+order+" has left"):
			return "shipped " + order
		case strings.Contains(body, "/track/"+order):
			return "track " + order
		}
	}
	return body
}

// recorded returns the record on main.
func (f *forge) recorded() string {
	f.t.Helper()
	return f.git(f.origin, "show", "main:herald.state.json")
}

// settled fails the test unless main says that so many messages were sent, and
// holds nothing that is in doubt, no text and no token.
func (f *forge) settled(sent int) {
	f.t.Helper()
	// What an entry was before its plan is of no interest.
	record := regexp.MustCompile(`,"before":\{.*`).ReplaceAllString(f.recorded(), "")
	if got := strings.Count(record, `"status":"sent"`); got != sent {
		f.t.Errorf("%d messages are recorded as sent, not %d:\n%s", got, sent, record)
	}
	for _, part := range []string{`"status":"intent"`, "has left our workshop", secret} {
		if strings.Contains(record, part) {
			f.t.Errorf("the record on main holds %s:\n%s", part, record)
		}
	}
}
