package s3store

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"herald/state/storetest"
)

// gatewayVersion is the version of versitygw that .ci/s3 pins.
const gatewayVersion = "1.8.0"

// gatewayPath finds the program, or skips the test with a line that says how to
// get it. With HERALD_REQUIRE_S3=1 it fails instead.
func gatewayPath(t *testing.T) string {
	t.Helper()
	path := os.Getenv("HERALD_VERSITYGW")
	if path == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		path = filepath.Join(cache, "herald", "versitygw-"+gatewayVersion)
	}
	if _, err := os.Stat(path); err == nil {
		return path
	}
	say := t.Skipf
	if os.Getenv("HERALD_REQUIRE_S3") == "1" {
		say = t.Fatalf
	}
	say("a real S3 server, versitygw, is not there: bash .ci/s3/get builds it (some minutes, once)")
	return ""
}

// gateway starts versitygw on a free port and returns its endpoint.
func gateway(t *testing.T) string {
	t.Helper()
	path := gatewayPath(t)
	root := t.TempDir() // on a file system with attributes, as nearly all have
	for range 5 {
		if endpoint := tryGateway(t, path, root); endpoint != "" {
			return endpoint
		}
	}
	t.Fatal("versitygw does not start")
	return ""
}

// tryGateway returns "" if somebody else took the port first.
func tryGateway(t *testing.T, path, root string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--port", address, "--access", "herald", "--secret", "secret", "--quiet", "--keep-alive", "posix", root)
	cmd.Env = []string{"HOME=" + root, "PATH=" + os.Getenv("PATH")}
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

// overNetwork returns the server at an endpoint, whatever host a request names.
func overNetwork(t *testing.T, endpoint string) server {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 32}
	t.Cleanup(transport.CloseIdleConnections)
	return func(r *http.Request) (*http.Response, error) { return transport.RoundTrip(r) }
}

// The contract, with a real server.
func TestGateway(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for leases to end")
	}
	credentials(t)
	endpoint := gateway(t)
	network := overNetwork(t, endpoint)
	first := New(Options{Bucket: "bucket", Key: "k", Endpoint: endpoint, UsePathStyle: true, HTTPClient: &link{server: network}})
	c, err := first.connected(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bucket := "bucket"
	if _, err := c.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	var n atomic.Int64
	storetest.Run(t, func(t *testing.T) storetest.Factory {
		p := newPlace(t, network, 2*time.Second)
		p.endpoint = endpoint
		p.key = fmt.Sprintf("herald/spring %d", n.Add(1)) // a blank, for keys must be escaped
		return p.factory()
	})
}
