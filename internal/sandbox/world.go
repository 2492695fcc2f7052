package sandbox

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"sync"
	"time"
)

// world is the truth: every conversation and every accepted call. All of it
// is behind one lock that is held for a microsecond or two at a time.
type world struct {
	mu       sync.RWMutex
	threads  map[pair]*thread
	byConv   map[string]*thread
	byID     map[string]*item
	accepted []Accepted
	minted   uint64

	seed       uint64
	window     time.Duration
	keepBodies bool
	journal    *journal // nil in memory
}

type pair struct{ account, person string }

// thread is one conversation.
type thread struct {
	pair
	id         string
	number     string
	items      []*item // oldest first, micros strictly rising
	personLast int64   // micros of the person's last message; 0 is never
}

type item struct {
	thread       *thread
	index        int
	id           string
	micros       int64
	kind         Kind
	fromBusiness bool
	byHand       bool
	text         string
	url          string
	post         string
	reactions    []reaction
}

type reaction struct {
	emoji        string
	fromBusiness bool
	micros       int64
}

// everything is the horizon of a read that lags by nothing.
const everything = int64(math.MaxInt64)

func newWorld(opts Options) *world {
	return &world{
		threads:    map[pair]*thread{},
		byConv:     map[string]*thread{},
		byID:       map[string]*item{},
		seed:       opts.Seed,
		window:     opts.Window,
		keepBodies: !opts.ForgetBodies,
	}
}

// thread finds or makes a conversation. The caller holds the lock.
func (w *world) thread(p pair) *thread {
	if t := w.threads[p]; t != nil {
		return t
	}
	number := threadNumber(p.account, p.person)
	t := &thread{pair: p, number: number, id: conversationID(p.account, number)}
	w.threads[p] = t
	w.byConv[t.id] = t
	return t
}

// accept lets a parsed call take effect: it checks what depends on the
// conversation, changes it, and writes the event into the journal's current
// batch. The caller answers only after the batch is committed. mid is empty
// for what is no message.
func (w *world) accept(account string, version int, act action, body []byte, now time.Time) (mid string, b *batch, e *refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := pair{account, act.recipient}
	switch {
	case act.kind.isMessage():
		if e := w.checkWindow(p, now); e != nil {
			return "", nil, e
		}
	case act.target != "":
		if target := w.byID[act.target]; target == nil || target.thread.pair != p {
			return "", nil, errMissing("POST", act.target)
		}
	}
	ev := event{Do: doPost, Account: account, Person: act.recipient, Version: version, At: now.UnixMicro()}
	if act.kind.isMessage() {
		ev.At, ev.MID = w.mint(p, ev.At)
	}
	w.apply(ev, act, body)
	if w.journal != nil {
		ev.Body = string(body)
		b = w.journal.add(ev)
	}
	return ev.MID, b, nil
}

func (w *world) checkWindow(p pair, now time.Time) *refusal {
	if w.window == 0 {
		return nil
	}
	t := w.threads[p]
	if t == nil || t.personLast == 0 || now.UnixMicro()-t.personLast > w.window.Microseconds() {
		return errWindow()
	}
	return nil
}

// mint gives a new message its time and id. Within a conversation times rise
// strictly, so ids are unique whatever the clock does.
func (w *world) mint(p pair, at int64) (int64, string) {
	t := w.thread(p)
	if n := len(t.items); n > 0 {
		at = max(at, t.items[n-1].micros+1)
	}
	low := mix(w.seed, w.minted)
	w.minted++
	return at, messageID(p.account, t.number, at, low)
}

// apply changes the truth by one event: the same code for a call that is
// accepted now and for one that is read back from the inbox.
func (w *world) apply(ev event, act action, body []byte) {
	p := pair{ev.Account, ev.Person}
	fromBusiness := ev.Do != doPerson && ev.Do != doPersonReacts
	switch {
	case act.kind.isMessage():
		t := w.thread(p)
		it := &item{
			thread: t, index: len(t.items), id: ev.MID, micros: ev.At, kind: act.kind,
			fromBusiness: fromBusiness, byHand: ev.Do == doApp,
			text: act.text, url: act.url, post: act.post,
		}
		t.items = append(t.items, it)
		w.byID[it.id] = it
		if ev.Do == doPerson {
			t.personLast = ev.At
		}
	case act.kind == KindReact:
		w.react(w.byID[act.target], reaction{act.reaction, fromBusiness, ev.At})
	case act.kind == KindUnreact:
		w.react(w.byID[act.target], reaction{"", fromBusiness, ev.At})
	}
	if ev.Do != doPost {
		return
	}
	done := Accepted{Account: ev.Account, Recipient: ev.Person, Kind: act.kind, MID: ev.MID, Time: fromMicros(ev.At)}
	if w.keepBodies {
		done.Body = body
	}
	w.accepted = append(w.accepted, done)
}

// react replaces, adds or (with no emoji) removes one side's reaction. Each
// side has at most one on a message.
func (w *world) react(it *item, r reaction) {
	if it == nil {
		return
	}
	it.reactions = slices.DeleteFunc(it.reactions, func(old reaction) bool {
		return old.fromBusiness == r.fromBusiness
	})
	if r.emoji != "" {
		it.reactions = append(it.reactions, r)
	}
}

// inject adds what did not come through the API: a person's message or
// reaction, or one typed in the app.
func (w *world) inject(ev event, act action) (mid string, b *batch, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := pair{ev.Account, ev.Person}
	if act.kind.isMessage() {
		ev.At, ev.MID = w.mint(p, ev.At)
	} else if target := w.byID[act.target]; target == nil || target.thread.pair != p {
		return "", nil, fmt.Errorf("no message %q in the conversation of %s with %s", act.target, p.account, p.person)
	}
	w.apply(ev, act, nil)
	if w.journal != nil {
		b = w.journal.add(ev)
	}
	return ev.MID, b, nil
}

// replay applies an event that was read from the inbox file.
func (w *world) replay(ev event) error {
	act, err := ev.action()
	if err != nil {
		return err
	}
	if act.kind.isMessage() {
		id, err := decodeMessageID(ev.MID)
		if err != nil {
			return err
		}
		if id.account != ev.Account || id.thread != threadNumber(ev.Account, ev.Person) || id.micros != ev.At {
			return fmt.Errorf("the message id is not that of account %s, person %s and time %d", ev.Account, ev.Person, ev.At)
		}
		t := w.thread(pair{ev.Account, ev.Person})
		if n := len(t.items); n > 0 && t.items[n-1].micros >= ev.At {
			return fmt.Errorf("the message is not later than the one before it")
		}
		w.minted++
	} else if act.target != "" && w.byID[act.target] == nil {
		return fmt.Errorf("the reaction's message is not in the inbox")
	}
	w.apply(ev, act, []byte(ev.Body))
	return nil
}

// visible are the items of t that a read with this horizon sees. The caller
// holds the lock.
func (t *thread) visible(horizon int64) []*item {
	if horizon == everything {
		return t.items
	}
	n := sort.Search(len(t.items), func(i int) bool { return t.items[i].micros > horizon })
	return t.items[:n]
}

// conversations copies everything, by account and recipient.
func (w *world) conversations(names *registry) []Conversation {
	w.mu.RLock()
	defer w.mu.RUnlock()
	out := make([]Conversation, 0, len(w.threads))
	for _, t := range w.threads {
		if len(t.items) == 0 {
			continue
		}
		c := Conversation{
			ID: t.id, Account: t.account, AccountName: names.username(t.account),
			Recipient: t.person, RecipientName: names.personName(t.account, t.person),
			Items: make([]Item, len(t.items)),
		}
		for i, it := range t.items {
			c.Items[i] = it.export()
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Conversation) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Recipient, b.Recipient))
	})
	return out
}

func (it *item) export() Item {
	out := Item{
		ID: it.id, Time: fromMicros(it.micros), Kind: it.kind,
		FromBusiness: it.fromBusiness, ByHand: it.byHand,
		Text: it.text, URL: it.url, PostID: it.post,
	}
	for _, r := range it.reactions {
		out.Reactions = append(out.Reactions, Reaction{r.emoji, r.fromBusiness, fromMicros(r.micros)})
	}
	return out
}

func fromMicros(micros int64) time.Time {
	return time.UnixMicro(micros).UTC()
}
