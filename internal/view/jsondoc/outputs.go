package jsondoc

import (
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"

	"herald/internal/view"
)

// OutputValue is an output as it stands in a document.
type OutputValue struct {
	Sensitive bool            `json:"sensitive"`
	Type      json.RawMessage `json:"type"`
	Value     json.RawMessage `json:"value"` // null if not known
	Known     bool            `json:"known"`
}

// Outputs writes the outputs as Terraform's output -json does: by name,
// with sensitive, type and value. Sensitive values are written too.
func Outputs(w io.Writer, outs []view.Output) error {
	return Write(w, outputValues(outs))
}

// Output writes the value of one output.
func Output(w io.Writer, o view.Output) error {
	if !o.Known {
		return Write(w, nil)
	}
	return Write(w, json.RawMessage(o.JSON))
}

func outputValues(outs []view.Output) map[string]OutputValue {
	m := make(map[string]OutputValue, len(outs))
	for _, o := range outs {
		j := OutputValue{Sensitive: o.Sensitive, Known: o.Known, Type: json.RawMessage(`"dynamic"`)}
		if o.Known && json.Valid(o.JSON) {
			j.Value = o.JSON
			if v, err := view.DecodeValue(o.JSON); err == nil {
				j.Type = json.RawMessage(typeOf(v))
			}
		}
		m[o.Name] = j
	}
	return m
}

// ShownOutputs gives outputs by name, without the values of sensitive ones: they were
// not asked for by name.
func ShownOutputs(outs []view.Output) map[string]OutputValue {
	m := outputValues(outs)
	for name, j := range m {
		if j.Sensitive {
			j.Type, j.Value = json.RawMessage(`"dynamic"`), nil
			m[name] = j
		}
	}
	return m
}

// typeOf writes the type of a value as cty's JSON does: "string",
// ["tuple",["string","number"]], ["object",{"a":"bool"}].
func typeOf(v any) string {
	switch v := v.(type) {
	case string:
		return `"string"`
	case json.Number:
		return `"number"`
	case bool:
		return `"bool"`
	case []any:
		types := make([]string, len(v))
		for i, e := range v {
			types[i] = typeOf(e)
		}
		return `["tuple",[` + strings.Join(types, ",") + `]]`
	case map[string]any:
		var types []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			name, err := json.Marshal(k)
			if err != nil {
				return `"dynamic"`
			}
			types = append(types, string(name)+":"+typeOf(v[k]))
		}
		return `["object",{` + strings.Join(types, ",") + `}]`
	}
	return `"dynamic"`
}
