package s3test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Version is the version of versitygw that .ci/s3 pins.
const Version = "1.8.0"

// RequireVariable is the environment variable that makes a missing server an
// error, where it is "1"; otherwise the tests that need one are skipped.
const RequireVariable = "HERALD_REQUIRE_S3"

// ProgramVariable is the environment variable that names the program, where it
// is not where .ci/s3/get puts it.
const ProgramVariable = "HERALD_VERSITYGW"

// Region, Access and Secret are what the server goes by.
const (
	Region = "us-east-1"
	Access = "herald"
	Secret = "only-this-server-knows"
)

const missing = "a real S3 server, versitygw, is not there: bash .ci/s3/get builds it (some minutes, once)"

// Server is a running server.
type Server struct {
	URL  string // http://127.0.0.1:PORT
	root string // holds a folder for each bucket
}

// Start starts a server that ends with the test. Where the program is missing
// the test is skipped, with a line that says how to get it, or fails if
// RequireVariable says so.
func Start(t testing.TB) *Server {
	t.Helper()
	path := program(t)
	s := &Server{root: t.TempDir()} // on a file system with attributes, as nearly all have
	for range 5 {
		if s.URL = s.try(t, path); s.URL != "" {
			return s
		}
	}
	t.Fatal("versitygw does not start")
	return nil
}

// Bucket makes a bucket: to this server it is a folder.
func (s *Server) Bucket(t testing.TB, name string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(s.root, name), 0o755); err != nil { //nolint:gosec // the server's own modes
		t.Fatal(err)
	}
}

func program(t testing.TB) string {
	t.Helper()
	path := os.Getenv(ProgramVariable)
	if path == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		path = filepath.Join(cache, "herald", "versitygw-"+Version)
	}
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if os.Getenv(RequireVariable) == "1" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// try returns "" if somebody else took the port first.
func (s *Server) try(t testing.TB, path string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--port", address, "--region", Region, "--access", Access, "--secret", Secret, "--quiet", "--keep-alive", "posix", s.root)
	cmd.Env = []string{"HOME=" + s.root, "PATH=" + os.Getenv("PATH")}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	for range 600 {
		select {
		case <-ended:
			t.Logf("versitygw has ended: %s", out.String())
			return ""
		case <-time.After(50 * time.Millisecond):
		}
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close()
			return "http://" + address
		}
	}
	return ""
}
