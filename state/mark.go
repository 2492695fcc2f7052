package state

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Mark says that a record must not be worked with in the place where it is
// stored, for it is on its way from one place to another, or has gone. It is
// stored with the record, and is a part of no other copy of it.
//
// A record moves in this order: it is stored at its new place under a mark
// Arriving; that is read back; the former place is marked Moved; the mark of
// the new place is taken away. So at no moment can both be worked with.
type Mark struct {
	Kind MarkKind `json:"kind"`
	// At is when the mark was set, UTC, in whole seconds.
	At time.Time `json:"at"`
	// Place is the other place, without secrets: where the record was moved to,
	// or from where it is arriving. It is for a person, and for whoever goes on
	// with a move: see herald state migrate -to.
	Place string `json:"place"`
}

// MarkKind says why a record is marked. The zero value is none.
type MarkKind uint8

// The kinds of marks.
const (
	Moved    MarkKind = iota + 1 // the record is kept elsewhere now
	Arriving                     // the record is on its way here
)

// String returns the name under which the kind is stored.
func (k MarkKind) String() string {
	switch k {
	case Moved:
		return "moved"
	case Arriving:
		return "arriving"
	}
	return "unknown"
}

// MarshalText returns the name.
func (k MarkKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the name.
func (k *MarkKind) UnmarshalText(text []byte) error {
	for _, known := range []MarkKind{Moved, Arriving} {
		if string(text) == known.String() {
			*k = known
			return nil
		}
	}
	return fmt.Errorf("there is no mark %q", text)
}

// fields returns the mark as the header of a record has it.
func (m *Mark) fields() map[string]string {
	return map[string]string{"kind": m.Kind.String(), "at": m.At.UTC().Format(time.RFC3339), "place": m.Place}
}

// readMark reads what fields has returned.
func readMark(fields map[string]string) (*Mark, error) {
	m := &Mark{Place: fields["place"]}
	if err := m.Kind.UnmarshalText([]byte(fields["kind"])); err != nil {
		return nil, err
	}
	var err error
	if m.At, err = time.Parse(time.RFC3339, fields["at"]); err != nil {
		return nil, errors.New("its time cannot be read")
	}
	if len(fields) != 3 || m.Place == "" {
		return nil, errors.New("it has a field that no mark has, or lacks one")
	}
	return m, nil
}

// MarkedError says that a record is there, and marked: nothing may be sent by
// it, nor written to it.
type MarkedError struct {
	Location string // of the marked record
	Mark     Mark
	// Record is what is stored, for those who only look. It is nil where a part
	// was asked for.
	Record *Record
}

// Error says what the mark means.
func (e *MarkedError) Error() string {
	if e.Mark.Kind == Arriving {
		return fmt.Sprintf("%s: the record is on its way here from %s, since %s", e.Location, e.Mark.Place, e.Mark.At.Format(time.RFC3339))
	}
	return fmt.Sprintf("%s: the record was moved to %s at %s", e.Location, e.Mark.Place, e.Mark.At.Format(time.RFC3339))
}

// Marked returns a *MarkedError if r has a mark, for a Store to return.
func Marked(r *Record, location string) error {
	if r == nil || r.Mark == nil {
		return nil
	}
	return &MarkedError{Location: location, Mark: *r.Mark, Record: r}
}

// Unmarked returns what a Store has loaded, or why that is nothing to work with:
// err, or a *MarkedError if r has a mark.
func Unmarked(r *Record, location string, err error) (*Record, error) {
	if err == nil {
		err = Marked(r, location)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// LoadMarked loads a record whether it is marked or not, for those who move it
// or only look. Record.Mark says if it is.
func LoadMarked(ctx context.Context, s interface {
	Load(context.Context) (*Record, error)
},
) (*Record, error) {
	r, err := s.Load(ctx)
	var marked *MarkedError
	if errors.As(err, &marked) && marked.Record != nil {
		return marked.Record, nil
	}
	return r, err
}

// Marker is a Session that can mark the stored record. Every store's is one.
//
// A marked record is one that Load of Store and Session, and LoadPart, refuse
// with a *MarkedError; Append and Snapshot refuse with the same, write nothing
// and leave the session as it is. A Herald from before there were marks takes
// it for a record that a newer one wrote, or cannot read it. Replace writes over
// a marked record as over any other.
type Marker interface {
	Session
	// Mark stores the mark with the stored record, which stays as it is
	// otherwise, its serial and what was appended included; nil takes the mark
	// away. It returns once that is durable: a crash leaves the former mark or
	// the new one. The error is ErrNoRecord if there is no record.
	Mark(ctx context.Context, m *Mark) error
}
