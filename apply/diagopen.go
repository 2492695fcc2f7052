package apply

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"herald/config/content"
	"herald/plan"
)

// isLeftOpen reports whether a recover could not tell whether the message was
// sent, and nobody has said it.
func (e *engine) isLeftOpen(c *plan.Change) bool { return e.ledger.get(c.Key()).LeftOpen() }

// leftOpen tells, together, of the messages that a recover has left open: what
// helps is the same for each, and there may be hundreds.
func (e *engine) leftOpen() hcl.Diagnostics {
	var group []*ChangeResult
	for i := range e.results {
		if r := &e.results[i]; r.Result == ResultInDoubt && e.isLeftOpen(r.Change) {
			group = append(group, r)
		}
	}
	if len(group) == 0 {
		return nil
	}
	return hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Left open by recover", Subject: subject(group[0].Change),
		Detail: fmt.Sprintf("herald recover could not tell whether %s sent: %s. No apply reads for that again or sends any of it, and what comes later in those conversations waits; the others go on.\n\n%s",
			was(len(group)), names(group), openAdvice(blocksOf(group)...)),
	}}
}

func was(n int) string {
	if n == 1 {
		return "one message was"
	}
	return content.Thousands(n) + " messages were"
}

// openAdvice says how a person settles what a recover has left open, each
// command on a line of its own. The patterns name the messages.
func openAdvice(patterns ...string) string {
	var b strings.Builder
	b.WriteString("Have it looked for once more, with what you know of it (-lost-after, -unedited, -adopt-media):\n\n  herald recover\n\nOr look into the conversations, in the app, and say what you see. The commands show what they cover, and ask where it is more than one message; a star stands for anything:\n")
	for _, p := range patterns {
		fmt.Fprintf(&b, "\n  herald resolve %s -sent", shellQuote(p))
	}
	for _, p := range patterns {
		fmt.Fprintf(&b, "\n  herald resolve %s -not-sent", shellQuote(p))
	}
	return b.String()
}

// mostBlocks is how many blocks are named in one advice.
const mostBlocks = 3

// blocksOf returns what selects the messages: their blocks, each once, of many
// the first, and of a single message its address.
func blocksOf(group []*ChangeResult) []string {
	if len(group) == 1 {
		return []string{group[0].Change.Addr.String()}
	}
	seen := make(map[string]bool)
	var list []string
	for _, r := range group {
		block := r.Change.Addr.Block.String()
		if !seen[block] && len(list) < mostBlocks {
			list = append(list, block)
		}
		seen[block] = true
	}
	return list
}
