package plan

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"

	"herald/config"
	"herald/config/addr"
	"herald/state"
)

// ResolvedOutput is an output with its message ids.
type ResolvedOutput struct {
	Name      string
	Sensitive bool
	// JSON is the value; nil if it is not known.
	JSON []byte
	// Known is false while a message that the value names has no id.
	Known bool
}

// ResolveOutputs puts the recorded message ids into the outputs. A nil record
// knows none.
func ResolveOutputs(outs []Output, r *state.Record) []ResolvedOutput {
	if r == nil {
		r = state.NewRecord("")
	}
	list := make([]ResolvedOutput, 0, len(outs))
	for _, o := range outs {
		v, known := resolve(o.JSON, r)
		list = append(list, ResolvedOutput{Name: o.Name, Sensitive: o.Sensitive, JSON: v, Known: known})
	}
	return list
}

// resolve replaces each address between its marks by the id of that message.
func resolve(v []byte, r *state.Record) ([]byte, bool) {
	var out []byte
	for {
		before, rest, ok := bytes.Cut(v, []byte(config.RefOpen))
		out = append(out, before...)
		if !ok {
			return out, true
		}
		name, after, ok := bytes.Cut(rest, []byte(config.RefClose))
		if !ok {
			return nil, false
		}
		// The address stands within a JSON string, so its quotes are escaped.
		text, err := jsontext.AppendUnquote(nil, append(append([]byte{'"'}, name...), '"'))
		if err != nil {
			return nil, false
		}
		a, err := addr.Parse(string(text))
		if err != nil {
			return nil, false
		}
		id := sentID(r, a)
		if id == "" {
			return nil, false
		}
		quoted, err := jsontext.AppendQuote(nil, id)
		if err != nil {
			return nil, false
		}
		out = append(out, quoted[1:len(quoted)-1]...)
		v = after
	}
}
