package pgstore

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"herald/state"
	"herald/state/storetest"
)

// sealer encrypts with a key, as state/seal does with people's keys.
type sealer struct{ cipher.AEAD }

func (s sealer) Seal(plain []byte) ([]byte, error)  { return s.AEAD.Seal(nil, nil, plain, nil), nil }
func (s sealer) Open(sealed []byte) ([]byte, error) { return s.AEAD.Open(nil, nil, sealed, nil) }

func testSealer(t testing.TB, key byte) sealer {
	t.Helper()
	sum := sha256.Sum256([]byte{key})
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	return sealer{aead}
}

// TestNothingReadable looks through every table for what an encrypted record
// knows.
func TestNothingReadable(t *testing.T) {
	t.Parallel()
	p := newPlace(t, time.Minute)
	p.sealer = testSealer(t, 1)
	e := to(0, "secretname", state.Sent, 3)
	r := p.record(t, e)
	m, err := p.store(nil).Join(t.Context(), state.Holder{Nonce: "random", Who: "secretwho", Operation: "secretly"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	claim(t, m, talk(0), talk(1))
	if err := m.Append(t.Context(), to(1, "secretintent", state.Intent, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Reserve(t.Context(), account, "messages", 1, 100); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), p.server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var all strings.Builder
	for _, table := range []string{"records", "entries", "sessions", "claims", "paces", "version"} {
		rows, _ := conn.Query(t.Context(), "SELECT to_jsonb(x)::text FROM "+p.schema+"."+table+" x")
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(strings.Join(list, "\n"))
	}
	for _, secret := range []string{"secret", account, e.Recipient, e.Fingerprint, e.MessageID, e.PlanID, hex.EncodeToString([]byte("secret"))} {
		if strings.Contains(all.String(), `"`+secret) || strings.Contains(all.String(), secret) && len(secret) > 4 {
			t.Errorf("%q is readable in\n%s", secret, all.String())
		}
	}
	if !strings.Contains(all.String(), "lineage-1") || !strings.Contains(all.String(), `"status": "intent"`) {
		t.Errorf("the tables were not read:\n%s", all.String())
	}
	// The head is sealed anew at each snapshot, and the key stays.
	if err := m.Unlock(); err != nil {
		t.Fatal(err)
	}
	got := p.load(t)
	r.Put(to(1, "secretintent", state.Intent, 1))
	if got, want := storetest.Text(t, got), storetest.Text(t, r); got != want {
		t.Errorf("stored is\n%s\nwant\n%s", got, want)
	}
}

// TestOtherKeys opens records with the key of another, without one, and with
// one where none is needed.
func TestOtherKeys(t *testing.T) {
	t.Parallel()
	sealed, plain := newPlace(t, time.Minute), newPlace(t, time.Minute)
	sealed.sealer = testSealer(t, 1)
	sealed.record(t, to(0, "a", state.Sent, 2))
	plain.record(t, to(0, "a", state.Sent, 2))
	for _, tc := range []struct {
		place  testPlace
		sealer state.Sealer
		want   string
	}{
		{sealed, testSealer(t, 2), "the record cannot be decrypted"},
		{sealed, nil, "the record is encrypted, and nothing says with which key"},
		{plain, testSealer(t, 1), "the record is not encrypted, and the configuration says that it is"},
	} {
		tc.place.sealer = tc.sealer
		s := tc.place.store(nil)
		_, err := s.Load(t.Context())
		told(t, err, tc.want, "")
		_, err = s.LoadPart(t.Context(), state.Part{})
		told(t, err, tc.want, "")
		x, err := s.Lock(t.Context(), state.Holder{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		told(t, x.Append(t.Context(), to(0, "b", state.Intent, 1)), tc.want, "")
		told(t, x.Snapshot(t.Context(), state.NewRecord("lineage-1")), tc.want, "")
		if err := x.Unlock(); err != nil {
			t.Error(err)
		}
	}
}

// TestFlippedByte changes one thing of an encrypted record after another: each
// time it is refused.
func TestFlippedByte(t *testing.T) {
	t.Parallel()
	p := newPlace(t, time.Minute)
	p.sealer = testSealer(t, 1)
	p.record(t, to(0, "a", state.Sent, 2), to(1, "b", state.Sent, 2))
	flip := func(table, column string, n string) string {
		return fmt.Sprintf("UPDATE %s.%s SET %s = set_byte(%s, %s, get_byte(%s, %s) # 1)", p.schema, table, column, column, n, column, n)
	}
	entries := p.schema + ".entries"
	for name, tc := range map[string][2]string{
		"line":     {flip("entries", "line", "20"), flip("entries", "line", "20")},
		"last":     {flip("entries", "line", "length(line) - 1"), flip("entries", "line", "length(line) - 1")},
		"change":   {"UPDATE " + entries + " SET change = change + 1", "UPDATE " + entries + " SET change = change - 1"},
		"revision": {"UPDATE " + entries + " SET revision = revision + 1", "UPDATE " + entries + " SET revision = revision - 1"},
		"place":    {"UPDATE " + entries + " SET address = address || 'x'", "UPDATE " + entries + " SET address = left(address, -1)"},
		"head":     {flip("records", "head", "5"), flip("records", "head", "5")},
		"row":      {"UPDATE " + entries + " SET record = 'gone' WHERE ctid IN (SELECT ctid FROM " + entries + " LIMIT 1)", "UPDATE " + entries + " SET record = 'default'"},
		"record":   {"UPDATE " + p.schema + ".records SET record = 'gone'", "UPDATE " + p.schema + ".records SET record = 'default'"},
		"lineage":  {"UPDATE " + p.schema + ".records SET lineage = 'x'", "UPDATE " + p.schema + ".records SET lineage = 'lineage-1'"},
	} {
		p.server.Exec(t, tc[0])
		_, err := p.store(nil).Load(t.Context())
		var format *state.FormatError
		var store *state.StoreError
		if !errors.As(err, &format) && !errors.As(err, &store) {
			t.Errorf("%s: %v", name, err)
		}
		p.server.Exec(t, tc[1])
		p.load(t)
	}
}
