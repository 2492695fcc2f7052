package sandbox

import (
	"strconv"
	"strings"
)

// field is one name of a fields parameter, with its expansion:
// messages.limit(20){id,message}.
type field struct {
	name  string
	limit int    // of .limit(n); 0 where there is none
	after string // of .after(cursor)
	sub   []field
}

// maxFieldDepth is deeper than any object of this API.
const maxFieldDepth = 6

// parseFields reads a fields parameter.
func parseFields(text string) ([]field, *refusal) {
	p := fieldParser{rest: text}
	fields, e := p.list(0)
	if e == nil && p.rest != "" {
		e = p.wrong()
	}
	return fields, e
}

type fieldParser struct{ rest string }

func (p *fieldParser) wrong() *refusal {
	return errParam("Syntax error in the fields parameter near %q", clip(p.rest, 40))
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

func (p *fieldParser) list(depth int) ([]field, *refusal) {
	if depth > maxFieldDepth {
		return nil, errParam("the fields parameter is nested too deeply")
	}
	var out []field
	for {
		f, e := p.field(depth)
		if e != nil {
			return nil, e
		}
		out = append(out, f)
		if !p.take(",") {
			return out, nil
		}
	}
}

func (p *fieldParser) field(depth int) (field, *refusal) {
	f := field{name: p.word()}
	if f.name == "" {
		return f, p.wrong()
	}
	for p.take(".") {
		name := p.word()
		if !p.take("(") {
			return f, p.wrong()
		}
		arg, rest, ok := strings.Cut(p.rest, ")")
		if !ok {
			return f, p.wrong()
		}
		p.rest = rest
		switch name {
		case "limit":
			n, e := parseLimit(arg)
			if e != nil {
				return f, e
			}
			f.limit = n
		case "after":
			f.after = arg
		default:
			return f, errParam("the modifier %q is unknown", name)
		}
	}
	if p.take("{") {
		sub, e := p.list(depth + 1)
		if e != nil {
			return f, e
		}
		if !p.take("}") {
			return f, p.wrong()
		}
		f.sub = sub
	}
	return f, nil
}

func (p *fieldParser) take(s string) bool {
	rest, ok := strings.CutPrefix(p.rest, s)
	p.rest = rest
	return ok
}

func (p *fieldParser) word() string {
	n := 0
	for n < len(p.rest) && (p.rest[n] == '_' || p.rest[n] >= 'a' && p.rest[n] <= 'z') {
		n++
	}
	word := p.rest[:n]
	p.rest = p.rest[n:]
	return word
}

func parseLimit(s string) (int, *refusal) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, errParam("limit must be a whole number from 1")
	}
	return min(n, maxPage), nil
}

// formatFields is the inverse of parseFields, for the link to a next page.
func formatFields(fields []field) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = f.name
		if f.limit > 0 {
			parts[i] += ".limit(" + strconv.Itoa(f.limit) + ")"
		}
		if len(f.sub) > 0 {
			parts[i] += "{" + formatFields(f.sub) + "}"
		}
	}
	return strings.Join(parts, ",")
}

// plain makes fields without expansions.
func plain(names ...string) []field {
	out := make([]field, len(names))
	for i, name := range names {
		out[i].name = name
	}
	return out
}

func errField(name string) *refusal {
	return errParam("Tried accessing nonexisting field (%s)", name)
}
