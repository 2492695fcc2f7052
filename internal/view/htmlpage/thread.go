package htmlpage

import (
	"fmt"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"herald/config/addr"
	"herald/config/content"
	"herald/internal/view"
	"herald/internal/view/safe"
	"herald/internal/view/wording"
	"herald/plan"
)

// htmlThread is one conversation on a page, as its person will see it.
type htmlThread struct {
	Number                     int // from 1, on the page
	Person, Recipient, Account []htmlRun
	Initial                    string // a letter for the person
	Snippet                    []htmlRun
	Counts                     string
	Open, Odd                  bool
	Chunks                     []htmlChunk

	before, now []*htmlMessage
}

// htmlChunk is a part of a thread. A long thread is folded apart from what is
// next to the present, or a browser would take long to lay it out.
type htmlChunk struct {
	Divide   string // what begins here, "" if nothing does
	Fold     string // the title of the fold; "" where there is none
	Messages []*htmlMessage
}

// htmlMessage is a message in its thread, or a reaction below its message.
type htmlMessage struct {
	htmlState
	Number, Of int  // its place among what is to be done; 0 for what is not
	Theirs     bool // the person's, or from elsewhere: a reaction belongs to it
	Bubble     htmlBubble
	// Draft is what the files have now, where it is not what was sent.
	Draft     *htmlBubble
	Address   []htmlRun
	What      []htmlWord
	Where     []htmlRun    // file and line
	Odd       [][]htmlWord // what is odd about its content
	Notes     [][]htmlWord
	Commands  [][]htmlRun
	Time      string
	Reactions []*htmlMessage

	at   time.Time
	keys []string // the address and the message id by which a reaction finds it
}

// thread lays out a conversation: what was sent before by its time, then what
// this plan is about, in its order, and each reaction below its message.
func thread(d *view.PlanDoc, conv *view.Conversation, changes []*plan.Change) *htmlThread {
	t := &htmlThread{
		Person: htmlLine(conv.Person), Recipient: htmlLine(conv.Recipient), Account: htmlLine(conv.Account),
		Initial: initial(conv.Person),
	}
	var n view.Counts
	pending, number := 0, 0
	for _, c := range changes {
		if view.Noteworthy(c) {
			n.Add(c)
		}
		if c.Pending() {
			pending++
		}
	}
	t.Counts = n.Short()
	var reactions []*htmlMessage
	for _, c := range changes {
		m := messageOf(d, c)
		t.Odd = t.Odd || m.Odd != nil
		if c.Pending() {
			number++
			m.Number, m.Of = number, pending
		}
		if t.Snippet == nil && c.Action.Calls() {
			t.Snippet = teaser(c)
		}
		switch {
		case c.Addr.Kind == addr.Reaction:
			reactions = append(reactions, m)
			continue
		case wasSent(c):
			t.before = append(t.before, m)
			continue
		case c.Reason == plan.RevisionRaised && c.Base != nil:
			t.before = append(t.before, ghost(d, c))
		}
		t.now = append(t.now, m)
	}
	slices.SortStableFunc(t.before, func(a, b *htmlMessage) int { return a.at.Compare(b.at) })
	t.attach(reactions)
	t.chunk()
	return t
}

// How many messages of a thread stand unfolded: of those sent before the last
// ones, of the others the first; and how many are in a fold.
const lastBefore, firstNow, inFold = 20, 100, 100

// chunk cuts the thread.
func (t *htmlThread) chunk() {
	folded := max(0, len(t.before)-lastBefore)
	t.fold(t.before[:folded], 0, "sent before")
	t.add("", t.before[folded:])
	if len(t.Chunks) > 0 {
		t.Chunks[0].Divide = "Before this plan"
	}
	before := len(t.Chunks)
	first := min(firstNow, len(t.now))
	t.add("", t.now[:first])
	t.fold(t.now[first:], first, "of this plan")
	if before > 0 && len(t.Chunks) > before {
		t.Chunks[before].Divide = "With this plan"
	}
}

// fold appends messages in folds that are named by their numbers, which begin
// behind at.
func (t *htmlThread) fold(messages []*htmlMessage, at int, what string) {
	for chunk := range slices.Chunk(messages, inFold) {
		t.add(numbered("Message", "Messages", at+1, at+len(chunk))+" "+what, chunk)
		at += len(chunk)
	}
}

// numbered names a row of things by their numbers: "Messages 101 to 200".
func numbered(one, many string, first, last int) string {
	if first == last {
		return one + " " + content.Thousands(first)
	}
	return fmt.Sprintf("%s %s to %s", many, content.Thousands(first), content.Thousands(last))
}

func (t *htmlThread) add(fold string, messages []*htmlMessage) {
	if len(messages) > 0 {
		t.Chunks = append(t.Chunks, htmlChunk{Fold: fold, Messages: messages})
	}
}

// wasSent reports whether a message is one of those that the person has.
func wasSent(c *plan.Change) bool {
	return c.Action == plan.Import ||
		c.Action == plan.NoOp && (c.Reason == plan.AlreadySent || c.Reason == plan.EditedAfterSent || c.Reason == plan.RevisionLowered)
}

// attach puts each reaction below its message. One whose message is not in the
// thread belongs to a message of the person, or to one sent otherwise.
func (t *htmlThread) attach(reactions []*htmlMessage) {
	if len(reactions) == 0 {
		return
	}
	byKey := map[string]*htmlMessage{}
	for _, m := range slices.Concat(t.before, t.now) {
		for _, key := range m.keys {
			byKey[key] = m
		}
	}
	var theirs []*htmlMessage
	for _, r := range reactions {
		key := r.keys[0]
		m := byKey[key]
		if m == nil {
			m = &htmlMessage{Theirs: true, htmlState: htmlState{Class: "theirs"}, Bubble: htmlBubble{Form: "theirs", Runs: htmlLine(wording.ShortID(key))}}
			byKey[key] = m
			theirs = append(theirs, m)
		}
		m.Reactions = append(m.Reactions, r)
	}
	t.before = append(theirs, t.before...)
}

// messageOf puts one change on the page.
func messageOf(d *view.PlanDoc, c *plan.Change) *htmlMessage {
	it := d.Item(c)
	m := &htmlMessage{
		htmlState: stateOf(c), Address: htmlLine(it.Address), What: htmlWords(it.What), Where: where(c),
	}
	for _, note := range wording.MarkNotes(it.Marks, it.Body) {
		m.Odd = append(m.Odd, htmlWords(note))
	}
	for _, note := range it.Notes {
		m.Notes = append(m.Notes, htmlWords(note))
	}
	for _, command := range it.Commands {
		m.Commands = append(m.Commands, htmlLine(command))
	}
	if c.Addr.Kind == addr.Reaction {
		m.Bubble = htmlBubble{Form: "reaction", Runs: htmlLine(c.React)}
		m.keys = []string{targetKey(c.Target)}
		return m
	}
	m.Bubble = bubbleOf(c, it)
	m.keys = []string{c.Addr.String()}
	if wasSent(c) {
		m.sentBefore(c, it)
	}
	return m
}

// sentBefore fills in what the record knows of a message that the person has:
// when it was sent and its id, but not its text.
func (m *htmlMessage) sentBefore(c *plan.Change, it view.Item) {
	if c.Base != nil {
		m.at = c.Base.SettledAt
		if !m.at.IsZero() {
			m.Time = wording.Moment(m.at)
		}
		m.keys = append(append(m.keys, c.Base.MessageID), c.Base.AlsoSent...)
	}
	if c.ImportID != "" {
		m.keys = append(m.keys, c.ImportID)
	}
	if c.Reason == plan.EditedAfterSent || c.Reason == plan.RevisionLowered {
		draft := m.Bubble
		m.Draft, m.Bubble = &draft, htmlBubble{Form: "unknown"}
		if it.Was != "" {
			m.Bubble = htmlBubble{Form: "text", Runs: htmlText(it.Was)}
			draft.Runs = htmlDiff(it.Was, it.Body)
		}
	}
}

// ghost is the earlier revision of a message: it was sent, and more is known
// only where the plan that was reviewed before has its text.
func ghost(d *view.PlanDoc, c *plan.Change) *htmlMessage {
	m := &htmlMessage{
		htmlState: htmlState{"sent", "✓", "Sent before"}, Bubble: htmlBubble{Form: "unknown"}, Address: htmlLine(c.Addr.String()),
		What: []htmlWord{{Runs: htmlLine("revision " + content.Thousands(max(1, c.Base.Revision)))}}, at: c.Base.SettledAt,
		keys: []string{c.Base.MessageID},
	}
	if was, ok := d.SentText(c.Base.Fingerprint); ok && was != "" {
		m.Bubble = htmlBubble{Form: "text", Runs: htmlText(was)}
	}
	if !m.at.IsZero() {
		m.Time = wording.Moment(m.at)
	}
	return m
}

// targetKey is the address or the id of the message that a reaction belongs to.
func targetKey(t plan.Target) string {
	if t.IsRef() {
		return t.Ref.String()
	}
	return t.ID
}

// where is the place of a change's block: "main.hcl line 12".
func where(c *plan.Change) []htmlRun {
	if c.Range.Filename == "" {
		return nil
	}
	return htmlLine(c.Range.Filename + " line " + content.Thousands(c.Range.Start.Line))
}

// maxTeaser is how many cells of a message stand beside a folded conversation.
const maxTeaser = 90

// teaser is the beginning of what comes first in a conversation.
func teaser(c *plan.Change) []htmlRun {
	it := view.Describe(c)
	if it.Body == "" {
		return htmlLine(it.What.String())
	}
	return []htmlRun{{Text: safe.Truncate(safe.Line(it.Body), maxTeaser)}}
}

// initial is a letter or digit that stands for a person.
func initial(person string) string {
	if r, _ := utf8.DecodeRuneInString(person); unicode.IsLetter(r) || unicode.IsDigit(r) {
		return string(unicode.ToUpper(r))
	}
	return ""
}
