package apply

import (
	"cmp"
	"container/heap"
	"slices"
	"time"

	"herald/apply/pace"
	"herald/config/content"
	"herald/plan"
	"herald/state"
)

// How conversations with messages in doubt are read.
const (
	// A doubtful conversation is read so often in one run, for one doubt.
	maxReads = 3
	// A read that failed is repeated after a wait.
	readFirst = 5 * time.Second
	readMost  = 15 * time.Second
	// With more doubtful conversations than these the list of conversations
	// is read first, a page at a time, and up to so many pages.
	fewTalks = 10
	maxPages = 100
	// A message that proved absent is sent again so often in one run.
	maxResends = 2
	// The grace time of a plan that names none, and the reads a second.
	usualPatience = 60 * time.Second
	usualReads    = 2
)

// talk is a conversation with messages in doubt that the run settles. What a
// read needs of it, at, kinds, patience and since, stands before the first read and does
// not change; the rest belongs to the dispatcher.
type talk struct {
	at    state.Conversation
	kinds map[state.Key]content.Kind

	first   int32     // the node that made it
	doubts  []int32   // nodes
	parked  []int32   // nodes that wait for what is found
	reads   int       // that said something, or failed
	limited int       // reads that were refused for the rate
	next    time.Time // when it is to be read next
	over    bool

	// patience is how long after the doubt began its absence is believed. The
	// doubts that began in this run did so at since, by our own clock.
	patience time.Duration
	since    time.Time
	unseen   bool // one of its doubts begins with this run
}

// settling is the part of an account that settles doubts. It belongs to the
// dispatcher.
type settling struct {
	lane  lane // of reads; its queues are not used
	talks map[string]*talk
	// fresh are the talks not read yet, due those to be read at a later time.
	fresh []*talk
	due   talkQueue
	round *round // of pages, or nil

	// unseen are the intents that a crash left, whose doubt begins with this
	// run.
	unseen []state.Key

	patience time.Duration // the account's grace time

	// Nothing is read before throttle.waitUntil.
	throttle
}

// round is one reading of the list of conversations.
type round struct {
	talks  map[string]*talk // those that it is to find, by recipient
	seen   map[*talk]time.Time
	after  string
	pages  int
	flying bool
}

func newSettling(p *plan.Account, parallel int, now time.Time) settling {
	return settling{
		lane:  lane{pace: pace.New(cmp.Or(p.Rates.Reads, usualReads), now), wire: make(chan struct{}, parallel)},
		talks: make(map[string]*talk), patience: cmp.Or(p.SettleAfter, usualPatience),
	}
}

// at returns the talk of a conversation, which is made if there is none.
func (s *settling) at(c state.Conversation, first int32, now time.Time) *talk {
	t := s.talks[c.Recipient]
	if t == nil {
		t = &talk{at: c, first: first, kinds: make(map[state.Key]content.Kind, 1), next: now, patience: s.patience}
		s.talks[c.Recipient] = t
		s.fresh = append(s.fresh, t)
	}
	return t
}

// list returns the talks in the order of their first messages.
func (s *settling) list() []*talk {
	list := make([]*talk, 0, len(s.talks))
	for _, t := range s.talks {
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b *talk) int { return int(a.first - b.first) })
	return list
}

// again has the talk read at that time.
func (s *settling) again(t *talk, at time.Time) {
	t.next = at
	heap.Push(&s.due, t)
}

// wanted reports whether anything is to be read now; else it returns when, or
// zero if only an answer can tell.
func (s *settling) wanted(now time.Time) (bool, time.Time) {
	s.due.drop()
	switch {
	case s.round != nil && s.round.flying:
		return false, time.Time{}
	case s.round != nil || len(s.fresh) > 0:
		return true, time.Time{}
	case len(s.due) == 0:
		return false, time.Time{}
	}
	at := s.due[0].next
	return !at.After(now), at
}

// take returns the talk to be read next, or a round if it is a page of the
// list. Only what wanted reports may be taken.
func (s *settling) take() (*talk, *round) {
	if s.round == nil && len(s.fresh) > fewTalks {
		s.round = &round{talks: make(map[string]*talk, len(s.fresh)), seen: make(map[*talk]time.Time)}
		for _, t := range s.fresh {
			s.round.talks[t.at.Recipient] = t
		}
		s.fresh = nil
	}
	if s.round != nil {
		return nil, s.round
	}
	if len(s.fresh) > 0 && (len(s.due) == 0 || !s.due[0].next.Before(s.fresh[0].next)) {
		t := s.fresh[0]
		s.fresh = s.fresh[1:]
		return t, nil
	}
	return heap.Pop(&s.due).(*talk), nil
}

// talkQueue holds talks, the one to be read soonest first.
type talkQueue []*talk

func (q talkQueue) Len() int           { return len(q) }
func (q talkQueue) Less(i, j int) bool { return q[i].next.Before(q[j].next) }
func (q talkQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push and Pop serve container/heap.
func (q *talkQueue) Push(x any) { *q = append(*q, x.(*talk)) }

// Pop removes the last element.
func (q *talkQueue) Pop() any {
	old := *q
	t := old[len(old)-1]
	*q = old[:len(old)-1]
	return t
}

// drop takes away the first talks that are over.
func (q *talkQueue) drop() {
	for len(*q) > 0 && (*q)[0].over {
		heap.Pop(q)
	}
}
