package cli

import (
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

// load reads and checks the configuration's files. The Config is never nil.
func (a *App) load() (*config.Config, hcl.Diagnostics) {
	return config.Load(a.dir, config.Options{Version: Version})
}

// expand loads the configuration and evaluates it with the values given.
func (a *App) expand(in *inputs) (*config.Config, *config.Wanted, hcl.Diagnostics) {
	cfg, diags := a.load()
	if diags.HasErrors() {
		return cfg, nil, diags
	}
	want, more := cfg.Expand(config.Values{Env: a.LookupEnv, Args: in.args})
	return cfg, want, append(diags, more...)
}
