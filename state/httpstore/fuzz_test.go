package httpstore

import (
	"errors"
	"testing"

	"herald/state"
	"herald/state/storetest"
)

// Whatever a server holds, it is a record that can be written again, or an
// error that says what to do.
func FuzzDocument(f *testing.F) {
	s := New(Options{Address: "http://127.0.0.1:1/"})
	r := state.NewRecord("l")
	r.Put(storetest.Message("a", state.Sent, 2))
	body, err := s.wrap(r, 3)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add([]byte(`{"version":4,"terraform_version":"1.9.0","serial":1,"resources":[]}`))
	f.Add([]byte(`{"herald":1,"serial":1,"lineage":"l","record":"YWdlLWVuY3J5cHRpb24ub3JnL3YxCg=="}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, serial, err := s.unwrap(body)
		var told *state.FormatError
		if err != nil {
			if !errors.As(err, &told) || told.Advice == "" {
				t.Errorf("no advice: %v", err)
			}
			return
		}
		again, err := s.wrap(r, serial)
		if err != nil {
			t.Fatal(err)
		}
		if !s.equal(again, again) {
			t.Error("a document does not equal itself")
		}
	})
}

func FuzzLockInfo(f *testing.F) {
	f.Add([]byte(`{"ID":"n1.42.apply","Who":"ana@host","Created":"2026-01-02T03:04:05Z"}`))
	f.Add([]byte("n1.42.apply\n"))
	f.Add([]byte(`"x"`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if h := readLockInfo(body).holder(); h != nil && (printable(h.Who) != h.Who || len(h.Nonce) > maxShown+8) {
			t.Errorf("%+v", h)
		}
	})
}
