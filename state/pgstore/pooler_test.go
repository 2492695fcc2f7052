package pgstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"herald/state"
	"herald/state/pgstore/pgtest"
)

// pooler starts a PgBouncer of that mode, with so few connections that its
// clients must share them, and returns its port.
func pooler(t *testing.T, server *pgtest.Server, mode string) int {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program = "/usr/sbin/pgbouncer"; !exists(program) {
			t.Skip("there is no PgBouncer on this machine; to run this test: apt-get install pgbouncer")
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	file := filepath.Join(t.TempDir(), "pooler.ini")
	text := fmt.Sprintf("[databases]\n* = host=127.0.0.1 port=%d user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\nauth_type = any\npool_mode = %s\ndefault_pool_size = 20\n", server.Port(), port, mode)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, file)
	if os.Getuid() == 0 { // it refuses to run as root
		c = exec.Command(program, "-u", "nobody", file)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		_ = c.Wait()
	})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := pgx.Connect(t.Context(), server.URLOf("postgres", port))
		if err == nil {
			_ = conn.Close(context.Background())
			return port
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// useAll does what a run does with a store, twice, and returns the first error.
func useAll(t *testing.T, s *Store) (err error) {
	for i := range int64(2) {
		m, joinErr := s.Join(t.Context(), state.Holder{}, 0)
		if joinErr != nil {
			return joinErr
		}
		_, err = m.Claim(t.Context(), talks(3), 3)
		for n := 0; err == nil && n < 3; n++ {
			err = errors.Join(m.Append(t.Context(), to(n, "abc"[n:n+1], state.Intent, 2*i+3)), m.Append(t.Context(), to(n, "abc"[n:n+1], state.Sent, 2*i+4)))
		}
		if err == nil {
			_, err = m.(state.PartLoader).LoadPart(t.Context(), state.Part{Conversations: talks(2)})
		}
		if err = errors.Join(err, m.Unlock()); err != nil {
			return err
		}
	}
	return nil
}

// TestPooler: with a pooler in session mode everything works. In transaction
// mode it works if the pooler keeps the statements of its clients apart, as
// newer ones do, and else that is what is told, and nothing was written that
// should not be.
func TestPooler(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"session", "transaction"} {
		t.Run(mode, func(t *testing.T) {
			p := newPlace(t, time.Minute)
			p.record(t, to(0, "a", state.Sent, 2), to(1, "b", state.Sent, 2), to(2, "c", state.Sent, 2))
			port := pooler(t, p.server, mode)
			err := useAll(t, New(Options{URL: p.server.URLOf("postgres", port), Schema: p.schema, Lease: p.lease}))
			switch {
			case err != nil && mode == "session":
				t.Error(err)
			case err != nil:
				told(t, err, "(transaction mode)", "pool_mode = session")
			}
			if got := p.load(t); got.Len() != 3 {
				t.Errorf("%d entries are stored", got.Len())
			}
		})
	}
}

// TestStatementTimeout: a server that gives too little time says so.
func TestStatementTimeout(t *testing.T) {
	t.Parallel()
	p := newPlace(t, time.Minute)
	p.record(t)
	p.server.Exec(t, `CREATE FUNCTION `+p.schema+`.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(10); RETURN NULL; END $$;
		CREATE TRIGGER slow AFTER INSERT ON `+p.schema+`.entries FOR EACH STATEMENT EXECUTE FUNCTION `+p.schema+`.slow()`)
	s := New(Options{URL: p.server.URL() + "&statement_timeout=300", Schema: p.schema, Lease: p.lease})
	x, err := s.Lock(t.Context(), state.Holder{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	told(t, x.Append(t.Context(), to(0, "a", state.Intent, 1)), "ended a statement before it was done: canceling statement due to statement timeout", "statement_timeout=10min")
	_ = x.Unlock()
}
