package config

import (
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// GivenVariable is a declared variable and the value that it has.
type GivenVariable struct {
	Name      string
	Sensitive bool
	// JSON is the value; nil of a sensitive variable, so that nobody shows it
	// by mistake.
	JSON []byte
}

// Variables returns the variables with the values that the configuration was
// expanded with, in the order of declaration. They are written as JSON when
// they are asked for: a variable may hold a whole campaign.
func (w *Wanted) Variables() []GivenVariable {
	list := make([]GivenVariable, 0, len(w.declared))
	for _, v := range w.declared {
		val, marks := w.values[v.name].UnmarkDeep()
		g := GivenVariable{Name: v.name, Sensitive: v.sensitive || len(marks) > 0}
		if !g.Sensitive && val != cty.NilVal && val.IsWhollyKnown() {
			if data, err := ctyjson.Marshal(val, val.Type()); err == nil { // every value of a variable has a form in JSON
				g.JSON = data
			}
		}
		list = append(list, g)
	}
	return list
}
