package plan

import (
	"errors"
	"fmt"
	"slices"

	"herald/config"
	"herald/config/addr"
	"herald/config/content"
	"herald/state"
)

// change makes a change of what a file holds.
func (w *wireChange) change() (*Change, error) {
	c := &Change{
		Addr: w.Addr, Revision: w.Revision, Action: w.Action, Reason: w.Reason,
		Account: w.Account, Recipient: w.Recipient, Fingerprint: w.Fingerprint, React: w.React, ImportID: w.ImportID,
		Sensitive: w.Sensitive, AllowDuplicate: w.AllowDuplicate, DependsOn: w.DependsOn,
		HeldBy: w.HeldBy, HeldWhy: w.HeldWhy, Base: w.Base, BaseChange: w.BaseChange,
		MovedFrom: w.MovedFrom,
	}
	var err error
	if c.Range, err = w.Range.hcl(); err != nil {
		return c, fmt.Errorf("%s: %w", w.Addr, err)
	}
	switch w.OnInDoubt {
	case "":
	case doubtName(config.DoubtHold):
		c.OnInDoubt = config.DoubtHold
	default:
		return c, fmt.Errorf("%s: on_in_doubt = %q is unknown", w.Addr, w.OnInDoubt)
	}
	if w.Content != nil {
		if w.Fingerprint != "" {
			return c, fmt.Errorf("%s has both a content and a fingerprint", w.Addr)
		}
		c.Content = *w.Content
		c.Fingerprint = content.Fingerprint(c.Account, c.Recipient, c.Content)
	}
	if w.Target != nil {
		c.Target = Target(*w.Target)
	}
	return c, nil
}

// valid reports what makes a plan impossible to apply, whoever wrote it.
func (p *Plan) valid() error {
	if !isDigest(p.ID) {
		return fmt.Errorf("the id %q is no digest", p.ID)
	}
	seen := make(map[state.Key]bool, len(p.Changes))
	for _, c := range p.Changes {
		if err := p.validChange(c); err != nil {
			return fmt.Errorf("%s: %w", c.Key(), err)
		}
		if seen[c.Key()] {
			return fmt.Errorf("%s is there twice", c.Key())
		}
		seen[c.Key()] = true
	}
	for _, m := range p.Moves {
		if m.From.Kind == addr.KindInvalid || m.From.Kind != m.To.Kind || m.From == m.To {
			return fmt.Errorf("the move from %s to %s is none", m.From, m.To)
		}
	}
	ids := make(map[string]bool)
	for i := range p.Accounts {
		a := &p.Accounts[i]
		if !content.Digits(a.IGID) || a.Endpoint == "" || a.APIVersion == "" || ids[a.IGID] {
			return fmt.Errorf("the account %q is not complete, or there twice", a.Name)
		}
		if a.Rates.Messages <= 0 || a.Rates.Media <= 0 || a.Rates.Reads <= 0 || a.SettleAfter < 0 {
			return fmt.Errorf("the account %q has a pace that is not above 0", a.Name)
		}
		ids[a.IGID] = true
	}
	return nil
}

func (p *Plan) validChange(c *Change) error {
	switch {
	case c.Addr.Kind == addr.KindInvalid:
		return errors.New("there is no address")
	case c.Revision < 1:
		return fmt.Errorf("%d is no revision", c.Revision)
	case !slices.Contains(reasons, c.Reason):
		return fmt.Errorf("%q is no reason", c.Reason)
	case !content.Digits(c.Account) || !content.Digits(c.Recipient):
		return errors.New("account and recipient are strings of digits")
	case c.HeldBy.IsZero() != (c.HeldWhy == ""):
		return errors.New("held_by and held_why belong together")
	case c.Action.RecordOnly() && !c.HeldBy.IsZero():
		return errors.New("what is written into the record only waits for nothing")
	case (c.Action == Import) != (c.ImportID != ""):
		return errors.New("an import has a message id, and nothing else has")
	case c.Action.Calls() && p.Account(c.Account) == nil:
		return fmt.Errorf("its account %s is not in the plan", c.Account)
	case c.Base != nil && c.Base.Addr != c.Addr:
		return fmt.Errorf("its base is the entry of %s", c.Base.Addr)
	}
	if c.Addr.Kind == addr.Message {
		return validMessage(c)
	}
	return validReaction(c)
}

func validMessage(c *Change) error {
	switch c.Action {
	case NoOp, Settle:
	case Send:
		if c.Content.Kind == content.KindInvalid {
			return errors.New("there is nothing to send")
		}
	case Import:
		if problem := content.CheckMessageID(c.ImportID); problem != nil {
			return problem
		}
		if c.Content.Kind == content.KindInvalid {
			return errors.New("there is nothing that was sent")
		}
	case React, Rereact, Retarget, Unreact, Repeat, Forget:
		return fmt.Errorf("a message has no action %q", c.Action)
	}
	if c.Target != (Target{}) || c.React != "" {
		return errors.New("a message has no target and no reaction")
	}
	if c.Action == Settle && c.Base == nil {
		return errors.New("there is no entry to settle")
	}
	if c.Content.Kind != content.KindInvalid {
		if problem := c.Content.Check(); problem != nil {
			return problem
		}
	}
	return nil
}

func validReaction(c *Change) error {
	switch c.Action {
	case Send, Settle, Import:
		return fmt.Errorf("a reaction has no action %q", c.Action)
	case React, Rereact, Retarget:
		if c.React == "" {
			return errors.New("there is no reaction")
		}
	case NoOp, Unreact, Repeat, Forget:
	}
	switch {
	case c.Content != (content.Content{}):
		return errors.New("a reaction has no content")
	case c.Target.Ref != (addr.Instance{}) && (c.Target.Ref.Kind != addr.Message || c.Target.ID != ""),
		c.Target == Target{}:
		return errors.New("a reaction has one target, a message")
	case c.Base == nil && (c.Action == Rereact || c.Action == Retarget || c.Action == Unreact || c.Action == Repeat || c.Action == Forget):
		return errors.New("there is no recorded reaction to change")
	}
	return nil
}

// reasons lists every reason of the table.
var reasons = []Reason{
	NotSentYet, AlreadySent, EditedAfterSent, RevisionRaised, RevisionLowered, RejectedBefore, RejectedFinal,
	InDoubt, MaybeRenamed, Retired, NotReactedYet, AlreadyReacted, ReactionChanged, TargetChanged, Removed, NotSelected,
	Imported, Forgotten,
}
