package s3store

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"herald/state"
)

func TestMain(m *testing.M) {
	if endpoint := os.Getenv("HERALD_TEST_APPEND"); endpoint != "" {
		appendForever(endpoint)
		return
	}
	goleak.VerifyTestMain(m)
}

func discard() *log.Logger { return log.New(io.Discard, "", 0) }

const processLease = 2 * time.Second

// appendForever is the child of the tests of this file: it appends one entry
// after another, with a snapshot now and then, and prints each once it is
// stored; in the end it prints why there are no more.
func appendForever(endpoint string) {
	ctx := context.Background()
	fail := func(err error) {
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
	}
	s := New(Options{Bucket: "bucket", Key: "k", Endpoint: endpoint, UsePathStyle: true, Lease: processLease})
	x, err := s.Lock(ctx, state.Holder{Who: "child", Process: os.Getpid()}, time.Minute)
	fail(err)
	r, err := x.Load(ctx)
	fail(err)
	for i := 0; ; i++ {
		e := intent(fmt.Sprintf("m%d_%d", os.Getpid(), i))
		fail(x.Append(ctx, e))
		fmt.Println("stored", e.Addr.Name)
		r.Put(e)
		if i%10 == 9 {
			fail(x.Snapshot(ctx, r))
		}
	}
}

// served is a fake behind a real port, which children can reach.
func served(t *testing.T) *place {
	t.Helper()
	fake := fake(t)
	real := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := fake(r)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		for k, v := range a.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(a.StatusCode)
		_, _ = io.Copy(w, a.Body)
	}))
	t.Cleanup(real.Close)
	p := newPlace(t, overNetwork(t, real.URL), processLease)
	p.endpoint, p.key = real.URL, "k"
	x, _ := p.start(p.store())
	p.must(x.Unlock())
	return p
}

// child starts one, and returns its lines.
func (p *place) child() (*exec.Cmd, *bufio.Scanner) {
	p.t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "HERALD_TEST_APPEND="+p.endpoint)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	p.must(err)
	p.must(cmd.Start())
	p.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd, bufio.NewScanner(out)
}

// acknowledged checks that the record holds what children were told is stored.
func (p *place) acknowledged(names []string) {
	p.t.Helper()
	r, err := p.store().Load(p.t.Context())
	p.must(err)
	for _, name := range names {
		if e := intent(name); r.Get(e.Key()) == nil {
			p.t.Errorf("%s was acknowledged and is gone", name)
		}
	}
}

// kill -9 at any moment: the next one waits for the lease to end, and finds all
// that was acknowledged.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for leases to end")
	}
	p := served(t)
	var names []string
	for round := range 3 {
		cmd, lines := p.child()
		for n := 0; lines.Scan(); n++ {
			name, ok := strings.CutPrefix(lines.Text(), "stored ")
			if !ok {
				t.Fatalf("the child says %s", lines.Text())
			}
			names = append(names, name)
			if n == 5+13*round {
				p.must(cmd.Process.Kill())
			}
		}
		p.acknowledged(names)
	}
}
