// Package pgtest answers the question "where does a test get a PostgreSQL
// from?": it starts one of its own, on a free port of the loopback interface
// and with a temporary data folder, and ends it with the test program, however
// that ends.
//
// The newest PostgreSQL of the machine is taken, or the one whose programs are
// in the folder that HERALD_POSTGRES_BIN names.
//
// A test program starts one server and gives each test a schema of its own:
//
//	var postgres pgtest.Once
//
//	func TestMain(m *testing.M) {
//		code := m.Run()
//		postgres.Stop()
//		os.Exit(code)
//	}
//
//	func TestX(t *testing.T) {
//		server := postgres.Start(t) // skips where there is no PostgreSQL
//		store := pgstore.New(pgstore.Options{URL: server.URL(), Schema: server.Schema(t)})
//	}
package pgtest
