package batch

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"herald/config/addr"
	"herald/state"
)

// TestCallsShareAWrite has nine calls come while the first is written: they
// share the next writes, at most four in each, in order, and each is told its own
// end.
func TestCallsShareAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		var writes []string
		q := New(func(waiting []int) int { return min(4, len(waiting)) }, func(batch []int, tell func(i int, err error)) {
			<-hold
			writes = append(writes, fmt.Sprint(batch))
			for i, v := range batch {
				if v == 5 {
					tell(i, errors.New("five"))
					continue
				}
				tell(i, nil)
			}
		})
		var wg sync.WaitGroup
		told := make([]error, 10)
		for i := range 10 {
			wg.Go(func() { told[i] = q.Do(i) })
			synctest.Wait() // it waits, behind those before it
		}
		close(hold)
		wg.Wait()
		if got := strings.Join(writes, " "); got != "[0] [1 2 3 4] [5 6 7 8] [9]" {
			t.Errorf("writes %s", got)
		}
		for i, err := range told {
			if (err != nil) != (i == 5) {
				t.Errorf("call %d is told %v", i, err)
			}
		}
	})
}

// TestNextBatchBeforeTheEnd lets a write tell its end after the next one began.
func TestNextBatchBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var first func(int, error)
		q := New(func([]int) int { return 1 }, func(_ []int, tell func(i int, err error)) {
			if first == nil {
				first = tell
				return
			}
			first(0, nil)
			tell(0, nil)
		})
		done := make(chan error, 1)
		go func() { done <- q.Do(1) }()
		synctest.Wait()
		if err := q.Do(2); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestLines(t *testing.T) {
	e := state.Entry{
		Addr: addr.Block{Kind: addr.Message, Name: "a"}.Only(), Revision: 1, Account: "1", Recipient: "2",
		Fingerprint: "v1:sha256:a", Status: state.Intent, Change: 1, PlanID: "sha256:p",
	}
	l, err := Encode([]state.Entry{e, e})
	if err != nil {
		t.Fatal(err)
	}
	line, err := state.EncodeEntry(&e)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Lines) != 2 || string(l.Lines[0]) != string(line) || string(l.Lines[1]) != string(line) || l.Size != 2*len(line) {
		t.Errorf("lines %q of %d bytes", l.Lines, l.Size)
	}
	e.Change = 0
	if _, err := Encode([]state.Entry{e}); err == nil {
		t.Error("an entry that may not be stored has a line")
	}
	big := &Lines{Size: maxBytes}
	for _, tc := range []struct {
		waiting []*Lines
		want    int
	}{
		{[]*Lines{l, l, l}, 3},
		{[]*Lines{big, l}, 1},
		{[]*Lines{{Size: maxBytes + 1}, l}, 1},
		{[]*Lines{l, big, l}, 1},
	} {
		if got := MostLines(tc.waiting); got != tc.want {
			t.Errorf("%d of %d calls, want %d", got, len(tc.waiting), tc.want)
		}
	}
}
