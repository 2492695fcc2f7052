package addr

import "strings"

// Pattern selects instances on the command line: an address, where a star in
// the name or the key stands for any run of characters. A pattern without a
// key selects every instance of the block.
type Pattern struct {
	text string
	kind Kind
	name string
	key  string
	all  bool // no key was written
}

// ParsePattern reads a pattern: message.welcome, message.camp*,
// message.campaign["*"]. It takes every address that Parse takes.
func ParsePattern(s string) (Pattern, error) {
	// A star is no character of a name: parse with a stand-in that is one.
	head, rest := s, ""
	if i := strings.IndexByte(s, '['); i >= 0 {
		head, rest = s[:i], s[i:]
	}
	in, err := Parse(strings.ReplaceAll(head, "*", "_") + rest)
	if err != nil {
		_, err2 := Parse(s)
		if err2 != nil && !strings.Contains(head, "*") {
			err = err2
		}
		return Pattern{}, err
	}
	_, name, _ := strings.Cut(head, ".")
	return Pattern{text: s, kind: in.Kind, name: name, key: in.Key, all: !in.Keyed}, nil
}

// String returns the pattern as it was written.
func (p Pattern) String() string { return p.text }

// Match reports whether the pattern selects the instance.
func (p Pattern) Match(i Instance) bool {
	if p.kind != i.Kind || !glob(p.name, i.Name) {
		return false
	}
	return p.all || i.Keyed && glob(p.key, i.Key)
}

// glob matches s against a pattern in which * is any run of characters.
func glob(pattern, s string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == s
	}
	if !strings.HasPrefix(s, head) {
		return false
	}
	s = s[len(head):]
	for {
		part, more, ok := strings.Cut(rest, "*")
		if !ok {
			return strings.HasSuffix(s, part)
		}
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s, rest = s[i+len(part):], more
	}
}
