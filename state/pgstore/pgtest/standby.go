package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Standby starts a second server, which follows this one by streaming
// replication that nobody waits for. It ends with the test.
func (s *Server) Standby(t testing.TB) *Server {
	t.Helper()
	if _, err := os.Stat(filepath.Join(s.bin, "pg_basebackup")); err != nil && os.Getenv(BinVariable) != "" {
		t.Skip("the folder that " + BinVariable + " names has no pg_basebackup, which makes a standby")
	}
	dir, err := os.MkdirTemp("", "herald-pg-")
	if err != nil {
		t.Fatal(err)
	}
	b := &Server{bin: s.bin, dir: dir, opts: s.opts, cred: s.cred}
	t.Cleanup(b.Stop)
	if _, err := ordinaryUser(dir); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c := b.command(t.Context(), "pg_basebackup", "-D", b.data(), "-d", s.URL(), "-R", "-c", "fast", "--no-sync")
	c.Stdout, c.Stderr = &out, &out
	if err := c.Run(); err != nil {
		t.Fatalf("pg_basebackup: %v\n%s", err, out.String())
	}
	if err := b.begin(); err != nil {
		t.Fatal(err)
	}
	return b
}

// CaughtUp waits until the standby b shows everything that is written so far.
func (s *Server) CaughtUp(t testing.TB, b *Server) {
	t.Helper()
	lsn := s.query(t, "SELECT pg_current_wal_flush_lsn()::text")
	b.until(t, "SELECT pg_last_wal_replay_lsn() >= '"+lsn+"'")
}

// Unfollow makes a standby receive nothing more of what is written from now on.
func (s *Server) Unfollow(t testing.TB) {
	t.Helper()
	s.Exec(t, "ALTER SYSTEM SET primary_conninfo = ''")
	s.Exec(t, "SELECT pg_reload_conf()")
	s.until(t, "SELECT NOT EXISTS (SELECT FROM pg_stat_wal_receiver)")
}

// Promote makes a standby a primary with what it has received.
func (s *Server) Promote(t testing.TB) {
	t.Helper()
	s.Exec(t, "SELECT pg_promote()")
	s.until(t, "SELECT NOT pg_is_in_recovery()")
}

// until asks a question until its answer is true.
func (s *Server) until(t testing.TB, question string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); s.query(t, strings.Replace(question, "SELECT ", "SELECT (", 1)+")::text") != "true"; {
		if time.Now().After(deadline) {
			t.Fatalf("never true: %s\n%s", question, s.Log())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// query returns the one text that a statement yields, as the superuser.
func (s *Server) query(t testing.TB, sql string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL())
	if err != nil {
		t.Fatal(err)
	}
	var text string
	if err := errors.Join(conn.QueryRow(ctx, sql).Scan(&text), conn.Close(ctx)); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", sql, err))
	}
	return text
}
