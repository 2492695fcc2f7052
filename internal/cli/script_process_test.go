package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience bounds every wait of a script: far above what is waited for, so that
// only a mistake meets it.
const patience = 30 * time.Second

// process is a program that a script started in the background.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr output
	done           chan struct{} // closed when it has ended
}

// output is what a process has written so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// processes are those of one script, by the name that it gave them.
type processes struct {
	mu  sync.Mutex
	all map[string]*process
}

func (ps *processes) get(ts *testscript.TestScript, name string) *process {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p := ps.all[name]
	if p == nil {
		ts.Fatalf("no process was started as %q", name)
	}
	return p
}

// close ends what a script left running.
func (ps *processes) close() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, p := range ps.all {
		_ = p.cmd.Process.Kill() // it may have ended
		<-p.done
	}
}

// exitCode is the exit code that a program ended with, -1 if a signal ended
// it; ok is false if it could not be run.
func exitCode(err error) (code int, ok bool) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, true
	case errors.As(err, &exit):
		return exit.ExitCode(), true
	}
	return 0, false
}

func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 2, "exits N PROGRAM ARG...")
	want := number(ts, args[0])
	err := ts.Exec(args[1], args[2:]...)
	got, ok := exitCode(err)
	if !ok {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, not %d", got, want)
	}
}

// cmdNobody runs exits as a user to whom permissions mean something: root
// gives up what lets it pass over them.
func cmdNobody(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 3 && args[0] == "exits", "nobody exits N PROGRAM ARG...")
	args = args[1:]
	if os.Geteuid() == 0 {
		args = slices.Concat(args[:1], strings.Fields(powerless), args[1:])
	}
	cmdExits(ts, neg, args)
}

// powerless begins a command that root runs without root's powers.
const powerless = "setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all"

func cmdStart(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 2, "start NAME PROGRAM ARG...")
	program, err := exec.LookPath(args[1])
	ts.Check(err)
	p := &process{cmd: exec.Command(program, args[2:]...), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = ts.MkAbs("."), &p.stdout, &p.stderr
	p.cmd.Env = os.Environ()
	for _, name := range []string{
		"HERALD_TOKEN", "HERALD_LOG", "HERALD_LOG_PATH", "HTTPS_PROXY", "NO_PROXY",
		"HERALD_HTTP_USERNAME", "TF_HTTP_PASSWORD", "HERALD_STATE_POSTGRES_URL", "HERALD_AGE_IDENTITY", "HERALD_AGE_PASSPHRASE", "TF_HTTP_USERNAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
	} {
		p.cmd.Env = append(p.cmd.Env, name+"="+ts.Getenv(name))
	}
	for _, name := range []string{"HERALD_AGE_IDENTITY_FILE", "HERALD_STATE_LEASE"} {
		if value := ts.Getenv(name); value != "" {
			p.cmd.Env = append(p.cmd.Env, name+"="+value)
		}
	}
	ts.Check(p.cmd.Start())
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // its exit code is asked for by finish
	}()
	ps := &stageOf(ts).processes
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.all[args[0]] != nil {
		ts.Fatalf("a process was already started as %q", args[0])
	}
	ps.all[args[0]] = p
}

func cmdSignal(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "KILL": os.Kill}
	usage(ts, !neg && len(args) == 2 && signals[args[1]] != nil, "signal NAME INT|TERM|HUP|KILL")
	ts.Check(stageOf(ts).processes.get(ts, args[0]).cmd.Process.Signal(signals[args[1]]))
}

func cmdRunning(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "running NAME")
	p := stageOf(ts).processes.get(ts, args[0])
	select {
	case <-p.done:
		ts.Fatalf("%s has ended\n%s%s", args[0], &p.stdout, &p.stderr)
	default:
	}
}

// cmdSaid waits until a process has written a text to its standard output.
func cmdSaid(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "said NAME TEXT")
	p := stageOf(ts).processes.get(ts, args[0])
	for end := time.Now().Add(patience); !strings.Contains(p.stdout.String(), args[1]); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			ts.Fatalf("%s has not said %q:\n%s", args[0], args[1], &p.stdout)
		}
	}
}

// cmdHeard sets a variable to the first line that a process has written.
func cmdHeard(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "heard NAME PROCESS")
	line, _, _ := strings.Cut(stageOf(ts).processes.get(ts, args[1]).stdout.String(), "\n")
	ts.Setenv(args[0], line)
}

// cmdFinish waits for a process; what it wrote is then stdout and stderr.
func cmdFinish(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "finish NAME N")
	want := number(ts, args[1])
	p := stageOf(ts).processes.get(ts, args[0])
	select {
	case <-p.done:
	case <-time.After(patience):
		ts.Fatalf("%s goes on", args[0])
	}
	fmt.Fprint(ts.Stdout(), &p.stdout)
	fmt.Fprint(ts.Stderr(), &p.stderr)
	if got := p.cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("exit code %d, not %d", got, want)
	}
}

func usage(ts *testscript.TestScript, ok bool, text string) {
	if !ok {
		ts.Fatalf("usage: %s", text)
	}
}

func number(ts *testscript.TestScript, s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		ts.Fatalf("%q is no number", s)
	}
	return n
}

// unwrapped undoes what a terminal's width makes of a sentence.
func unwrapped(s string) string {
	s = strings.NewReplacer("│", " ", "╷", " ", "╵", " ", "╰", " ").Replace(s)
	return strings.Join(strings.Fields(s), " ")
}
