package state

import "slices"

// Index finds entries by what they hold. It is not safe for concurrent use,
// and the slices that it returns are valid until the next Put.
type Index struct {
	fingerprint  map[string][]*Entry // of entries that hold their fingerprint
	messageID    map[string]*Entry   // of sent messages
	conversation map[Conversation][]*Entry
}

// NewIndex indexes every entry of the record. A later change of the record is
// told to it with Put.
func NewIndex(r *Record) *Index {
	n := r.Len()
	x := &Index{
		fingerprint:  make(map[string][]*Entry, n),
		messageID:    make(map[string]*Entry, n),
		conversation: make(map[Conversation][]*Entry),
	}
	// Nearly every list has one element: they are cut from one array.
	single := make([]*Entry, 0, 2*n)
	add := func(list []*Entry, e *Entry) []*Entry {
		if list != nil || len(single) == cap(single) {
			return append(list, e)
		}
		single = append(single, e)
		return single[len(single)-1 : len(single) : len(single)]
	}
	for _, e := range r.entries {
		if e.holds() {
			x.fingerprint[e.Fingerprint] = add(x.fingerprint[e.Fingerprint], e)
		}
		if e.Status == Sent {
			x.messageID[e.MessageID] = first(x.messageID[e.MessageID], e)
		}
		c := e.Conversation()
		x.conversation[c] = add(x.conversation[c], e)
	}
	for _, list := range x.fingerprint {
		sortEntries(list)
	}
	for _, list := range x.conversation {
		sortEntries(list)
	}
	return x
}

// Put tells the index that the record holds e where it held old. A nil old
// stands for no entry, and so does a nil e.
func (x *Index) Put(old, e *Entry) {
	if old != nil && e != nil && old.Key() == e.Key() && old.Conversation() == e.Conversation() {
		list := x.conversation[e.Conversation()]
		if i, found := search(list, e); found {
			list[i] = e
		}
	} else {
		if old != nil {
			remove(x.conversation, old.Conversation(), old)
		}
		if e != nil {
			insert(x.conversation, e.Conversation(), e)
		}
	}
	if old != nil {
		remove(x.fingerprint, old.Fingerprint, old)
		if m := x.messageID[old.MessageID]; m != nil && m.Key() == old.Key() {
			delete(x.messageID, old.MessageID)
		}
	}
	if e == nil {
		return
	}
	if e.holds() {
		insert(x.fingerprint, e.Fingerprint, e)
	}
	if e.Status == Sent {
		x.messageID[e.MessageID] = first(x.messageID[e.MessageID], e)
	}
}

// Fingerprint returns the entries that hold the fingerprint, sorted by key:
// those sent, reacted or in intent. While there is one, the same content is
// not sent again under another address.
func (x *Index) Fingerprint(fp string) []*Entry { return x.fingerprint[fp] }

// MessageID returns the sent message with that id, or nil.
func (x *Index) MessageID(id string) *Entry { return x.messageID[id] }

// Conversation returns all entries of the conversation, sorted by key.
func (x *Index) Conversation(c Conversation) []*Entry { return x.conversation[c] }

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
func compareEntries(a, b *Entry) int {
	if c := a.Addr.Compare(b.Addr); c != 0 {
		return c
	}
	return a.Revision - b.Revision
}

func sortEntries(list []*Entry) {
	if len(list) > 1 {
		slices.SortFunc(list, compareEntries)
	}
}

func search(list []*Entry, e *Entry) (int, bool) {
	return slices.BinarySearchFunc(list, e, compareEntries)
}

func insert[K comparable](m map[K][]*Entry, k K, e *Entry) {
	list := m[k]
	i, found := search(list, e)
	if found {
		list[i] = e
		return
	}
	m[k] = slices.Insert(list, i, e)
}

func remove[K comparable](m map[K][]*Entry, k K, e *Entry) {
	list := m[k]
	i, found := search(list, e)
	switch {
	case !found:
	case len(list) == 1:
		delete(m, k)
	default:
		m[k] = slices.Delete(list, i, i+1)
	}
}
