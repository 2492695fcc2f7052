package plan

import "fmt"

// Action is what will be done about one address. The zero value does nothing.
type Action uint8

const (
	// NoOp does nothing.
	NoOp Action = iota
	// Send sends a message.
	Send
	// React adds a reaction to a message that has none.
	React
	// Rereact replaces a reaction by another on the same message.
	Rereact
	// Retarget removes a reaction from one message and adds it to another.
	Retarget
	// Unreact removes a reaction.
	Unreact
	// Settle finds out whether a message in doubt arrived.
	Settle
	// Repeat carries out again a reaction that is in doubt: react and unreact
	// may be repeated freely.
	Repeat
	// Import records a message that was sent by hand: nothing is sent.
	Import
	// Forget takes a reaction out of the record and leaves it where it is.
	Forget
)

// actions holds each action's name, its Terraform actions in JSON, and its
// symbol for a terminal.
var actions = [...]struct {
	name, symbol string
	terraform    []string
}{
	NoOp:     {"no-op", " ", []string{"no-op"}},
	Send:     {"send", "+", []string{"create"}},
	React:    {"react", "+", []string{"create"}},
	Rereact:  {"change reaction", "~", []string{"update"}},
	Retarget: {"move reaction", "-/+", []string{"delete", "create"}},
	Unreact:  {"unreact", "-", []string{"delete"}},
	Settle:   {"settle", "?", []string{"read"}},
	Repeat:   {"repeat", "?", []string{"update"}},
	Import:   {"import", "<", []string{"no-op"}}, // beside change.importing, as in Terraform
	Forget:   {"forget", ".", []string{"forget"}},
}

// String returns the action's name.
func (a Action) String() string {
	if int(a) < len(actions) {
		return actions[a].name
	}
	return fmt.Sprintf("action(%d)", uint8(a))
}

// Calls reports whether the action calls Instagram. The others do nothing, or
// write the record only.
func (a Action) Calls() bool { return a != NoOp && !a.RecordOnly() }

// RecordOnly reports whether the action writes the record and calls nobody. A
// run does so before anything is sent.
func (a Action) RecordOnly() bool { return a == Import || a == Forget }

// Symbol returns one to three characters that stand for the action:
// + - ~ -/+ ? < .
func (a Action) Symbol() string {
	if int(a) < len(actions) {
		return actions[a].symbol
	}
	return " "
}

// Terraform returns the action in the words of Terraform's plan JSON.
func (a Action) Terraform() []string {
	if int(a) < len(actions) {
		return actions[a].terraform
	}
	return nil
}

// MarshalText writes the action as String does.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (a *Action) UnmarshalText(text []byte) error {
	for i := range actions {
		if actions[i].name == string(text) {
			*a = Action(i)
			return nil
		}
	}
	return fmt.Errorf("%q is no action of a plan", text)
}

// Reason says why an address has its action; it is the action_reason of the
// JSON plan.
type Reason string

// The reasons, one for each row of the planner's table.
const (
	NotSentYet      Reason = "not_sent_yet"
	AlreadySent     Reason = "already_sent"
	EditedAfterSent Reason = "edited_after_sent"
	RevisionRaised  Reason = "revision_raised"
	RevisionLowered Reason = "revision_lowered"
	RejectedBefore  Reason = "rejected_before"
	RejectedFinal   Reason = "rejected_final"
	InDoubt         Reason = "in_doubt"
	MaybeRenamed    Reason = "maybe_renamed"
	Retired         Reason = "retired"

	NotReactedYet   Reason = "not_reacted_yet"
	AlreadyReacted  Reason = "already_reacted"
	ReactionChanged Reason = "reaction_changed"
	TargetChanged   Reason = "target_changed"
	Removed         Reason = "removed"
	NotSelected     Reason = "not_selected"

	Imported  Reason = "imported"  // an import block says that it was sent by hand
	Forgotten Reason = "forgotten" // a removed block says that it stays where it is
)
