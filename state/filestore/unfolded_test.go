package filestore

import "testing"

// What a crash left in the journal is told, because only the snapshot is kept
// and shared.
func TestUnfolded(t *testing.T) {
	p := newPlace(t)
	p.record()
	x := p.lock()
	defer x.Unlock()
	r, err := x.Load(t.Context())
	p.must(err)
	if !x.(*session).Unfolded() {
		t.Error("an entry in the journal is not told")
	}
	p.must(x.Snapshot(t.Context(), r))
	if x.(*session).Unfolded() {
		t.Error("a folded entry is told")
	}
}
