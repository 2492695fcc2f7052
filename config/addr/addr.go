package addr

import (
	"cmp"
	"strings"
)

// Kind says what an address stands for. The zero value stands for nothing.
type Kind uint8

const (
	// KindInvalid is the zero Kind; no block has it.
	KindInvalid Kind = iota
	// Message is an event: once sent, nothing takes it back.
	Message
	// Reaction is an object: it is created by react and deleted by unreact.
	Reaction
)

// String returns the block type that declares the kind in HCL.
func (k Kind) String() string {
	switch k {
	case Message:
		return "message"
	case Reaction:
		return "reaction"
	case KindInvalid:
	}
	return "invalid"
}

// KindOf returns the kind that the HCL block type declares, or KindInvalid.
func KindOf(blockType string) Kind {
	switch blockType {
	case "message":
		return Message
	case "reaction":
		return Reaction
	}
	return KindInvalid
}

// Block is the address of a block: message.welcome.
type Block struct {
	Kind Kind
	Name string
}

// String returns the written form, message.welcome.
func (b Block) String() string { return b.Kind.String() + "." + b.Name }

// IsZero reports whether b addresses nothing.
func (b Block) IsZero() bool { return b == Block{} }

// Only returns the address of the single instance of a block without for_each.
func (b Block) Only() Instance { return Instance{Block: b} }

// Each returns the address of the instance with that key of a block with for_each.
func (b Block) Each(key string) Instance { return Instance{Block: b, Key: key, Keyed: true} }

// Instance is the address of one message or reaction. Without a key it is
// the only instance of a block that has no for_each; where the context says
// so (depends_on, moved, selection) it stands for the whole block.
type Instance struct {
	Block
	Key   string
	Keyed bool
}

// String returns the written form: message.welcome or message.welcome["ana"],
// the key quoted as HCL quotes a string.
func (i Instance) String() string {
	if !i.Keyed {
		return i.Block.String()
	}
	return i.Block.String() + "[" + Quote(i.Key) + "]"
}

// Compare orders addresses by kind, name, presence of a key, and key, bytewise.
func (i Instance) Compare(j Instance) int {
	k := 0
	if i.Keyed {
		k = 1
	}
	l := 0
	if j.Keyed {
		l = 1
	}
	return cmp.Or(
		cmp.Compare(i.Kind, j.Kind),
		strings.Compare(i.Name, j.Name),
		cmp.Compare(k, l),
		strings.Compare(i.Key, j.Key),
	)
}

// MarshalText writes the address as String does.
func (i Instance) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads what MarshalText wrote; an empty text is the zero Instance.
func (i *Instance) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*i = Instance{}
		return nil
	}
	v, err := Parse(string(text))
	if err != nil {
		return err
	}
	*i = v
	return nil
}
