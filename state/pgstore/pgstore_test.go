package pgstore

import (
	"flag"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"herald/state"
	"herald/state/pgstore/pgtest"
	"herald/state/storetest"
)

var postgres pgtest.Once

func TestMain(m *testing.M) {
	if url := os.Getenv("HERALD_TEST_MEMBER"); url != "" {
		memberProcess(url)
		return
	}
	// A drawn case is a record in the database; -rapid.checks says another
	// number.
	_ = flag.Set("rapid.checks", "25")
	code := m.Run()
	postgres.Stop()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			code = 1
		}
	}
	os.Exit(code)
}

func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Factory { return factory(t, nil) })
}

func TestContractEncrypted(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Factory { return factory(t, testSealer(t, 1)) })
}

// briefLease is short enough to wait for its end.
const briefLease = 3 * time.Second

// factory opens stores of one new record, each through a proxy of its own.
func factory(t *testing.T, sealer state.Sealer) storetest.Factory {
	server := postgres.Start(t)
	schema := server.Schema(t)
	var mu sync.Mutex
	ways := make(map[state.Store]*proxy)
	way := func(s state.Store) *proxy {
		mu.Lock()
		defer mu.Unlock()
		return ways[s]
	}
	return storetest.Factory{
		Open: func() state.Store {
			p := newProxy(t, server)
			s := New(Options{URL: server.URLOf("postgres", p.port()), Schema: schema, Lease: briefLease, Sealer: sealer})
			mu.Lock()
			defer mu.Unlock()
			ways[s] = p
			return s
		},
		BreakLock: func() {
			s := New(Options{URL: server.URL(), Schema: schema, Sealer: sealer})
			h, err := s.Holder(t.Context())
			if err == nil {
				err = s.ForceUnlock(t.Context(), h.Nonce)
			}
			if err != nil {
				t.Error(err)
			}
		},
		FailWrites: func() { failWrites(t, server, schema) },
		Pause: func(s state.Store) func() {
			way(s).set(true, false)
			return func() { way(s).set(false, false) }
		},
		Cut: func(s state.Store) func() {
			way(s).set(false, true)
			return func() { way(s).set(false, false) }
		},
		Crash: func(s state.Store, x state.Session) {
			way(s).set(false, true)
			t.Cleanup(func() { _ = x.Unlock() })
		},
	}
}

// failWrites makes the database say that its disk is full.
func failWrites(t *testing.T, server *pgtest.Server, schema string) {
	t.Helper()
	server.Exec(t, `CREATE FUNCTION `+schema+`.disk_full() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
		CREATE TRIGGER disk_full BEFORE INSERT OR UPDATE OR DELETE ON `+schema+`.entries FOR EACH STATEMENT EXECUTE FUNCTION `+schema+`.disk_full()`)
}
