//go:build unix

package s3store

import (
	"strings"
	"syscall"
	"testing"
)

// A process that is stopped past its lease, and continued when another holds the
// lock: it stores nothing more.
func TestStop(t *testing.T) {
	p := served(t)
	cmd, lines := p.child()
	var names []string
	for len(names) < 7 && lines.Scan() {
		names = append(names, strings.TrimPrefix(lines.Text(), "stored "))
	}
	p.must(cmd.Process.Signal(syscall.SIGSTOP))
	x := p.lock(p.store())
	r, err := x.Load(t.Context())
	p.must(err)
	known := r.Len()
	p.put(x, r, intent("other"))
	p.must(cmd.Process.Signal(syscall.SIGCONT))
	last := ""
	for lines.Scan() {
		if last = lines.Text(); strings.HasPrefix(last, "stored ") {
			names = append(names, strings.TrimPrefix(last, "stored "))
		}
	}
	if !strings.HasPrefix(last, "error the lock on the record is lost") {
		t.Errorf("the child ends with %s", last)
	}
	// What it printed after it went on had been stored before.
	if len(names) > known {
		t.Errorf("%d entries were acknowledged, and the other run knew of %d", len(names), known)
	}
	p.put(x, r, intent("later"))
	p.acknowledged(append(names, "other", "later"))
	p.must(x.Unlock())
}
