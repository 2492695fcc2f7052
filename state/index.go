package state

import "slices"

// Index finds the entries of a record by what they hold. It is made once and
// does not follow later changes of the record.
type Index struct {
	fingerprint map[string][]*Entry // of entries that hold their fingerprint
	messageID   map[string]*Entry   // of sent messages, by each of their ids
}

// NewIndex indexes every entry of the record.
func NewIndex(r *Record) *Index {
	n := r.Len()
	x := &Index{fingerprint: make(map[string][]*Entry, n), messageID: make(map[string]*Entry, n)}
	// Nearly every list has one element: they are cut from one array.
	single := make([]*Entry, 0, n)
	for _, e := range r.entries {
		if e.holds() {
			list := x.fingerprint[e.Fingerprint]
			if list == nil {
				single = append(single, e)
				list = single[len(single)-1 : len(single) : len(single)]
			} else {
				list = append(list, e)
			}
			x.fingerprint[e.Fingerprint] = list
		}
		if e.Status == Sent {
			if e.MessageID != "" {
				x.messageID[e.MessageID] = first(x.messageID[e.MessageID], e)
			}
			for _, id := range e.AlsoSent {
				x.messageID[id] = first(x.messageID[id], e)
			}
		}
	}
	for _, list := range x.fingerprint {
		if len(list) > 1 {
			slices.SortFunc(list, compareEntries)
		}
	}
	return x
}

// Fingerprint returns the entries that hold the fingerprint, sorted by key:
// those sent, reacted or in intent. While there is one, the same content is
// not sent again under another address.
func (x *Index) Fingerprint(fp string) []*Entry { return x.fingerprint[fp] }

// MessageID returns the sent message that was delivered under that id, or nil.
func (x *Index) MessageID(id string) *Entry { return x.messageID[id] }

// holds reports whether the entry keeps its content from being sent again.
func (e *Entry) holds() bool {
	return e.Status == Sent || e.Status == Reacted || e.Status == Intent
}

// first returns the one of two entries whose key is the lower; a may be nil.
func first(a, b *Entry) *Entry {
	if a == nil || compareEntries(b, a) <= 0 {
		return b
	}
	return a
}

// compareEntries orders entries by key.
func compareEntries(a, b *Entry) int { return a.Key().Compare(b.Key()) }
