package cli

import (
	"io"
	"os"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/hcl/v2"

	"herald/apply/instagram/access"
)

// logger makes the log that HERALD_LOG, HERALD_LOG_FORMAT and HERALD_LOG_PATH
// ask for; by default there is none. secrets are kept out of it. The closer
// must be closed.
func (a *App) logger(secrets func() []string) (hclog.Logger, io.Closer, hcl.Diagnostics) {
	name := strings.ToLower(a.env("HERALD_LOG"))
	level := hclog.LevelFromString(name)
	switch name {
	case "", "off":
		return hclog.NewNullLogger(), io.NopCloser(nil), nil
	case "trace", "debug", "info", "warn", "error":
	default:
		return nil, nil, fail("Unknown log level", "The environment variable HERALD_LOG takes trace, debug, info, warn, error or off.")
	}
	out, closer := a.Stderr, io.NopCloser(nil)
	if path := a.env("HERALD_LOG_PATH"); path != "" {
		f, err := os.OpenFile(a.path(path), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return nil, nil, failure(err)
		}
		out, closer = f, f
	}
	return hclog.New(&hclog.LoggerOptions{
		Name: "herald", Level: level, JSONFormat: strings.EqualFold(a.env("HERALD_LOG_FORMAT"), "json"),
		Output: access.Redact(out, secrets),
	}), closer, nil
}
