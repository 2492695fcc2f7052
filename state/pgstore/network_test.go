package pgstore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"herald/state"
	"herald/state/pgstore/pgtest"
)

// TestLostAnswers loses the connection before and after the database has done
// a write: each is done once, and the session goes on.
func TestLostAnswers(t *testing.T) {
	p := newPlace(t, time.Minute)
	p.record(t)
	way := newProxy(t, p.server)
	x, err := p.store(way).Lock(t.Context(), state.Holder{Nonce: "n"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = x.Unlock() }()
	r, err := x.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	put := func(e state.Entry) {
		t.Helper()
		if err := x.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		r.Put(e)
	}
	for i := range 12 {
		put(to(i, "calm", state.Absent, int64(2*i+1)))
		switch i % 3 {
		case 0:
			way.dropRequest.Store(true)
		case 1:
			way.dropAnswer.Store(true)
		}
		put(to(i, "calm", state.Intent, int64(2*i+2)))
		if i%4 == 0 {
			way.dropAnswer.Store(true)
			if err := x.Snapshot(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := way.dropped.Load(); n < 8 {
		t.Errorf("only %d connections were lost", n)
	}
	got := p.load(t)
	if got.Serial != 3 || got.Len() != 1 {
		t.Errorf("serial %d, %d entries", got.Serial, got.Len())
	}
	if e := got.Get(keyOf(to(11, "calm", state.Intent, 24))); e == nil || e.Change != 24 {
		t.Errorf("stored is %v", e)
	}
}

// TestNoNetworkInTime: what cannot be written while the lease lasts is an
// error, and nothing is written afterwards.
func TestNoNetworkInTime(t *testing.T) {
	t.Parallel()
	p := newPlace(t, briefLease)
	p.record(t)
	way := newProxy(t, p.server)
	x, err := p.store(way).Lock(t.Context(), state.Holder{Nonce: "n"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Append(t.Context(), to(0, "a", state.Intent, 1)); err != nil {
		t.Fatal(err)
	}
	way.set(false, true)
	begun := time.Now()
	err = x.Append(t.Context(), to(0, "b", state.Intent, 1))
	if !errors.Is(err, state.ErrLockLost) || time.Since(begun) > briefLease {
		t.Errorf("after %v: %v", time.Since(begun), err)
	}
	if err := x.Append(t.Context(), to(0, "c", state.Intent, 1)); !errors.Is(err, state.ErrLockLost) {
		t.Errorf("a further append: %v", err)
	}
	way.set(false, false)
	if err := x.Unlock(); !errors.Is(err, state.ErrLockLost) {
		t.Errorf("Unlock says %v", err)
	}
	if r := p.load(t); r.Len() != 1 {
		t.Errorf("%d entries are stored", r.Len())
	}
}

// TestRestart ends the server as a crash does while members append: they go on
// when it is back, and what was acknowledged is there, although the role's
// transactions would otherwise not wait for the disk.
func TestRestart(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Fsync: true})
	server.Exec(t, "ALTER ROLE postgres SET synchronous_commit = off")
	server.Exec(t, "ALTER ROLE postgres SET default_transaction_isolation = 'repeatable read'")
	p := testPlace{server: server, schema: "herald", lease: time.Minute}
	p.record(t)
	m := p.join(t, "a", nil)
	claim(t, m, talks(8)...)
	var stored [8]atomic.Int64
	var all sync.WaitGroup
	stop := make(chan struct{})
	for i := range stored {
		all.Go(func() {
			for n := int64(1); ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				e := to(i, fmt.Sprintf("m%d", i), state.Intent, n)
				if n%2 == 0 {
					e = to(i, fmt.Sprintf("m%d", i), state.Absent, n)
				}
				if err := m.Append(t.Context(), e); err != nil {
					t.Errorf("%s, change %d: %v", e.Key(), n, err)
					return
				}
				stored[i].Store(n)
			}
		})
	}
	for range 3 {
		time.Sleep(200 * time.Millisecond)
		var acknowledged [8]int64
		for i := range stored {
			acknowledged[i] = stored[i].Load()
		}
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		before := p.load(t)
		for i, n := range acknowledged {
			e := before.Get(keyOf(to(i, fmt.Sprintf("m%d", i), state.Intent, 1)))
			if n > 0 && (e == nil || e.Change < n) {
				t.Errorf("m%d: change %d was acknowledged, and after the crash there is %v", i, n, e)
			}
		}
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline) && stored[0].Load() < 4; {
		time.Sleep(20 * time.Millisecond)
	}
	close(stop)
	all.Wait()
	server.Crash()
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	r := p.load(t)
	for i := range stored {
		e := r.Get(keyOf(to(i, fmt.Sprintf("m%d", i), state.Intent, 1)))
		if n := stored[i].Load(); n > 0 && (e == nil || e.Change != n) || i == 0 && n < 4 {
			t.Errorf("m%d: %d changes were acknowledged, stored is %v", i, n, e)
		}
	}
	if err := m.Unlock(); err != nil {
		t.Error(err)
	}
}

// TestStoppedProcess stops a real process, as SIGSTOP does, past its lease.
func TestStoppedProcess(t *testing.T) {
	t.Parallel()
	p := newPlace(t, briefLease)
	p.record(t)
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "HERALD_TEST_MEMBER="+p.server.URL(), "HERALD_TEST_SCHEMA="+p.schema)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = c.Process.Kill(), c.Wait() }()
	lines := bufio.NewScanner(out)
	for range 20 {
		if !lines.Scan() || !strings.HasPrefix(lines.Text(), "stored ") {
			t.Fatalf("the member says %q", lines.Text())
		}
	}
	if err := c.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	b := p.join(t, "b", nil)
	for deadline := time.Now().Add(time.Minute); len(claim(t, b, talk(0))) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the lease of a stopped process never ended")
		}
	}
	before := p.load(t).Len()
	if err := c.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	last := ""
	for lines.Scan() {
		last = lines.Text()
	}
	if last != "lost" {
		t.Errorf("the last that the member says is %q", last)
	}
	if after := p.load(t).Len(); after != before {
		t.Errorf("%d entries were written after the lease was over", after-before)
	}
}

// memberProcess appends until it cannot, as a process of its own.
func memberProcess(url string) {
	s := New(Options{URL: url, Schema: os.Getenv("HERALD_TEST_SCHEMA"), Lease: briefLease})
	m, err := s.Join(context.Background(), state.Holder{Nonce: "child"}, 0)
	if err == nil {
		_, err = m.Claim(context.Background(), talks(1), 1)
	}
	for i := 0; err == nil; i++ {
		e := to(0, fmt.Sprintf("m%d", i), state.Intent, 1)
		if m.Context().Err() != nil {
			err = context.Cause(m.Context())
			break
		}
		if err = m.Append(context.Background(), e); err == nil {
			fmt.Println("stored", e.Key())
		}
	}
	if errors.Is(err, state.ErrLockLost) {
		fmt.Println("lost")
		return
	}
	fmt.Println(err)
}
