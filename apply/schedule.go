package apply

import (
	"time"

	"herald/config/addr"
	"herald/plan"
	"herald/state"
)

// none is the index of no node.
const none int32 = -1

// node is one change of the plan on its way.
type node struct {
	change   *plan.Change
	next     int32 // the next change of the same conversation
	waits    int32 // what has still to be delivered before this one
	groups   [2]int32
	begun    bool // an intent was recorded in this run
	uncalled bool // the last intent could not be stored, so its call was not made
	finished bool
	settling bool // in doubt, and its conversation is being read
	behind   bool // a message before it in its conversation was not delivered
	tries    tries
}

// tries counts what has already been tried for one change in this run.
type tries struct {
	unwritten int       // attempts that did not reach the wire
	since     time.Time // the first of them
	media     int       // attempts for which Meta could not fetch the media
	doubtful  int       // attempts at a reaction that ended in doubt
	absent    int       // sends that proved not to have arrived
}

// group is what a depends_on names: one instance, or every instance of a
// block. It is delivered once nothing of it is left.
type group struct {
	left    int32
	waiters []int32
}

// schedule tells which changes may be carried out now: those whose
// predecessor in the conversation and whose dependencies are delivered. It
// costs one step for each change and each declared dependency, however many
// instances a block has. It knows no time and is not safe for concurrent use.
type schedule struct {
	nodes  []node
	groups []group
	left   int // nodes not finished
}

// newSchedule arranges the changes, which come in the order of the plan.
func newSchedule(changes []*plan.Change) *schedule {
	s := &schedule{nodes: make([]node, len(changes)), left: len(changes)}
	byName := make(map[addr.Instance]int32)
	for _, c := range changes {
		for _, d := range c.DependsOn {
			if _, known := byName[d]; !known {
				byName[d] = int32(len(s.groups))
				s.groups = append(s.groups, group{})
			}
		}
	}
	last := make(map[state.Conversation]int32, len(changes))
	for i, c := range changes {
		n := &s.nodes[i]
		*n = node{change: c, next: none, groups: [2]int32{none, none}}
		if c.Addr.Keyed {
			n.groups[0] = s.join(byName, c.Addr)
		}
		n.groups[1] = s.join(byName, c.Addr.Only())
		if c.Action.RecordOnly() {
			continue // it is done before the first call, and nobody waits for it
		}
		if before, ok := last[c.Conversation()]; ok {
			s.nodes[before].next = int32(i)
			n.waits++
		}
		last[c.Conversation()] = int32(i)
	}
	for i, c := range changes {
		for _, d := range c.DependsOn {
			if g := &s.groups[byName[d]]; g.left > 0 {
				g.waiters = append(g.waiters, int32(i))
				s.nodes[i].waits++
			}
		}
	}
	return s
}

// join counts one more member of the group of that name, if anything waits
// for it.
func (s *schedule) join(byName map[addr.Instance]int32, name addr.Instance) int32 {
	g, ok := byName[name]
	if !ok {
		return none
	}
	s.groups[g].left++
	return g
}

// delivered finishes node i and appends to ready those that may now go.
func (s *schedule) delivered(i int32, ready []int32) []int32 {
	n := &s.nodes[i]
	s.finish(n)
	if n.next != none {
		ready = s.release(n.next, ready)
	}
	for _, g := range n.groups {
		if g == none {
			continue
		}
		if s.groups[g].left--; s.groups[g].left == 0 {
			for _, w := range s.groups[g].waiters {
				ready = s.release(w, ready)
			}
		}
	}
	return ready
}

// release takes one wait from node i.
func (s *schedule) release(i int32, ready []int32) []int32 {
	n := &s.nodes[i]
	if n.waits--; n.waits == 0 && !n.finished {
		ready = append(ready, i)
	}
	return ready
}

// failed finishes node i without delivery. It appends to blocked those that
// waited for it and can no longer go, which are not finished yet, and to ready
// what may go all the same: a message that was not delivered holds the rest of
// its conversation, a reaction only what depends on it.
func (s *schedule) failed(i int32, blocked, ready []int32) (stillBlocked, nowReady []int32) {
	n := &s.nodes[i]
	s.finish(n)
	switch {
	case n.next == none:
	case n.change.Addr.Kind == addr.Reaction && !n.behind:
		ready = s.release(n.next, ready)
	case s.nodes[n.next].finished:
	default:
		s.nodes[n.next].behind = true
		blocked = append(blocked, n.next)
	}
	for _, g := range n.groups {
		if g == none {
			continue
		}
		for _, w := range s.groups[g].waiters {
			if !s.nodes[w].finished {
				blocked = append(blocked, w)
			}
		}
		s.groups[g].waiters = nil
	}
	return blocked, ready
}

func (s *schedule) finish(n *node) {
	if !n.finished {
		n.finished = true
		s.left--
	}
}
