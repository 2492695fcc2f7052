package pgstore

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"herald/state"
	"herald/state/pgstore/pgtest"
)

// told checks that an error is a StoreError that says problem and advice.
func told(t *testing.T, err error, problem, advice string) {
	t.Helper()
	var e *state.StoreError
	if !errors.As(err, &e) {
		t.Errorf("got  %v\nwant a StoreError: %s", err, problem)
		return
	}
	if !strings.Contains(e.Problem, problem) || !strings.Contains(e.Advice, advice) {
		t.Errorf("got  %s\n     %s\n     (%v)\nwant %s\n     %s", e.Problem, e.Advice, e.Err, problem, advice)
	}
	if strings.Contains(e.Error()+e.Advice, "hunter2") {
		t.Errorf("the password is told: %v %s", e, e.Advice)
	}
}

func TestWrongSettings(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	for url, want := range map[string][2]string{
		"postgres://u:hunter2@host:port/db":                                                                      {"the connection settings cannot be understood", "HERALD_STATE_POSTGRES_URL"},
		"postgres://u:hun@ter2@[::1/db":                                                                          {"the connection settings cannot be understood", "sslmode=verify-full"},
		"postgres://u:hunter2@127.0.0.1/db?sslmode=maybe":                                                        {"sslmode", "PG*"},
		"postgres://u:hunter2@nowhere.invalid/db":                                                                {`the host "nowhere.invalid" is not known`, "PGHOST"},
		"host=/nowhere user=u password=hunter2 dbname=db":                                                        {"the server's socket is not there", "PGHOST"},
		fmt.Sprintf("postgres://u:hunter2@127.0.0.1:%d/db", closed):                                              {"the connection was refused", "PGPORT"},
		fmt.Sprintf("postgres://u:hunter2@127.0.0.1:%d/db?connect_timeout=1", silent.Addr().(*net.TCPAddr).Port): {"did not answer in time", "firewall"},
	} {
		s := New(Options{URL: url})
		_, err := s.Load(t.Context())
		told(t, err, want[0], want[1])
		_, err = s.Lock(t.Context(), state.Holder{}, time.Minute)
		told(t, err, want[0], want[1])
	}
}

func TestWrongServer(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Prepare: func(data string) error {
		return os.WriteFile(filepath.Join(data, "pg_hba.conf"), []byte("host all limited 127.0.0.1/32 scram-sha-256\nhost all banned 127.0.0.1/32 reject\nhost all all 127.0.0.1/32 trust\n"), 0o600)
	}})
	server.Exec(t, "SET password_encryption = 'scram-sha-256'; CREATE ROLE limited LOGIN PASSWORD 'secret'") // md5 is what version 13 makes
	server.Exec(t, "CREATE ROLE banned LOGIN")
	server.Exec(t, "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
	try := func(url, problem, advice string) {
		t.Helper()
		s := New(Options{URL: url})
		_, err := s.Load(t.Context())
		told(t, err, problem, advice)
	}
	base := server.URL()
	try(strings.Replace(base, "postgres@", "limited:hunter2@", 1), `does not accept the password of the user "limited"`, "PGPASSWORD")
	try(strings.Replace(base, "postgres@", "banned@", 1), `does not let in the user "banned"`, "pg_hba.conf")
	try(strings.Replace(base, "postgres@", "nobody@", 1), `does not let in the user "nobody"`, "pg_hba.conf")
	try(strings.Replace(base, "/postgres?", "/none?", 1), `the database "none" does not exist`, "createdb")
	try(strings.Replace(base, "/postgres?", "/latin?", 1), "the encoding LATIN1", "ENCODING 'UTF8'")
	try(strings.Replace(base, "=disable", "=require", 1), "the server does not offer TLS", "sslmode")

	// A role without rights, then one that makes its own schema.
	limited := Options{URL: strings.Replace(base, "postgres@", "limited:secret@", 1)}
	_, err := New(limited).Lock(t.Context(), state.Holder{}, 0)
	told(t, err, `the user "limited" lacks a right: permission denied for database postgres`, "GRANT CREATE ON DATABASE \"postgres\" TO \"limited\";\n\nor let an administrator make it, as docs/stores.md says, and give these rights:\n\n  GRANT USAGE ON SCHEMA \"herald\" TO \"limited\"")
	server.Exec(t, "GRANT CREATE ON DATABASE postgres TO limited")
	lockAndLeave(t, New(limited))

	// An administrator's schema, and a role with rights on its tables only.
	server.Exec(t, SQL("by hand"))
	byHand := limited
	byHand.Schema = "by hand"
	_, err = New(byHand).Load(t.Context())
	told(t, err, "permission denied for schema by hand", "GRANT")
	server.Exec(t, `REVOKE CREATE ON DATABASE postgres FROM limited; GRANT USAGE ON SCHEMA "by hand" TO limited; GRANT SELECT ON ALL TABLES IN SCHEMA "by hand" TO limited`)
	if _, err := New(byHand).Load(t.Context()); !errors.Is(err, state.ErrNoRecord) {
		t.Errorf("a reader's load: %v", err)
	}
	_, err = New(byHand).Lock(t.Context(), state.Holder{}, 0)
	told(t, err, "permission denied for table sessions", "INSERT, UPDATE, DELETE")
	server.Exec(t, `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "by hand" TO limited`)
	lockAndLeave(t, New(byHand))

	// No connection is left, and a server that only reads.
	server.Exec(t, "ALTER ROLE limited CONNECTION LIMIT 0")
	_, err = New(byHand).Load(t.Context())
	told(t, err, "takes no further connection", "max_connections")
	server.Exec(t, "ALTER ROLE limited CONNECTION LIMIT -1; ALTER ROLE limited SET default_transaction_read_only = on")
	m, err := New(byHand).Join(t.Context(), state.Holder{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Claim(t.Context(), talks(1), 1)
	told(t, err, "the server is read-only", "default_transaction_read_only")
	_ = m.Unlock()
}

func lockAndLeave(t *testing.T, s *Store) {
	t.Helper()
	x, err := s.Lock(t.Context(), state.Holder{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	r := state.NewRecord("lineage-1")
	if err := x.Snapshot(t.Context(), r); err != nil {
		t.Error(err)
	}
	if err := x.Append(t.Context(), to(0, "a", state.Intent, 1)); err != nil {
		t.Error(err)
	}
	m, err := s.Join(t.Context(), state.Holder{}, 0)
	var locked *state.LockedError
	if !errors.As(err, &locked) {
		t.Errorf("Join: %v, %v", m, err)
	}
	if err := x.Unlock(); err != nil {
		t.Error(err)
	}
}

// TestFailingStatements: what the server says in the middle is told, and ends
// the session.
func TestFailingStatements(t *testing.T) {
	t.Parallel()
	for sqlstate, want := range map[string][2]string{
		"53100": {"the server's disk is full", "Make room"},
		"53200": {"no memory left", "log"},
		"25006": {"the server is read-only", "PGTARGETSESSIONATTRS"},
		"42501": {"lacks a right: no", "GRANT"},
		"XX001": {"damage or a failing disk", "log"},
		"22000": {"the server refused a statement", "log"},
	} {
		p := newPlace(t, time.Minute)
		p.record(t)
		x := p.lock(t)
		p.server.Exec(t, fmt.Sprintf(`CREATE FUNCTION %[1]s.fails() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '%[2]s'; END $$;
			CREATE TRIGGER fails BEFORE INSERT ON %[1]s.entries FOR EACH STATEMENT EXECUTE FUNCTION %[1]s.fails()`, p.schema, sqlstate))
		told(t, x.Append(t.Context(), to(0, "a", state.Intent, 1)), want[0], want[1])
		if err := x.Append(t.Context(), to(0, "b", state.Intent, 1)); err == nil || !strings.HasPrefix(err.Error(), "nothing more can be recorded in this run: ") {
			t.Errorf("after a failure: %v", err)
		}
	}
}

func TestOldServer(t *testing.T) {
	for version, want := range map[string]int{"12.3": 12, "13beta2": 13, "15.4 (Debian 15.4-1)": 15, "9.6.1": 9, "": 0} {
		if got := majorVersion(version); got != want {
			t.Errorf("%q is version %d, want %d", version, got, want)
		}
	}
}

// TestVersions upgrades tables of an older version with what they hold, and
// refuses those of a newer one.
func TestVersions(t *testing.T) {
	t.Parallel()
	p := newPlace(t, time.Minute)
	old := p.store(nil)
	old.steps = old.steps[:1]
	x, err := old.Lock(t.Context(), state.Holder{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	r := state.NewRecord("lineage-1")
	r.Put(to(0, "a", state.Sent, 2))
	if err := x.Snapshot(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := x.Unlock(); err != nil {
		t.Fatal(err)
	}
	// Who only looks changes nothing.
	p.load(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			m, err := p.store(nil).Join(t.Context(), state.Holder{}, time.Minute)
			if err == nil {
				_, err = m.Claim(t.Context(), talks(1), 1)
				err = errors.Join(err, m.Unlock())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := p.load(t); got.Len() != 1 {
		t.Errorf("%d entries after the upgrade", got.Len())
	}
	_, err = old.Load(t.Context())
	told(t, err, "the tables have version 3, and this Herald knows versions up to 1: a newer one made them", "Use that version")
	_, err = old.Lock(t.Context(), state.Holder{}, 0)
	told(t, err, "a newer one made them", "the record is as it was")
	p.server.Exec(t, "DELETE FROM "+p.schema+".version")
	_, err = p.store(nil).Load(t.Context())
	told(t, err, "the table version is empty", "backup")
}

// TestSQLIsDocumented holds docs/postgres.sql against the steps.
func TestSQLIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/postgres.sql")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(SQL("herald"), string(text)); diff != "" {
		t.Errorf("docs/postgres.sql is not what SQL returns (-want +got):\n%s", diff)
	}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	var ca []byte
	server := pgtest.Start(t, pgtest.Options{Settings: []string{"ssl=on"}, Prepare: func(data string) (err error) {
		ca, err = certificates(data)
		return err
	}})
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, ca, 0o600); err != nil {
		t.Fatal(err)
	}
	plain := server.URL()
	with := func(mode, host, root string) *Store {
		url := strings.Replace(plain, "=disable", "="+mode, 1)
		return New(Options{URL: strings.Replace(url, "127.0.0.1", host, 1) + "&sslrootcert=" + root})
	}
	_, err := with("verify-full", "localhost", "system").Load(t.Context())
	told(t, err, "issued by an authority that this machine does not trust", "PGSSLROOTCERT")
	_, err = with("verify-full", "127.0.0.1", file).Load(t.Context())
	told(t, err, "the server's certificate is not for this host", "verify-ca")
	_, err = with("verify-full", "127.0.0.1", "/nowhere.pem").Load(t.Context())
	told(t, err, "/nowhere.pem", "HERALD_STATE_POSTGRES_URL")
	if _, err := with("verify-full", "localhost", file).Load(t.Context()); !errors.Is(err, state.ErrNoRecord) {
		t.Errorf("with the right name: %v", err)
	}
	lockAndLeave(t, with("verify-ca", "127.0.0.1", file))
}

// certificates writes a server's certificate, for localhost, into its data
// folder, and returns that of the authority.
func certificates(data string) ([]byte, error) {
	authority, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	from, until := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	issuer := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "an authority"}, NotBefore: from, NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	root, err := x509.CreateCertificate(rand.Reader, issuer, issuer, authority.Public(), authority)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, NotBefore: from, NotAfter: until,
	}, issuer, key.Public(), authority)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	block := func(kind string, data []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}) }
	err = errors.Join(
		os.WriteFile(filepath.Join(data, "server.crt"), block("CERTIFICATE", leaf), 0o600),
		os.WriteFile(filepath.Join(data, "server.key"), block("PRIVATE KEY", private), 0o600))
	return block("CERTIFICATE", root), err
}
