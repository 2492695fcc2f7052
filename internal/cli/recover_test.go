package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"herald/state"
)

// Where nobody is asked, what was found is recorded while more is read: at any
// moment the record holds every message, found or in doubt.
func TestRecoverRecordsWhileItReads(t *testing.T) {
	dir := t.TempDir()
	var config strings.Builder
	config.WriteString("account \"shop\" {\n  ig_id = \"17841405822304914\"\n  limits {\n    reads = 100\n  }\n}\n")
	for i := range 5 {
		fmt.Fprintf(&config, "message \"m%d\" {\n  recipient = \"610123456789012%d\"\n  text      = \"Hi %d.\"\n}\n", i, i, i)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(config.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	now := time.Now()
	run := func(step time.Duration, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		app := &App{
			Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Environ: func() []string { return nil },
			LookupEnv: func(name string) (string, bool) {
				if name == "HERALD_SETTLE_AFTER" {
					return "1ms", true
				}
				return "", false
			},
			Now: func() time.Time {
				mu.Lock()
				defer mu.Unlock()
				now = now.Add(step)
				return now
			},
		}
		if code := app.Run(context.Background(), append([]string{"-chdir=" + dir}, args...)); code != exitOK {
			t.Fatalf("%v: exit code %d\n%s", args, code, &out)
		}
		return out.String()
	}
	run(0, "apply", "-sandbox", "-auto-approve")
	lost := filepath.Join(dir, sandboxDir, stateFile)
	if err := os.Remove(lost); err != nil {
		t.Fatal(err)
	}
	run(saveEvery, "recover", "-sandbox", "-auto-approve")
	f, err := os.Open(lost)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rec, err := state.Decode(f, lost)
	if err != nil {
		t.Fatal(err)
	}
	if rec.Len() != 5 || rec.Serial < 3 {
		t.Errorf("after five conversations the record has %d entries and serial %d", rec.Len(), rec.Serial)
	}
	b, err := os.Open(lost + ".backup")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	before, err := state.Decode(b, "backup")
	if err != nil {
		t.Fatal(err)
	}
	for e := range before.All() {
		if e.Status != state.Sent && e.Status != state.Intent || e.SettledBy != "recover" {
			t.Errorf("while it read, the record had %+v", e)
		}
	}
	if before.Len() != 5 || before.Lineage != rec.Lineage {
		t.Errorf("while it read, the record had %d entries", before.Len())
	}
}
