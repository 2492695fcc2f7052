package filestore

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"herald/state"
	"herald/state/storetest"
)

// appendForever is the child of TestKill: it appends from several goroutines,
// writes a snapshot now and then, and prints each entry once it is stored.
func appendForever(dir string) {
	ctx := context.Background()
	fail := func(err error) {
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
	}
	x, err := New(dir, Options{}).Lock(ctx, state.Holder{Who: "child", Process: os.Getpid()}, 10*time.Second)
	fail(err)
	r, err := x.Load(ctx)
	fail(err)
	var mu sync.Mutex
	for round := 0; ; round++ {
		var all sync.WaitGroup
		for c := range 4 {
			all.Go(func() {
				for i := range 10 {
					e := storetest.Message(fmt.Sprintf("m%d_%d_%d_%d", os.Getpid(), round, c, i), state.Intent, 1)
					fail(x.Append(ctx, e))
					mu.Lock()
					r.Put(e)
					fmt.Println("stored", e.Addr.Name)
					mu.Unlock()
				}
			})
		}
		all.Wait()
		fail(x.Snapshot(ctx, r))
	}
}

// kill -9 at any moment leaves a record that loads and holds what was
// acknowledged, and no lock.
func TestKill(t *testing.T) {
	p := newPlace(t)
	x := p.lock()
	p.must(x.Snapshot(t.Context(), state.NewRecord("lineage-1")))
	p.must(x.Unlock())
	var acknowledged []string
	for round := range 6 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "HERALD_TEST_APPEND="+p.dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		p.must(err)
		p.must(cmd.Start())
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			name, ok := strings.CutPrefix(lines.Text(), "stored ")
			if !ok {
				t.Errorf("the child says %s", lines.Text())
				break
			}
			acknowledged = append(acknowledged, name)
			if n == 0 {
				h, err := p.store().Holder(t.Context())
				if err != nil || h == nil || h.Process != cmd.Process.Pid {
					t.Errorf("the holder is %v, %v", h, err)
				}
			}
			if n == 30+37*round {
				p.must(cmd.Process.Kill())
			}
		}
		_ = cmd.Wait() // it was killed
		got, err := p.store().Load(t.Context())
		p.must(err)
		for _, name := range acknowledged {
			e := storetest.Message(name, state.Intent, 1)
			if got.Get(e.Key()) == nil {
				t.Errorf("%s was acknowledged and is gone", e.Key())
			}
		}
		if h, err := p.store().Holder(t.Context()); h != nil || err != nil {
			t.Errorf("the killed child still holds the lock: %v, %v", h, err)
		}
	}
}
