package filestore

import (
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"herald/state"
	"herald/state/storetest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("HERALD_TEST_APPEND"); dir != "" {
		appendForever(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

func TestContract(t *testing.T) {
	t.Run("plain", func(t *testing.T) { contract(t, nil) })
	t.Run("sealed", func(t *testing.T) { contract(t, testSealer(t)) })
}

func contract(t *testing.T, sealer state.Sealer) {
	storetest.Run(t, func(t *testing.T) storetest.Factory {
		dir := t.TempDir()
		var full atomic.Bool
		fault := func(op, path string) error {
			if full.Load() && op == opWrite && !strings.HasSuffix(path, ".lock") {
				return syscall.ENOSPC
			}
			return nil
		}
		return storetest.Factory{
			Open: func() state.Store { return New(dir, Options{Poll: 5 * time.Millisecond, Fault: fault, Sealer: sealer}) },
			BreakLock: func() {
				if err := os.Remove(dir + "/herald.state.lock"); err != nil {
					t.Error(err)
				}
			},
			FailWrites: func() { full.Store(true) },
			Crash: func(_ state.Store, x state.Session) {
				// What the system does with the files of a process that ended.
				dead := x.(*session)
				dead.cancel(state.ErrLockLost)
				dead.watch.Wait()
				if dead.journal != nil {
					_ = dead.journal.Close()
				}
				if err := dead.lock.file.Unlock(); err != nil {
					t.Error(err)
				}
			},
		}
	})
}
