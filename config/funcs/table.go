package funcs

import (
	"maps"
	"os"
	"slices"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	ctyyaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// Table returns the functions by name. Those that read files read them below
// root, which stays open as long as the functions are called.
func Table(root *os.Root) map[string]function.Function {
	t := pure()
	files := newFiles(root)
	maps.Copy(t, files.functions())
	// A template may call every function but the one that reads templates.
	inner := maps.Clone(t)
	inner["templatefile"] = noRecursion
	t["templatefile"] = files.templateFile(inner)
	return t
}

// Names returns the names of the functions, sorted.
func Names() []string {
	return slices.Sorted(maps.Keys(Table(nil)))
}

// pure returns the functions that read nothing.
func pure() map[string]function.Function {
	t := map[string]function.Function{}
	for _, some := range []map[string]function.Function{
		bounded(sharedScalars()), bounded(sharedCollections()), conversions(), collections(), texts(), encodings(), marks(),
	} {
		maps.Copy(t, some)
	}
	return t
}

// sharedScalars returns the functions on strings and numbers that behave in
// cty's own library as they do in Terraform.
func sharedScalars() map[string]function.Function {
	return map[string]function.Function{
		"abs":        stdlib.AbsoluteFunc,
		"can":        tryfunc.CanFunc,
		"ceil":       stdlib.CeilFunc,
		"chomp":      stdlib.ChompFunc,
		"floor":      stdlib.FloorFunc,
		"format":     stdlib.FormatFunc,
		"formatdate": stdlib.FormatDateFunc,
		"formatlist": stdlib.FormatListFunc,
		"indent":     stdlib.IndentFunc,
		"join":       stdlib.JoinFunc,
		"jsonencode": stdlib.JSONEncodeFunc,
		"log":        stdlib.LogFunc,
		"lower":      stdlib.LowerFunc,
		"max":        stdlib.MaxFunc,
		"min":        stdlib.MinFunc,
		"parseint":   stdlib.ParseIntFunc,
		"pow":        stdlib.PowFunc,
		"regex":      stdlib.RegexFunc,
		"regexall":   stdlib.RegexAllFunc,
		"signum":     stdlib.SignumFunc,
		"split":      stdlib.SplitFunc,
		"strrev":     stdlib.ReverseFunc,
		"substr":     stdlib.SubstrFunc,
		"timeadd":    stdlib.TimeAddFunc,
		"title":      stdlib.TitleFunc,
		"trim":       stdlib.TrimFunc,
		"trimprefix": stdlib.TrimPrefixFunc,
		"trimspace":  stdlib.TrimSpaceFunc,
		"trimsuffix": stdlib.TrimSuffixFunc,
		"try":        tryfunc.TryFunc,
		"upper":      stdlib.UpperFunc,
		"yamlencode": ctyyaml.YAMLEncodeFunc,
	}
}

// sharedCollections returns the same of the functions on lists, sets and maps.
func sharedCollections() map[string]function.Function {
	return map[string]function.Function{
		"chunklist":       stdlib.ChunklistFunc,
		"coalescelist":    stdlib.CoalesceListFunc,
		"compact":         stdlib.CompactFunc,
		"concat":          stdlib.ConcatFunc,
		"contains":        stdlib.ContainsFunc,
		"distinct":        stdlib.DistinctFunc,
		"element":         stdlib.ElementFunc,
		"flatten":         stdlib.FlattenFunc,
		"keys":            stdlib.KeysFunc,
		"merge":           stdlib.MergeFunc,
		"range":           stdlib.RangeFunc,
		"reverse":         stdlib.ReverseListFunc,
		"setintersection": stdlib.SetIntersectionFunc,
		"setproduct":      stdlib.SetProductFunc,
		"setsubtract":     stdlib.SetSubtractFunc,
		"setunion":        stdlib.SetUnionFunc,
		"slice":           stdlib.SliceFunc,
		"sort":            stdlib.SortFunc,
		"values":          stdlib.ValuesFunc,
		"zipmap":          bound(stdlib.ZipmapFunc, checkZipmap),
	}
}

// conversions returns the functions that convert to a type.
func conversions() map[string]function.Function {
	return map[string]function.Function{
		"tobool":   toFunc(cty.Bool),
		"tonumber": toFunc(cty.Number),
		"tostring": toFunc(cty.String),
		"tolist":   toFunc(cty.List(cty.DynamicPseudoType)),
		"tomap":    toFunc(cty.Map(cty.DynamicPseudoType)),
		"toset":    toFunc(cty.Set(cty.DynamicPseudoType)),
	}
}

// Refused says why a function that Terraform has is not in the table, or
// returns an empty string for a name that is none of those.
func Refused(name string) string {
	const (
		evaluation = "Evaluation is pure, so that the same files give the same plan, to the byte: "
		clock      = evaluation + "no function reads the clock. Put the time into a variable, and give its value with -var."
		random     = evaluation + "no function makes random values: each plan would have others, and a message that was sent would look edited. Put the value into a variable or a file."
		machine    = evaluation + "no function looks at the machine or its environment. Put the value into a variable: the environment gives it as HERALD_VAR_NAME."
		outside    = "Paths are those below the configuration's directory, and files outside of it are not read."
		secret     = "Herald decrypts nothing: what a message says stands in the plan."
	)
	switch name {
	case "timestamp", "plantimestamp", "now":
		return clock
	case "uuid", "bcrypt", "random", "random_string", "shuffle":
		return random
	case "env", "getenv", "get_env", "exec", "run_cmd", "http":
		return machine
	case "abspath", "pathexpand":
		return outside
	case "rsadecrypt":
		return secret
	case "count":
		return "There is no function count. The number of elements is length(…)."
	}
	return ""
}
