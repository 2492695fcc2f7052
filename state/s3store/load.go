package s3store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"herald/state"
)

// The metadata of a snapshot's object: the checksum of its content, as of a
// segment, a semicolon, and the segments that it holds, as marks.String writes
// them. A server that keeps the two apart may show the one without the other
// for a moment.
const metaFolded = "herald-folded"

// stored is what the objects were when they were read.
type stored struct {
	etag    string // of the snapshot; "" if there is none
	lineage string
	serial  uint64
	mark    *state.Mark // of the snapshot; nil if it has none
	folded  marks       // what the snapshot holds
	seen    marks       // what was read: that, and the journal
	live    []name      // the segments that no snapshot holds
	taken   []content   // what they hold
	late    []content   // of those that came after their time
	spent   []string    // the keys of segments that the snapshot holds
}

// content is what a segment holds.
type content struct {
	name
	entries []*state.Entry
}

// after says that a session which holds the lock knew former before it read st:
// what another session has written since came late.
func (st *stored) after(former *stored, own uint64) {
	for _, c := range st.taken {
		known := slices.ContainsFunc(st.late, func(l content) bool { return l.name == c.name })
		was := slices.ContainsFunc(former.late, func(l content) bool { return l.name == c.name })
		if c.generation != own && !known && (was || !former.seen.covers(c.name)) {
			st.late = append(st.late, c)
		}
	}
}

// newest returns the generation of the last session that has written anything.
func (st *stored) newest() uint64 {
	var n uint64
	for g := range st.seen {
		n = max(n, g)
	}
	for _, m := range st.live {
		n = max(n, m.generation)
	}
	return n
}

const loads = 30

// errMoved says that a segment went while the journal was read.
var errMoved = errors.New("the journal changed while it was read")

// load reads snapshot and journal. If they do not fit together, and the snapshot
// has changed since, it was a holder at work: then it begins again.
func (s *Store) load(ctx context.Context, c *client) (*state.Record, *stored, error) {
	for attempt := 1; ; attempt++ {
		r, st, err := s.loadOnce(ctx, c)
		var damaged *state.FormatError
		if err == nil || attempt == loads || !errors.As(err, &damaged) && !errors.Is(err, errMoved) {
			return r, st, err
		}
		o, again := c.get(ctx, s.snapshotKey())
		if again != nil {
			return nil, st, s.failure(s.snapshotKey(), "s3:GetObject", again)
		}
		if damaged != nil && (o == nil && st.etag == "" || o != nil && o.etag == st.etag) {
			return nil, st, err
		}
		if err := wait(ctx, time.Duration(attempt)*5*time.Millisecond); err != nil {
			return nil, nil, err
		}
	}
}

// loadOnce lists the journal, and then reads the snapshot: what was folded and
// deleted between is in the snapshot.
func (s *Store) loadOnce(ctx context.Context, c *client) (*state.Record, *stored, error) {
	st := &stored{folded: marks{}, seen: marks{}}
	listed, err := c.list(ctx, s.journalPrefix())
	if err != nil {
		return nil, st, s.failure(s.journalPrefix(), "s3:ListBucket", err)
	}
	o, err := c.get(ctx, s.snapshotKey())
	if err != nil {
		return nil, st, s.failure(s.snapshotKey(), "s3:GetObject", err)
	}
	if o == nil {
		return nil, st, s.noSnapshot(listed)
	}
	st.etag = o.etag
	r, err := s.decodeSnapshot(o, st)
	if err != nil {
		return nil, st, err
	}
	for _, text := range listed {
		m, ok := parseName(text)
		if !ok {
			return nil, st, &state.FormatError{
				Path: s.url(s.journalPrefix() + text), Problem: "this is no segment of the journal, by its name",
				Advice: "Herald keeps nothing else there. If it is a segment that was renamed, give it its name back; otherwise move it away. Nothing was sent.",
			}
		}
		if st.folded.covers(m) {
			st.spent = append(st.spent, s.journalKey(m))
		} else {
			st.live = append(st.live, m)
		}
	}
	segments, err := s.segments(ctx, c, st.live)
	if err != nil {
		return nil, st, err
	}
	if err := s.replay(r, st, segments); err != nil {
		return nil, st, err
	}
	return r, st, nil
}

func (s *Store) decodeSnapshot(o *object, st *stored) (*state.Record, error) {
	path := s.url(s.snapshotKey())
	text, err := state.Unseal(s.o.Sealer, o.body, path)
	if err != nil {
		return nil, err
	}
	r, err := state.Decode(bytes.NewReader(text), path)
	if err != nil {
		return nil, err
	}
	st.lineage, st.serial, st.mark = r.Lineage, r.Serial, r.Mark
	sum, list, ok := strings.Cut(o.meta[metaFolded], ";")
	folded, whole := parseMarks(list)
	if none := o.meta[metaFolded] == ""; !none && (!ok || !whole || sum != sumOf(o.body)) {
		return nil, &state.FormatError{
			Path: path, Problem: fmt.Sprintf("the object's metadata %s does not fit its content", metaFolded),
			Advice: "It says which segments of the journal the record holds. If the bucket keeps versions, bring back the one before. Nothing was sent.",
		}
	}
	st.folded, st.seen = folded, maps.Clone(folded)
	return r, nil
}

// noSnapshot returns the error for a place without a snapshot. A journal alone
// shows that there was one.
func (s *Store) noSnapshot(listed []string) error {
	if len(listed) == 0 {
		return fmt.Errorf("%s: %w", s.Location(), state.ErrNoRecord)
	}
	return &state.FormatError{
		Path:    s.url(s.snapshotKey()),
		Problem: fmt.Sprintf("the record is gone, but its journal %s is there", s.url(s.journalPrefix())),
		Advice: fmt.Sprintf("Put the record back, from a version that the bucket kept or from %s. Without it Herald does not know what "+
			"was sent, and would send all of it again. Nothing was sent.", s.url(s.backupKey())),
	}
}

// segments reads segments.
func (s *Store) segments(ctx context.Context, c *client, names []name) ([]*segment, error) {
	list := make([]*segment, len(names))
	err := parallel(names, func(i int, m name) error {
		key := s.journalKey(m)
		o, err := c.get(ctx, key)
		if err != nil {
			return s.failure(key, "s3:GetObject", err)
		}
		if o == nil {
			return fmt.Errorf("%s: %w", s.url(key), errMoved)
		}
		text, err := state.Unseal(s.o.Sealer, o.body, s.url(key))
		if err != nil {
			return err
		}
		list[i], err = decodeSegment(text, s.url(key), m)
		return err
	})
	return list, err
}

// seal encrypts what is to be stored, if the record is encrypted.
func (s *Store) seal(text []byte) ([]byte, error) {
	if s.o.Sealer == nil {
		return text, nil
	}
	return s.o.Sealer.Seal(text)
}
