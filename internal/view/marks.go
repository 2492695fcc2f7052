package view

import (
	"herald/config/content"
	"herald/internal/view/odd"
	"herald/plan"
)

// marks are what is odd about what a change would send, or would have sent. Of
// a sensitive text the kinds and lines are told.
func marks(c *plan.Change) []odd.Mark {
	if c.Content.Kind == content.KindInvalid || c.Content.Kind == content.Sticker {
		return nil
	}
	found := odd.Find(c.Content.Value)
	if c.Sensitive {
		for i := range found {
			found[i].Text = ""
		}
	}
	return found
}
