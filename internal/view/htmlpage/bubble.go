package htmlpage

import (
	"fmt"
	"net/url"
	"path"
	"strings"

	"herald/config/addr"
	"herald/config/content"
	"herald/internal/view"
	"herald/plan"
)

// htmlBubble is what a message holds, in a form that fetches nothing.
type htmlBubble struct {
	// Form is text, link, image, gif, audio, video, sticker or post; secret for
	// a text that is not shown; unknown for what only its person knows; theirs
	// for a message that is not Herald's; or reaction.
	Form string
	Runs []htmlRun
	Href string // "" where there is no link that a page may hold
}

// bubbleOf gives what the person will see of a message, whose item is it.
func bubbleOf(c *plan.Change, it view.Item) htmlBubble {
	k := c.Content
	if c.Sensitive && k.Kind != content.KindInvalid {
		return htmlBubble{Form: "secret", Runs: htmlLine(view.ContentWhat(k, true))}
	}
	switch k.Kind {
	case content.Text:
		return htmlBubble{Form: "text", Runs: htmlBody(it)}
	case content.Link:
		return linked("link", k.Value)
	case content.Image:
		if u, err := url.Parse(k.Value); err == nil && strings.EqualFold(path.Ext(u.Path), ".gif") {
			return linked("gif", k.Value)
		}
		return linked("image", k.Value)
	case content.Audio:
		return linked("audio", k.Value)
	case content.Video:
		return linked("video", k.Value)
	case content.Sticker:
		return htmlBubble{Form: "sticker"}
	case content.Post:
		return htmlBubble{Form: "post", Runs: htmlLine(k.Value)}
	case content.KindInvalid:
	}
	return htmlBubble{Form: "unknown"}
}

// linked is a bubble with the link of a page or a file.
func linked(form, value string) htmlBubble {
	return htmlBubble{Form: form, Runs: htmlLine(value), Href: href(value)}
}

// htmlState is what happens with a message: its class on the page, and a sign
// and words for it, so that it is not told by its colour alone.
type htmlState struct{ Class, Sign, Label string }

// stateOf gives the state of a change.
func stateOf(c *plan.Change) htmlState {
	if c.Held() {
		return htmlState{"held", "…", "Held"}
	}
	switch c.Action {
	case plan.Send:
		return htmlState{"send", "+", "Will be sent"}
	case plan.React:
		return htmlState{"send", "+", "Will be added"}
	case plan.Rereact:
		return htmlState{"send", "~", "Will be changed"}
	case plan.Retarget:
		return htmlState{"send", "±", "Will be moved"}
	case plan.Unreact:
		return htmlState{"gone", "−", "Will be taken back"}
	case plan.Settle:
		if view.Prepared(c.Base) {
			return htmlState{"doubt", "?", "Prepared: it may be sent"}
		}
		return htmlState{"doubt", "?", "In doubt: will be looked up"}
	case plan.Repeat:
		return htmlState{"doubt", "?", "In doubt: will be repeated"}
	case plan.Import:
		return htmlState{"sent", "<", "Sent by hand: will be recorded"}
	case plan.Forget:
		return htmlState{"skipped", ".", "Will be forgotten: it stays where it is"}
	case plan.NoOp:
	}
	return idleState(c)
}

// idleState gives the state of a change for which nothing is done.
func idleState(c *plan.Change) htmlState {
	reaction := c.Addr.Kind == addr.Reaction
	switch c.Reason {
	case plan.AlreadySent, plan.AlreadyReacted, plan.Imported:
		if reaction {
			return htmlState{"sent", "✓", "Is there"}
		}
		return htmlState{"sent", "✓", "Sent before"}
	case plan.EditedAfterSent:
		return htmlState{"edited", "✎", "Edited after it was sent"}
	case plan.RevisionLowered:
		return htmlState{"edited", "✎", "A higher revision was sent"}
	case plan.RejectedFinal:
		return htmlState{"refused", "✕", "Refused for good"}
	case plan.InDoubt:
		if view.Prepared(c.Base) {
			return htmlState{"doubt", "?", "Prepared: it may be sent"}
		}
		return htmlState{"doubt", "?", "In doubt: left to a person"}
	case plan.NotSelected:
		return htmlState{"skipped", "–", "Not selected"}
	case plan.NotSentYet, plan.RevisionRaised, plan.RejectedBefore, plan.MaybeRenamed, plan.Retired, plan.NotReactedYet,
		plan.ReactionChanged, plan.TargetChanged, plan.Removed, plan.Forgotten:
	}
	return htmlState{"skipped", "–", fmt.Sprintf("Nothing is done (%s)", c.Reason)}
}
