package pgstore

import (
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"herald/state"
	"herald/state/pgstore/pgtest"
	"herald/state/storetest"
)

var postgres pgtest.Once

func TestMain(m *testing.M) {
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
	server := postgres.Start(t)
	storetest.Run(t, func(t *testing.T) storetest.Factory {
		schema := server.Schema(t)
		o := Options{URL: server.URL(), Schema: schema, Lease: 6 * time.Second}
		return storetest.Factory{
			Open: func() state.Store { return New(o) },
			BreakLock: func() {
				if err := New(o).ForceUnlock(t.Context(), "n1"); err != nil {
					t.Error(err)
				}
			},
			FailWrites: func() { failWrites(t, server, schema) },
		}
	})
}

// failWrites makes the database say that its disk is full.
func failWrites(t *testing.T, server *pgtest.Server, schema string) {
	t.Helper()
	server.Exec(t, `CREATE FUNCTION `+schema+`.disk_full() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
		CREATE TRIGGER disk_full BEFORE INSERT OR UPDATE OR DELETE ON `+schema+`.entries FOR EACH STATEMENT EXECUTE FUNCTION `+schema+`.disk_full()`)
}
