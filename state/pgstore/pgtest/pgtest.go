package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// RequireVariable is the environment variable that makes a missing PostgreSQL
// an error, where it is "1"; otherwise the tests that need one are skipped.
const RequireVariable = "HERALD_REQUIRE_POSTGRES"

// BinVariable is the environment variable that names the folder with the
// programs of the server to be used, initdb and postgres: to try another
// version. Without it that is the newest one that is installed.
const BinVariable = "HERALD_POSTGRES_BIN"

const missing = "there is no PostgreSQL 13 or newer on this machine; to run this test: apt-get install postgresql"

// Options are the settings of a server; the zero value is the usual one.
type Options struct {
	// Fsync makes the server write to the disk, as tests of crashes need it;
	// otherwise it is faster.
	Fsync bool
	// Settings are further settings of the server, "name=value".
	Settings []string
	// Prepare is called with the data folder before the server starts, and
	// may put files there; they are then made the server's.
	Prepare func(data string) error
}

// Server is a running PostgreSQL. Anybody on this machine may connect, as the
// superuser postgres.
type Server struct {
	bin  string
	dir  string // holds the data folder
	port int
	opts []string
	cred *syscall.SysProcAttr

	mu      sync.Mutex
	run     *exec.Cmd
	stdin   io.Closer
	done    chan struct{} // closed once the keeper has ended
	stopped bool

	schemas atomic.Int64
}

// Once is the server of a test program. The zero value is ready.
type Once struct {
	Options Options

	mu     sync.Mutex
	server *Server
	err    error
}

// Start returns the program's server, and starts it at the first call. The test
// is skipped where there is no PostgreSQL, or fails if one is required.
func (o *Once) Start(t testing.TB) *Server {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.server == nil && o.err == nil {
		o.server, o.err = New(o.Options)
	}
	check(t, o.err)
	return o.server
}

// Stop ends the server, if it was started.
func (o *Once) Stop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.server != nil {
		o.server.Stop()
		o.server = nil
	}
}

// Start starts a server for one test alone.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := New(o)
	check(t, err)
	t.Cleanup(s.Stop)
	return s
}

func check(t testing.TB, err error) {
	t.Helper()
	switch {
	case errors.Is(err, errMissing) && os.Getenv(RequireVariable) != "1":
		t.Skip(missing)
	case err != nil:
		t.Fatal(err)
	}
}

var errMissing = errors.New(missing)

// New starts a server. It must be stopped.
func New(o Options) (*Server, error) {
	bin, err := find()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "herald-pg-")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir, opts: settings(o)}
	if err := s.create(o); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.begin(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func settings(o Options) []string {
	onOff := "off"
	if o.Fsync {
		onOff = "on"
	}
	list := []string{
		"fsync=" + onOff, "full_page_writes=" + onOff, "listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200",
		"shared_buffers=128MB", "log_min_messages=warning", "log_min_error_statement=panic", "autovacuum_naptime=5s",
	}
	return append(list, o.Settings...)
}

// find returns the folder with the server's programs: the one that BinVariable
// names, else that of the newest server.
func find() (string, error) {
	if dir := os.Getenv(BinVariable); dir != "" {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
			return "", fmt.Errorf("%s must name a folder with initdb and postgres in it: %w", BinVariable, err)
		}
		return dir, nil
	}
	candidates, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(candidates, func(a, b string) int { return versionOf(b) - versionOf(a) })
	for _, dir := range candidates {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil && versionOf(dir) >= 13 {
			return dir, nil
		}
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errMissing
	}
	return filepath.Dir(path), nil
}

func versionOf(bin string) int {
	v, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	return v
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// create makes the data folder, as a user that is not root.
func (s *Server) create(o Options) error {
	var err error
	if s.cred, err = ordinaryUser(s.dir); err != nil {
		return err
	}
	var out bytes.Buffer
	c := s.command(context.Background(), "initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	c.Stdout, c.Stderr = &out, &out
	if err := c.Run(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out.String())
	}
	if o.Prepare == nil {
		return nil
	}
	if err := o.Prepare(s.data()); err != nil {
		return err
	}
	_, err = ordinaryUser(s.data())
	return err
}

func (s *Server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	c.Dir, c.SysProcAttr = s.dir, s.cred
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	return c
}

// begin starts the server on a free port. Another program may take the port
// first, so it is tried a few times.
func (s *Server) begin() error {
	var err error
	for range 5 {
		if s.port, err = freePort(); err != nil {
			return err
		}
		if err = s.launch(); err == nil {
			return nil
		}
	}
	return err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

// keeper runs the server, and ends it and removes its data when its own input
// ends: so nothing of the server outlives the test program, whatever ends that.
const keeper = `dir=$1; shift
exec 3<&0; "$@" 3<&- </dev/null >>log 2>&1 & p=$!
{ read -r _ <&3; : >"$dir/orphaned"; kill -QUIT $p 2>/dev/null; } & w=$!
wait $p; kill $w 2>/dev/null
if [ -e "$dir/orphaned" ]; then cd /; rm -rf "$dir"; fi; exit 0`

// launch starts the server on its port and waits until it takes connections.
func (s *Server) launch() error {
	args := []string{"-c", keeper, "keeper", s.dir, filepath.Join(s.bin, "postgres"), "-D", s.data(), "-p", strconv.Itoa(s.port)}
	for _, o := range s.opts {
		args = append(args, "-c", o)
	}
	c := exec.Command("/bin/sh", args...)
	c.Dir, c.SysProcAttr, c.Env = s.data(), s.cred, []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	in, err := c.StdinPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	go func() { _ = c.Wait(); close(done) }()
	s.mu.Lock()
	s.run, s.stdin, s.done = c, in, done
	s.mu.Unlock()
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); {
		select {
		case <-done:
			return fmt.Errorf("PostgreSQL ended:\n%s", s.Log())
		case <-time.After(20 * time.Millisecond):
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		conn, err := pgx.Connect(ctx, s.URL())
		if err == nil {
			_ = conn.Close(ctx)
			cancel()
			return nil
		}
		cancel()
	}
	s.kill(syscall.SIGQUIT)
	return fmt.Errorf("PostgreSQL takes no connections:\n%s", s.Log())
}

// Log returns what the server has logged.
func (s *Server) Log() string {
	text, _ := os.ReadFile(filepath.Join(s.data(), "log"))
	return string(text)
}

// kill sends a signal to the server and waits until it is gone.
func (s *Server) kill(sig syscall.Signal) {
	s.mu.Lock()
	c, in, done := s.run, s.stdin, s.done
	s.run, s.stdin, s.done = nil, nil, nil
	s.mu.Unlock()
	if c == nil {
		return
	}
	text, _ := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	line, _, _ := strings.Cut(string(text), "\n")
	pid, _ := strconv.Atoi(line)
	if pid > 0 {
		signal(pid, sig)
	}
	for deadline := time.Now().Add(20 * time.Second); pid > 0 && alive(pid) && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	// The keeper sees the server's end first, or it would take the end of its
	// input for that of the test program, and remove the data.
	select {
	case <-done:
	case <-time.After(20 * time.Second):
	}
	_ = in.Close()
}

// Crash ends the server as a power failure would, but for what the operating
// system holds in its caches.
func (s *Server) Crash() { s.kill(syscall.SIGQUIT) }

// Restart starts the server again, on the same port, after it was ended in its
// immediate mode.
func (s *Server) Restart() error {
	s.Crash()
	return s.launch()
}

// Stop ends the server and removes its data.
func (s *Server) Stop() {
	s.mu.Lock()
	stopped := s.stopped
	s.stopped = true
	s.mu.Unlock()
	if stopped {
		return
	}
	s.kill(syscall.SIGINT)
	_ = os.RemoveAll(s.dir)
}

// Port returns the server's port.
func (s *Server) Port() int { return s.port }

// URL returns the connection string of the superuser.
func (s *Server) URL() string { return s.URLOf("postgres", s.port) }

// URLOf returns the connection string of a user, through a port of the
// loopback interface: that of a proxy, say.
func (s *Server) URLOf(user string, port int) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/postgres?sslmode=disable", user, port)
}

// Schema returns the name of a schema that no other test has. It is dropped
// with the test.
func (s *Server) Schema(t testing.TB) string {
	name := fmt.Sprintf("test_%d", s.schemas.Add(1))
	t.Cleanup(func() { s.Exec(t, "DROP SCHEMA IF EXISTS "+name+" CASCADE") })
	return name
}

// Exec runs statements as the superuser.
func (s *Server) Exec(t testing.TB, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL())
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Errorf("%s: %v", sql, err)
	}
}
