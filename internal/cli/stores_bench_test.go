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
	"herald/state/s3store/s3test"
)

// sendsPerSecond applies a campaign with the program, and returns how many
// calls a second came, from the first to the last.
func sendsPerSecond(b *testing.B, people, blocks int, limits, herald string, latency time.Duration, env ...string) float64 {
	posts := sends(b, people, blocks, limits, herald, latency, env...)
	return float64(len(posts)-1) / posts[len(posts)-1].Sub(posts[0]).Seconds()
}

// sends applies a campaign with the program, and returns when each call came.
func sends(b *testing.B, people, blocks int, limits, herald string, latency time.Duration, env ...string) []time.Time {
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
	if n := len(bench.posts); n != people*blocks {
		b.Fatalf("%d calls, not %d", n, people*blocks)
	}
	return bench.posts
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

// BenchmarkPacing measures how much of the documented rate an apply reaches with
// each store, from the first call of a campaign to its last: 0.99 of it is to be
// kept. It also tells the most calls that the server saw in one second, and how
// many of them the machine's own delays do not explain.
func BenchmarkPacing(b *testing.B) {
	postgres := pgtest.Start(b, pgtest.Options{Fsync: true})
	buckets := s3test.Start(b)
	records := newRecordServer("", "", false)
	defer records.Close()
	run := 0
	for _, store := range []struct {
		name  string
		block func() string
		env   []string
	}{
		{name: "file", block: func() string { return "" }},
		{"postgres", func() string { return fmt.Sprintf("  state \"postgres\" {\n    record = \"r%d\"\n  }\n", run) }, []string{"HERALD_STATE_POSTGRES_URL=" + postgres.URL()}},
		{"s3", func() string {
			bucket := fmt.Sprintf("bucket%d", run)
			buckets.Bucket(b, bucket)
			return s3Block(bucket, buckets.URL)
		}, s3Environment},
		{name: "http", block: func() string { return httpBlock(fmt.Sprintf("%s/%d", records.URL, run)) }},
	} {
		b.Run(store.name, func(b *testing.B) {
			const people, allowed = 4000, 100
			doze := watchSleep(b)
			for b.Loop() {
				run++
				posts := sends(b, people, 1, "messages = 100\n    reads    = 2", store.block(), 200*time.Millisecond, store.env...)
				most, excess := ceiling(posts, allowed, doze)
				b.ReportMetric((people-1)/posts[people-1].Sub(posts[0]).Seconds()/allowed, "of-the-rate")
				b.ReportMetric(float64(most), "most/s")
				b.ReportMetric(float64(excess), "excess")
			}
		})
	}
}
