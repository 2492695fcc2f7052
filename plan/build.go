package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"herald/config"
	"herald/config/addr"
	"herald/state"
)

// Input is what a plan is made from.
type Input struct {
	Wanted *config.Wanted
	// Record is what is known; nil if there is no record. Build reads it only.
	Record *state.Record
	// Only and Exclude select addresses; both empty selects all.
	Only, Exclude []addr.Pattern
	// RetryRejected tries final refusals again.
	RetryRejected bool
}

// Build compares what is wanted with what is recorded. With errors among the
// diagnostics the plan is nil; warnings come with a plan. The same input gives
// the same plan and the same diagnostics, byte for byte.
func Build(in Input) (*Plan, hcl.Diagnostics) {
	b := newBuilder(in)
	if b.read(); b.diags.HasErrors() {
		return nil, b.sorted()
	}
	b.classify()
	b.checkReactions()
	b.select_()
	order, ok := b.arrange()
	if !ok {
		return nil, b.sorted()
	}
	b.hold(order)
	b.checkDuplicates(order)
	b.warnRenamed()
	b.checkLimits()
	if b.diags.HasErrors() {
		return nil, b.sorted()
	}
	p := b.finish(order)
	if p == nil {
		return nil, b.sorted()
	}
	return p, b.sorted()
}

// builder holds a plan in the making.
type builder struct {
	in     Input
	wanted *config.Wanted
	record *state.Record // with the moves made; never nil
	moves  []Move
	moved  map[addr.Instance]addr.Instance // former address, by the new one
	index  *state.Index                    // of record; see lookup

	accounts map[string]*config.Account // by IG id
	items    map[addr.Instance]int32    // index in wanted.Items
	main     []*Change                  // of each item
	extra    []extra                    // further changes of items, in their order
	places   map[*Change]places         // of reactions
	gone     []*Change                  // changes whose block is gone, by address
	goneSent map[state.Conversation][]*state.Entry
	retired  int
	noHost   map[string][]addr.Instance // changes whose account is gone, by IG id
	raised   map[*Change]bool           // see waitFor
	vacated  []edge                     // see linkPlaces
	renamed  map[*Change]bool           // reported as duplicates that a moved block explains
	imports  importer
	removed  forgetter

	nodes []node
	arena []Change

	diags hcl.Diagnostics
}

// extra is a change of an item beside its main one: an older or newer revision
// that is in doubt.
type extra struct {
	item   int32
	change *Change
}

// node is a change with what is needed to order it.
type node struct {
	change *Change
	conv   int32 // number of its conversation
	main   bool  // it is an item's own, not one of another revision or without a block
	places places
	// waits says that an other revision of the same address is in doubt and
	// decides first.
	waits bool
}

func newBuilder(in Input) *builder {
	b := &builder{
		in: in, wanted: in.Wanted, record: in.Record,
		accounts: make(map[string]*config.Account, len(in.Wanted.Accounts)),
		items:    make(map[addr.Instance]int32, len(in.Wanted.Items)),
		main:     make([]*Change, len(in.Wanted.Items)),
		arena:    make([]Change, 0, len(in.Wanted.Items)),
	}
	if b.record == nil {
		b.record = state.NewRecord("")
	}
	for _, a := range in.Wanted.Accounts {
		if b.accounts[a.IGID] == nil {
			b.accounts[a.IGID] = a
		}
	}
	return b
}

// read indexes the items, makes the moves, reads what is imported and removed,
// and checks the selection.
func (b *builder) read() {
	for i, it := range b.wanted.Items {
		if it.Account == nil {
			b.fail(it.Range, "Account is missing", fmt.Sprintf("%s belongs to no account, so nobody could send it.", it.Addr))
		}
		if j, twice := b.items[it.Addr]; twice {
			b.fail(it.Range, "Address declared twice", fmt.Sprintf(
				"%s is declared in %s and again here. An address says which message is meant, so it can be used once. Give one of the two another name.",
				it.Addr, place(b.wanted.Items[j].Range)))
			continue
		}
		b.items[it.Addr] = int32(i)
	}
	b.resolveMoves()
	b.readImports()
	b.readRemoved()
	b.checkSelection()
}

// classify gives each address its row of the table.
func (b *builder) classify() {
	matched := 0
	for i, it := range b.wanted.Items {
		if it.Addr.Kind == addr.Message {
			matched += b.message(int32(i), it)
		}
	}
	for i, it := range b.wanted.Items {
		if it.Addr.Kind != addr.Message {
			matched += b.reaction(int32(i), it)
		}
	}
	if matched < b.record.Len() {
		b.retire()
	}
	b.checkHosts()
	b.reportImports()
	b.assemble()
}

// assemble puts the changes into the order of declaration: what has no block
// comes first, then each item behind the doubts about its other revisions.
func (b *builder) assemble() {
	b.nodes = make([]node, 0, len(b.gone)+len(b.main)+len(b.extra))
	convs := make(map[state.Conversation]int32, len(b.main))
	add := func(c *Change, main bool) {
		conv, ok := convs[c.Conversation()]
		if !ok {
			conv = int32(len(convs))
			convs[c.Conversation()] = conv
		}
		b.nodes = append(b.nodes, node{change: c, conv: conv, main: main, places: b.places[c], waits: b.raised[c]})
	}
	for _, c := range b.gone {
		add(c, false)
	}
	rest := b.extra
	for i, c := range b.main {
		for len(rest) > 0 && rest[0].item == int32(i) {
			add(rest[0].change, false)
			rest = rest[1:]
		}
		add(c, true)
	}
}

// change returns a new change of the item.
func (b *builder) change(it *config.Item) *Change {
	c := b.blank()
	c.Addr, c.Revision = it.Addr, it.Revision
	c.Account, c.Recipient = it.Account.IGID, it.Recipient
	c.Sensitive, c.OnInDoubt, c.AllowDuplicate = it.Sensitive, it.OnInDoubt, it.AllowDuplicate
	c.DependsOn = it.DependsOn
	c.Range = it.Range
	c.MovedFrom = b.moved[it.Addr]
	return c
}

// blank takes a change from the arena: one allocation serves them all.
func (b *builder) blank() *Change {
	if len(b.arena) == cap(b.arena) {
		b.arena = make([]Change, 0, 64)
	}
	b.arena = append(b.arena, Change{})
	return &b.arena[len(b.arena)-1]
}

// lookup returns the index of the record, which is made when it is first
// needed: a plan with nothing to do needs none.
func (b *builder) lookup() *state.Index {
	if b.index == nil {
		b.index = state.NewIndex(b.record)
	}
	return b.index
}

// need notes that a change whose block is gone uses the account.
func (b *builder) need(igid string, a addr.Instance) {
	if b.accounts[igid] != nil {
		return
	}
	if b.noHost == nil {
		b.noHost = make(map[string][]addr.Instance)
	}
	b.noHost[igid] = append(b.noHost[igid], a)
}

// finish makes the plan of the ordered nodes.
func (b *builder) finish(order []int32) *Plan {
	p := &Plan{
		Limits:        b.wanted.Limits,
		Selection:     b.selection(),
		RetryRejected: b.in.RetryRejected,
		Changes:       make([]*Change, len(order)),
		Moves:         b.moves,
		Retired:       b.retired,
		Encryption:    b.wanted.Encryption,
	}
	if s := b.wanted.Store; s != nil {
		p.Store = &config.Store{Type: s.Type, Settings: s.Settings, Range: s.Range}
	}
	if b.in.Record != nil {
		p.Lineage, p.Serial = b.in.Record.Lineage, b.in.Record.Serial
		p.Retired += b.in.Record.Rest // as good as: those taken out are among them
	}
	used := make(map[string]bool)
	for i, n := range order {
		c := b.nodes[n].change
		p.Changes[i] = c
		if c.Action == NoOp {
			continue
		}
		used[c.Account] = true
		if c.Base != nil && c.Addr.Kind == addr.Reaction {
			used[c.Base.Account] = true
		}
	}
	for igid := range used {
		if a := b.accounts[igid]; a != nil {
			p.Accounts = append(p.Accounts, Account{
				Name: a.Name, IGID: a.IGID, Endpoint: a.Endpoint, APIVersion: a.APIVersion,
				Rates: a.Limits, SettleAfter: a.SettleAfter,
			})
		}
	}
	slices.SortFunc(p.Accounts, func(x, y Account) int {
		return strings.Compare(x.Name+"\x00"+x.IGID, y.Name+"\x00"+y.IGID)
	})
	for _, o := range b.wanted.Outputs {
		p.Outputs = append(p.Outputs, Output{Name: o.Name, Sensitive: o.Sensitive, JSON: o.JSON, Refs: o.Refs})
	}
	id, err := p.digest()
	if err != nil {
		b.fail(hcl.Range{}, "Plan cannot be written", fmt.Sprintf(
			"Something in the configuration is no valid text or number: %s. Nothing was sent.", err))
		return nil
	}
	p.ID = id
	return p
}
