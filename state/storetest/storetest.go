package storetest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"herald/config/addr"
	"herald/state"
)

// Factory opens one place where a record can be.
type Factory struct {
	// Open returns a store of the place. Each call stands for another process.
	Open func() state.Store
	// BreakLock takes the lock away from whoever holds it, or is nil if that
	// cannot happen to the store.
	BreakLock func()
	// FailWrites makes every write fail from now on, or is nil if the store
	// cannot be made to.
	FailWrites func()

	// The following do something to the process that a store, as Open returned
	// it, stands for. Each may be nil.

	// Pause stops it, as SIGSTOP does, until goOn is called; it is nil if a
	// stopped process keeps the lock for ever. Another must get the lock
	// within a minute.
	Pause func(state.Store) (goOn func())
	// Cut makes everything fail that it sends over the network, until mend is
	// called. Another must get the lock within a minute.
	Cut func(state.Store) (mend func())
	// Crash kills it while it holds the session: nothing more of it is written,
	// and another gets the lock within a minute.
	Crash func(state.Store, state.Session)
}

// Run checks that a store keeps the contract of state.Store. The function open
// returns a new place, which holds no record and is cleaned up with t.
func Run(t *testing.T, open func(t *testing.T) Factory) {
	for _, tc := range []struct {
		name string
		run  func(*testing.T, Factory)
	}{
		{"NoRecord", noRecord},
		{"Create", create},
		{"AppendIsDurable", appendIsDurable},
		{"EveryFieldIsKept", everyField},
		{"ConcurrentAppends", concurrentAppends},
		{"SnapshotFoldsTheJournal", snapshotFolds},
		{"SnapshotKeepsEverything", snapshotKeeps},
		{"SerialConflict", serialConflict},
		{"LockExcludes", lockExcludes},
		{"LockWaits", lockWaits},
		{"UnlockEndsTheContext", unlockEnds},
		{"LockLoss", lockLoss},
		{"LoadBesideAHolder", loadBeside},
		{"InvalidEntry", invalidEntry},
		{"NothingAfterAFailure", nothingAfterFailure},
		{"PausedHolder", pausedHolder},
		{"CutOff", cutOff},
		{"Crashes", crashes},
		{"OneAtATime", oneAtATime},
		{"AppendsAtTheLoss", appendsAtTheLoss},
		{"LoadsAndAppends", loadsAndAppends},
		{"Marks", marks},
		{"ReplacesMarked", replacesMarked},
	} {
		t.Run(tc.name, func(t *testing.T) { tc.run(t, open(t)) })
	}
}

var holder = state.Holder{Nonce: "n1", Who: "ana@host", Process: 42, Operation: "apply", Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}

// Message returns a valid entry of a message in that status, with that change.
func Message(name string, status state.Status, change int64) state.Entry {
	e := state.Entry{
		Addr: addr.Block{Kind: addr.Message, Name: name}.Only(), Revision: 1, Account: "17841405822304914", Recipient: "1001",
		Fingerprint: "v1:sha256:" + name, Status: status, Change: change, PlanID: "sha256:p",
		IntendedAt: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), Attempts: 1,
	}
	switch status {
	case state.Sent:
		e.MessageID, e.SettledBy = "mid."+name, "answer"
	case state.Rejected:
		e.Refusal = &state.Refusal{Class: state.Hold, HTTP: 400, Code: 10}
	case state.StatusInvalid, state.Intent, state.Reacted, state.Absent:
	}
	return e
}

// Text returns the record as its file would be, for comparisons.
func Text(t interface {
	Helper()
	Fatal(args ...any)
}, r *state.Record,
) string {
	t.Helper()
	var b strings.Builder
	if err := state.Encode(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func lock(t *testing.T, s state.Store) state.Session {
	t.Helper()
	x, err := s.Lock(t.Context(), holder, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Unlock() }) // a second time it does nothing
	return x
}

func unlock(t *testing.T, x state.Session) {
	t.Helper()
	if err := x.Unlock(); err != nil {
		t.Fatal(err)
	}
}

// start locks a place and stores a new record there.
func start(t *testing.T, s state.Store) (state.Session, *state.Record) {
	t.Helper()
	x := lock(t, s)
	r := state.NewRecord("lineage-1")
	if err := x.Snapshot(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return x, r
}

func put(t *testing.T, x state.Session, r *state.Record, entries ...state.Entry) {
	t.Helper()
	if err := x.Append(t.Context(), entries...); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		r.Put(e)
	}
}

// holds checks that the store's record is r.
func holds(t *testing.T, s interface {
	Load(context.Context) (*state.Record, error)
}, r *state.Record,
) {
	t.Helper()
	got, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Text(t, r), Text(t, got)); diff != "" {
		t.Errorf("the stored record differs (-want +got):\n%s", diff)
	}
}
