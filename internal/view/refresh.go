package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/apply"
	"herald/apply/survey"
	"herald/config/content"
	"herald/internal/view/wording"
	"herald/plan"
	"herald/state"
)

// Refresh is what Instagram tells about a plan at one moment: what of it is in
// the conversations already, how long each person can still be written to, and
// which posts are not the account's own. It changes nothing of the plan and is
// no part of its id.
type Refresh struct {
	At     time.Time // Instagram's time, or this machine's
	within time.Duration

	found   map[*plan.Change]*survey.Finding
	windows map[state.Conversation]survey.Window
	first   map[*plan.Change]bool // the first change of its conversation: it tells about the window
	posts   map[*plan.Change]bool // true: not the account's own; false: that could not be found out
	changes []*plan.Change        // that it is about, in the plan's order
	stopped []survey.Stop
}

// NewRefresh makes the notes of a survey. A window that closes within that time
// is warned of.
func NewRefresh(rep *survey.Report, within time.Duration) *Refresh {
	r := &Refresh{
		At: rep.Now, within: within, stopped: rep.Stopped,
		found: make(map[*plan.Change]*survey.Finding), windows: make(map[state.Conversation]survey.Window),
		first: make(map[*plan.Change]bool), posts: make(map[*plan.Change]bool),
	}
	seen := make(map[state.Conversation]bool)
	for i := range rep.Findings {
		c := rep.Findings[i].Change
		r.changes = append(r.changes, c)
		r.found[c] = &rep.Findings[i]
		r.first[c] = !seen[c.Conversation()]
		seen[c.Conversation()] = true
	}
	for _, w := range rep.Windows {
		r.windows[state.Conversation{Account: w.Account, Recipient: w.Recipient}] = w
	}
	for _, c := range rep.Foreign {
		r.posts[c] = true
	}
	for _, c := range rep.Unchecked {
		r.posts[c] = false
	}
	return r
}

// presence says what is known of a message's being there.
type presence string

const (
	presenceFound   presence = "found"
	presenceMaybe   presence = "maybe"
	presenceUnknown presence = "unknown"
	presenceNotSeen presence = "not_seen"
)

func presenceOf(f *survey.Finding) presence {
	if f.Verdict == survey.Found {
		return presenceFound
	}
	switch f.Why {
	case survey.EqualTexts, survey.MediaThere:
		return presenceMaybe
	case survey.Unread, survey.Unreadable, survey.Unlisted, survey.Hidden:
		return presenceUnknown
	case survey.OtherMessages, survey.TooEarly:
	}
	return presenceNotSeen
}

// opening says how a messaging window stands.
type opening string

const (
	windowOpen    opening = "open"
	windowClosing opening = "closing"
	windowClosed  opening = "closed"
	windowUnknown opening = "unknown"
)

// opening says how the window of the change's conversation stands, and when it
// closes or did.
func (r *Refresh) opening(c *plan.Change) (opening, time.Time) {
	w, ok := r.windows[c.Conversation()]
	switch closes := w.Closes(); {
	case !ok || !w.Known:
		return windowUnknown, time.Time{}
	case w.Never || !closes.After(r.At):
		return windowClosed, closes
	case w.Before:
		return windowUnknown, closes
	case closes.Sub(r.At) <= r.within:
		return windowClosing, closes
	default:
		return windowOpen, closes
	}
}

// notes are the sentences about a change. It may be called on nil.
func (r *Refresh) notes(c *plan.Change) []wording.Words {
	if r == nil || r.found[c] == nil {
		return nil
	}
	var list []wording.Words
	f := r.found[c]
	switch presenceOf(f) {
	case presenceFound:
		list = append(list, wording.Words{wording.Plain("Already in the conversation, word for word, sent on " + wording.Moment(f.At) + " (id "), wording.Named(wording.ShortID(f.ID)), wording.Plain("): the person would get it twice.")})
	case presenceMaybe:
		list = append(list, wording.Words{wording.Plain("Maybe in the conversation already. " + f.Explain)})
	case presenceUnknown:
		list = append(list, wording.Words{wording.Plain("Whether it is in the conversation already is not known. " + f.Explain)})
	case presenceNotSeen:
	}
	if foreign, asked := r.posts[c]; asked && foreign {
		list = append(list, wording.Words{wording.Plain("This post is not among the account's own, and Instagram sends no other.")})
	} else if asked {
		list = append(list, wording.Words{wording.Plain("Whether this post is the account's own could not be found out.")})
	}
	if r.first[c] {
		list = append(list, r.windowNote(c))
	}
	return slices.DeleteFunc(list, func(ws wording.Words) bool { return ws == nil })
}

// windowNote says when the window of a conversation closes.
func (r *Refresh) windowNote(c *plan.Change) wording.Words {
	how, closes := r.opening(c)
	switch {
	case how == windowClosed && closes.IsZero():
		return wording.Words{wording.Plain("Messaging window closed: the person has never written, and must write first.")}
	case how == windowClosed:
		return wording.Words{wording.Plain("Messaging window closed since " + wording.Moment(closes) + ": Instagram refuses messages until the person writes again.")}
	case how == windowClosing:
		return wording.Words{wording.Plain("Messaging window closes soon, at " + wording.Moment(closes) + ".")}
	case how == windowOpen:
		return wording.Words{wording.Plain("Messaging window closes at " + wording.Moment(closes) + ".")}
	case !closes.IsZero():
		return wording.Words{wording.Plain("Messaging window closes at " + wording.Moment(closes) + " or before: the person's last message is older than what Instagram shows.")}
	}
	return nil
}

// Diagnostics are warnings about what should be looked at before an apply: what
// is there already, windows that are closed or close soon, posts of others, and
// what could not be found out.
func (r *Refresh) Diagnostics() hcl.Diagnostics {
	var found, maybe, windows, posts hcl.Diagnostics
	unknown := 0
	for _, c := range r.changes {
		switch f := r.found[c]; presenceOf(f) {
		case presenceFound:
			found = append(found, warnAt(c, "Already in the conversation", fmt.Sprintf(
				"%s is in its conversation already, word for word, sent on %s. Sent by an apply, the person gets it twice. Have it recorded as sent:\n\n  herald recover\n\nor say so in the configuration:\n\n  import {\n    to = %s\n    id = %q\n  }",
				c.Addr, wording.Moment(f.At), c.Addr, f.ID)))
		case presenceMaybe:
			maybe = append(maybe, warnAt(c, "Maybe in the conversation already", fmt.Sprintf("%s may be in its conversation already. %s Look into the conversation, in the app, before an apply.", c.Addr, f.Explain)))
		case presenceUnknown:
			unknown++
		case presenceNotSeen:
		}
		if foreign, asked := r.posts[c]; asked && foreign {
			posts = append(posts, warnAt(c, "Post of another account", fmt.Sprintf("The post %q of %s is not among those of the account, and Instagram refuses one that the account does not own. Take the id from the account's own list of media.", c.Content.Value, c.Addr)))
		}
		if r.first[c] {
			windows = append(windows, r.windowWarning(c)...)
		}
	}
	list := slices.Concat(found, maybe, windows, posts)
	if unknown > 0 {
		list = append(list, &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "Not everything could be looked up", Detail: fmt.Sprintf(
			"%s could not be looked up: a conversation could not be read, is not told by Instagram, or has more than 20 newer messages, of which no more is told. The notes of the plan say which.", capital(wording.Count(unknown, "message", "messages")))})
	}
	for _, s := range r.stopped {
		list = append(list, &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "Account stopped", Detail: strings.TrimSpace(fmt.Sprintf(
			"The conversations of the account %q could not be read, or not all of them. %s %s", s.Account.Name, s.Outcome.Explain, s.Outcome.Remedy))})
	}
	return list
}

// windowWarning warns of a window that is closed, or closes soon.
func (r *Refresh) windowWarning(c *plan.Change) hcl.Diagnostics {
	how, closes := r.opening(c)
	n := 0
	for _, other := range r.changes {
		if other.Conversation() == c.Conversation() {
			n++
		}
	}
	const rule = "Instagram takes messages for 24 hours after a person's last one (for 7 days with the human agent tag, which Herald does not set)."
	what := wording.Count(n, "message of this plan goes", "messages of this plan go")
	switch {
	case how == windowClosed && closes.IsZero():
		return hcl.Diagnostics{warnAt(c, "Messaging window is closed", fmt.Sprintf("%s to %s, who has never written, so an apply would be refused. %s", capital(what), c.Recipient, rule))}
	case how == windowClosed:
		return hcl.Diagnostics{warnAt(c, "Messaging window is closed", fmt.Sprintf("%s to %s, whose window closed on %s, so an apply would be refused until the person writes again. %s", capital(what), c.Recipient, wording.Moment(closes), rule))}
	case how == windowClosing:
		return hcl.Diagnostics{warnAt(c, "Messaging window closes soon", fmt.Sprintf("%s to %s, whose window closes on %s. After that an apply is refused until the person writes again. %s", capital(what), c.Recipient, wording.Moment(closes), rule))}
	}
	return nil
}

func warnAt(c *plan.Change, summary, detail string) *hcl.Diagnostic {
	d := &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: summary, Detail: detail}
	if c.Range.Filename != "" {
		d.Subject = c.Range.Ptr()
	}
	return d
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// Told is what Instagram told about one change of a plan.
type Told struct {
	Presence string    // found, maybe, unknown or not_seen: whether it is there already
	ID       string    // of the message that was found
	At       time.Time // when that one was sent
	// Why and Explain say what is not known, and Candidates are the messages of
	// which one may be it; they are set where Presence is maybe or unknown.
	Why, Explain string
	Candidates   []apply.Received

	Window string    // open, closing, closed or unknown
	Closes time.Time // when the window closes or did; zero where that is not known
	// OwnPost says of a post whether it is the account's own; nil where it could
	// not be found out, and of everything else.
	OwnPost *bool
}

// Told returns what was told about a change, nil for nothing. It may be called
// on nil.
func (r *Refresh) Told(c *plan.Change) *Told {
	if r == nil || r.found[c] == nil {
		return nil
	}
	f := r.found[c]
	how, closes := r.opening(c)
	seen := presenceOf(f)
	t := &Told{Presence: string(seen), ID: f.ID, At: f.At, Window: string(how), Closes: closes}
	if seen == presenceMaybe || seen == presenceUnknown {
		t.Why, t.Explain, t.Candidates = string(f.Why), f.Explain, f.Candidates
	}
	foreign, asked := r.posts[c]
	if c.Content.Kind == content.Post && (!asked || foreign) {
		own := !asked
		t.OwnPost = &own
	}
	return t
}
