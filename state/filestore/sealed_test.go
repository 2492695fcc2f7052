package filestore

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"herald/state"
	"herald/state/seal"
	"herald/state/storetest"
)

func testSealer(t testing.TB) state.Sealer {
	t.Helper()
	k, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	s, err := seal.New(seal.Options{Recipients: []string{k.Recipient().String()}, Identities: k.String()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sealedPlace has a record in its snapshot, its backup and its journal.
func sealedPlace(t *testing.T) (*place, *state.Record) {
	p := newPlace(t)
	p.seal = testSealer(t)
	x := p.lock()
	r := state.NewRecord("lineage-1")
	p.must(x.Snapshot(t.Context(), r))
	p.append(x, r, storetest.Message("secret_a", state.Sent, 1))
	p.must(x.Snapshot(t.Context(), r))
	p.append(x, r, storetest.Message("secret_b", state.Intent, 1), storetest.Message("secret_c", state.Intent, 1))
	p.append(x, r, storetest.Message("secret_b", state.Sent, 2))
	p.must(x.Unlock())
	p.holds(r)
	return p, r
}

// Nothing of the entries can be read in any file.
func TestNothingIsReadable(t *testing.T) {
	p, r := sealedPlace(t)
	x := p.lock()
	p.must(x.Snapshot(t.Context(), r))
	p.append(x, r, storetest.Message("secret_d", state.Intent, 1))
	p.must(x.Unlock())
	for _, suffix := range []string{".json", ".json.backup", ".journal", ".lock"} {
		for _, text := range []string{"secret_", "1001", "entry", "fingerprint"} {
			if strings.Contains(p.read(suffix), text) {
				t.Errorf("%s holds %q", suffix, text)
			}
		}
	}
	if !state.IsSealed([]byte(p.read(".json.backup"))) {
		t.Error("the backup is not encrypted")
	}
}

// Whatever byte of the record is changed, the record is refused.
func TestEverySealedByteCounts(t *testing.T) {
	p, _ := sealedPlace(t)
	for _, suffix := range []string{".json", ".journal"} {
		whole := []byte(p.read(suffix))
		for i := range whole {
			changed := bytes.Clone(whole)
			changed[i] ^= 1
			p.write(suffix, string(changed))
			r, err := p.store().Load(t.Context())
			var told *state.FormatError
			if r != nil || !errors.As(err, &told) || told.Advice == "" {
				t.Errorf("%s, byte %d: %v", suffix, i, err)
			}
		}
		p.write(suffix, string(whole))
	}
}

// A batch that was not finished is cut off, as in a journal that can be read.
func TestSealedBatchCutOff(t *testing.T) {
	p, r := sealedPlace(t)
	whole := p.read(".journal")
	x := p.lock()
	p.must(x.Append(t.Context(), storetest.Message("d", state.Intent, 1)))
	p.must(x.Unlock())
	more := p.read(".journal")
	for n := len(whole); n < len(more)-2; n++ {
		p.write(".journal", more[:n])
		p.holds(r)
	}
	x = p.lock()
	p.append(x, r, storetest.Message("e", state.Intent, 1))
	p.must(x.Unlock())
	p.holds(r)
}

// Encrypted or not, and configured or not: each mismatch says which.
func TestSealedOrNot(t *testing.T) {
	p, r := sealedPlace(t)
	with := p.seal
	refused := func(want string) {
		t.Helper()
		_, err := p.store().Load(t.Context())
		var told *state.FormatError
		if !errors.As(err, &told) || told.Problem != want || !strings.Contains(told.Advice, "Nothing was sent") {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	p.seal = nil
	refused("this is encrypted, and no encryption is configured")
	p.seal = testSealer(t)
	refused("no identity that is there opens this")

	// The record is written anew without encryption, and with it again.
	p.seal = nil
	p.must(os.Remove(p.path(".journal")))
	x := p.lock()
	p.must(x.(state.Replacer).Replace(t.Context(), r))
	p.append(x, r, storetest.Message("f", state.Intent, 1))
	p.must(x.Unlock())
	p.holds(r)
	p.seal = with
	refused("this is not encrypted, although encryption is configured")

	p.seal = nil
	x = p.lock()
	p.must(x.Snapshot(t.Context(), r))
	p.must(x.Unlock())
	p.seal = with
	x = p.lock()
	p.must(x.(state.Replacer).Replace(t.Context(), r))
	p.append(x, r, storetest.Message("g", state.Intent, 1))
	p.must(x.Unlock())
	p.holds(r)
	if text := p.read(".journal"); !strings.HasPrefix(text, `{"journal":2,`) || strings.Contains(text, "message.g") {
		t.Errorf("the journal is\n%s", text)
	}
	// An entry that was appended without it is not taken.
	plain, text := newJournal("lineage-1", r.Serial, "", false)
	line, err := state.EncodeEntry(new(storetest.Message("h", state.Intent, 1)))
	p.must(err)
	text, _ = plain.batch(text, [][]byte{line})
	p.write(".journal", string(text))
	refused("this is not encrypted, although encryption is configured")
}

// Many entries at once take several lines.
func TestLargeSealedBatch(t *testing.T) {
	p, r := sealedPlace(t)
	x := p.lock()
	var entries []state.Entry
	for i := range 16_000 {
		e := storetest.Message(fmt.Sprintf("m%d", i), state.Intent, 1)
		e.PlanID = "sha256:" + strings.Repeat("p", 200)
		entries = append(entries, e)
	}
	p.append(x, r, entries...)
	p.must(x.Unlock())
	p.holds(r)
	if n := strings.Count(p.read(".journal"), "\n{\"sealed\":"); n < 4 {
		t.Errorf("%d sealed lines", n)
	}
}

// A record that cannot be sealed is not written in the clear.
func TestSealerFails(t *testing.T) {
	p, r := sealedPlace(t)
	before := p.read(".json") + p.read(".journal")
	p.seal = broken{p.seal}
	x := p.lock()
	if err := x.Append(t.Context(), storetest.Message("d", state.Intent, 1)); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("Append says %v", err)
	}
	if err := x.Snapshot(t.Context(), r); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("Snapshot says %v", err)
	}
	p.must(x.Unlock())
	if p.read(".json")+p.read(".journal") != before {
		t.Error("something was written")
	}
	if list, err := filepath.Glob(p.path("*tmp*")); len(list) > 0 || err != nil {
		t.Errorf("left behind: %v, %v", list, err)
	}
}

type broken struct{ state.Sealer }

func (broken) Seal([]byte) ([]byte, error) { return nil, fs.ErrInvalid }
