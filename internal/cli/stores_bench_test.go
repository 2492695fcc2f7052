package cli_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"herald/internal/sandbox"
	"herald/state/pgstore/pgtest"
)

// sendsPerSecond applies a campaign with the program, and returns how many
// calls a second came, from the first to the last.
func sendsPerSecond(b *testing.B, people, blocks int, limits, herald string, latency time.Duration, env ...string) float64 {
	server, err := sandbox.New(sandbox.Options{Latency: latency, ForgetBodies: true})
	if err != nil {
		b.Fatal(err)
	}
	bench := &fleetBench{server: server, busy: make(map[string]bool)}
	listener := httptest.NewServer(bench)
	defer func() {
		listener.Close()
		_ = server.Close()
	}()
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(campaignConfig(listener.URL, people, blocks, limits, herald)), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command("herald", "-chdir="+dir, "apply", "-auto-approve", "-new-record")
	cmd.Env = append(append(os.Environ(), "HERALD_TOKEN="+secret, "NO_PROXY=*"), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%.3000s", err, out)
	}
	n := len(bench.posts)
	if n != people*blocks {
		b.Fatalf("%d calls, not %d", n, people*blocks)
	}
	return float64(n-1) / bench.posts[n-1].Sub(bench.posts[0]).Seconds()
}

// BenchmarkPostgresAgainstFile compares the sends a second of an apply whose
// record is in PostgreSQL with those of one whose record is a file: the ratio
// to keep above 0.5, with one message to each person and with several. The
// database writes to the disk as the file does.
func BenchmarkPostgresAgainstFile(b *testing.B) {
	postgres := pgtest.Start(b, pgtest.Options{Fsync: true})
	const limits = "messages = 1000000\n    reads    = 1000000"
	records := 0
	for _, each := range []int{1, 6} {
		b.Run(fmt.Sprintf("each=%d", each), func(b *testing.B) {
			for b.Loop() {
				var file, database float64
				for range 2 {
					records++
					herald := fmt.Sprintf("  state \"postgres\" {\n    record = \"r%d\"\n  }\n", records)
					file = max(file, sendsPerSecond(b, 6000/each, each, limits, "", 20*time.Millisecond))
					database = max(database, sendsPerSecond(b, 6000/each, each, limits, herald, 20*time.Millisecond,
						"HERALD_STATE_POSTGRES_URL="+postgres.URL()))
				}
				b.ReportMetric(file, "file/s")
				b.ReportMetric(database, "postgres/s")
				b.ReportMetric(database/file, "ratio")
			}
		})
	}
}

// BenchmarkPacing measures how much of the documented rate an apply reaches:
// 0.99 of it is to be kept.
func BenchmarkPacing(b *testing.B) {
	postgres := pgtest.Start(b, pgtest.Options{Fsync: true})
	for b.Loop() {
		const limits = "messages = 100\n    reads    = 2"
		b.ReportMetric(sendsPerSecond(b, 500, 3, limits, "", 200*time.Millisecond)/100, "file")
		b.ReportMetric(sendsPerSecond(b, 500, 3, limits, "  state \"postgres\" {}\n", 200*time.Millisecond,
			"HERALD_STATE_POSTGRES_URL="+postgres.URL())/100, "postgres")
	}
}
