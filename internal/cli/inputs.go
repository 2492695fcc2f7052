package cli

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"herald/config"
)

// inputs are the values of variables that the command line gives.
type inputs struct {
	args []config.Arg
}

func (in *inputs) flags() []flag {
	return []flag{
		listFlag(func(s string) error {
			in.args = append(in.args, config.Arg{Var: s})
			return nil
		}, "'NAME=VALUE'", "Set a variable. May be given several times.", "var"),
		listFlag(func(s string) error {
			in.args = append(in.args, config.Arg{File: s})
			return nil
		}, "FILE", "Set variables from a file, beside herald.hclvars and *.auto.hclvars, which are always read. May be given several times.", "var-file"),
	}
}

// given reports whether the command line sets any variable.
func (in *inputs) given() bool { return len(in.args) > 0 }

// check returns an error if a -var is not NAME=VALUE. It does not say what was
// given instead: that may be a value, and secret.
func (in *inputs) check() hcl.Diagnostics {
	for _, arg := range in.args {
		if name, _, ok := strings.Cut(arg.Var, "="); arg.File == "" && (!ok || name == "") {
			return fail("Invalid -var", "The option -var takes a name, an equals sign and a value, and one of those given is not of that form. What it holds is not shown here, since it may be secret.\n\n  -var='NAME=VALUE'")
		}
	}
	return nil
}

// load reads and checks the configuration's files. The Config is never nil.
func (a *App) load() (*config.Config, hcl.Diagnostics) {
	return config.Load(a.dir, config.Options{Version: Version})
}

// expand loads the configuration and evaluates it with the values given.
func (a *App) expand(in *inputs) (*config.Config, *config.Wanted, hcl.Diagnostics) {
	if diags := in.check(); diags.HasErrors() {
		return &config.Config{}, nil, diags
	}
	cfg, diags := a.load()
	if diags.HasErrors() {
		return cfg, nil, diags
	}
	want, more := cfg.Expand(config.Values{Env: a.LookupEnv, Args: in.args})
	return cfg, want, append(diags, more...)
}
