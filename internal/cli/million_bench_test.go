package cli_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/jackc/pgx/v5"

	"herald/internal/sandbox"
	"herald/state/pgstore/pgtest"
)

// million is a campaign of 1,000 messages that were sent, whose record in a
// schema of its own holds so many entries altogether.
type million struct {
	server *pgtest.Server
	url    string // of Instagram
	schema string
	dir    string
	more   string // a configuration of 100 messages more, and 100 less
	env    []string
}

// newMillion sends, and adds what is missing to the table by SQL. Those rows
// are never to be read, so their lines are like real ones in length alone.
func newMillion(b *testing.B, server *pgtest.Server, url, schema, herald string, entries int, env ...string) *million {
	m := &million{server: server, url: url, schema: schema, dir: b.TempDir(), more: b.TempDir()}
	m.env = append(append(os.Environ(), "HERALD_TOKEN="+secret, "NO_PROXY=*", "HERALD_STATE_POSTGRES_URL="+server.URL()), env...)
	text := campaignConfig(url, 1000, 1, "messages = 1000000\n    reads    = 1000000", fmt.Sprintf("  state \"postgres\" {\n    schema = %q\n  }\n%s", schema, herald))
	for dir, people := range map[string]string{m.dir: "range(0, 1000)", m.more: "range(100, 1100)"} {
		if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(strings.Replace(text, "range(0, 1000)", people, 1)), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	m.run(b, m.dir, 2, "plan", "-detailed-exitcode", "-out=saved.plan")
	m.run(b, m.dir, 0, "apply", "-new-record", "saved.plan")
	hash := func(of string) string { return "left(encode(sha256(convert_to(" + of + ", 'UTF8')), 'base64'), 24)" }
	for from := 1001; from <= entries; from += 100_000 {
		server.Exec(b, strings.NewReplacer("SCHEMA", schema, "LOWEST", fmt.Sprint(from), "HIGHEST", fmt.Sprint(min(from+99_999, entries)),
			"HASH", hash("i::text"), "GROUP", hash("(i / 1000)::text")).Replace(`
			INSERT INTO SCHEMA.entries (record, address, revision, account, recipient, fingerprint, message_id, plan_id, status, also_sent, change, follows, line)
			SELECT one.record, CASE sealed WHEN true THEN HASH ELSE 'message.old["' || i || '"]' END, 1, one.account, CASE sealed WHEN true THEN HASH ELSE (8000000 + i)::text END,
				'v1:sha256:' || HASH, 'mid.' || HASH, GROUP, 'sent', false, 2, NULL, one.line
			FROM generate_series(LOWEST, HIGHEST) AS i, (SELECT * FROM SCHEMA.entries LIMIT 1) AS one, SCHEMA.records;
			UPDATE SCHEMA.records SET entries = HIGHEST`))
	}
	return m
}

// run runs the program, checks how it ends, and returns how long it took.
func (m *million) run(b *testing.B, dir string, code int, args ...string) time.Duration {
	b.Helper()
	cmd := exec.Command("herald", append([]string{"-chdir=" + dir}, args...)...)
	cmd.Env = m.env
	begun := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(begun)
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != code {
		b.Fatalf("%v: %v\n%.3000s", args, err, out)
	}
	return took
}

// scans returns how often all of the entries were gone through.
func (m *million) scans(b *testing.B) (n int) {
	conn, err := pgx.Connect(b.Context(), m.server.URL())
	if err == nil {
		err = conn.QueryRow(b.Context(), "SELECT seq_scan FROM pg_stat_user_tables WHERE schemaname = $1 AND relname = 'entries'", m.schema).Scan(&n)
		_ = conn.Close(b.Context())
	}
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkMillionEntries compares what commands take whose configuration has
// 1,000 messages when the record in PostgreSQL holds 1,000,000 entries and
// when it holds 10,000: the ratio to keep below 2, for a plan with nothing left
// to send, for one with 100 messages to send, for a saved plan that was applied
// already and for an apply that plans by itself. Nothing has analysed the table
// at first. Nobody goes through all of it. A cold server is one that was just
// started; the system's cache of files is as it is.
func BenchmarkMillionEntries(b *testing.B) {
	server, err := sandbox.New(sandbox.Options{ForgetBodies: true})
	if err != nil {
		b.Fatal(err)
	}
	listener := httptest.NewServer(server)
	defer func() {
		listener.Close()
		_ = server.Close()
	}()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		b.Fatal(err)
	}
	for name, herald := range map[string]string{"readable": "", "encrypted": fmt.Sprintf("  encryption {\n    recipients = [%q]\n  }\n", key.Recipient())} {
		b.Run(name, func(b *testing.B) {
			postgres := pgtest.Start(b, pgtest.Options{Settings: []string{"autovacuum=off", "max_wal_size=4GB"}})
			env := "HERALD_AGE_IDENTITY=" + key.String()
			few := newMillion(b, postgres, listener.URL, "few", herald, 10_000, env)
			many := newMillion(b, postgres, listener.URL, "many", herald, 1_000_000, env)
			for b.Loop() {
				scans := many.scans(b)
				compareMillion(b, "new", 7, few, many)
				postgres.Exec(b, "ANALYZE")
				compareMillion(b, "analysed", 7, few, many)
				if n := many.scans(b); n != scans {
					b.Errorf("all entries were gone through %d times", n-scans)
				}
				postgres.Exec(b, "CHECKPOINT")
				coldMillion(b, postgres, few, many)
			}
		})
	}
}

// compareMillion reports the ratios of the medians of several runs each.
func compareMillion(b *testing.B, label string, times int, few, many *million) {
	for _, c := range []struct {
		name string
		do   func(m *million) time.Duration
	}{
		{"plan", func(m *million) time.Duration { return m.run(b, m.dir, 0, "plan", "-detailed-exitcode") }},
		{"plan-100", func(m *million) time.Duration { return m.run(b, m.more, 2, "plan", "-detailed-exitcode") }},
		{"saved", func(m *million) time.Duration { return m.run(b, m.dir, 0, "apply", "saved.plan") }},
		{"apply", func(m *million) time.Duration { return m.run(b, m.dir, 0, "apply", "-auto-approve") }},
	} {
		var a, z []time.Duration
		for range times {
			a, z = append(a, c.do(few)), append(z, c.do(many))
		}
		report(b, c.name+"-"+label, a, z)
	}
}

func coldMillion(b *testing.B, postgres *pgtest.Server, few, many *million) {
	var a, z []time.Duration
	for range 3 {
		for list, m := range map[*[]time.Duration]*million{&a: few, &z: many} {
			if err := postgres.Restart(); err != nil {
				b.Fatal(err)
			}
			*list = append(*list, m.run(b, m.dir, 0, "plan", "-detailed-exitcode"))
		}
	}
	report(b, "plan-cold", a, z)
}

func report(b *testing.B, name string, few, many []time.Duration) {
	slices.Sort(few)
	slices.Sort(many)
	a, z := few[len(few)/2], many[len(many)/2]
	b.Logf("%s: %v of 10,000, %v of 1,000,000", name, a.Round(time.Millisecond), z.Round(time.Millisecond))
	b.ReportMetric(float64(z)/float64(a), name)
}
