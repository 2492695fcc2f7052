package cli

import (
	"context"
	"io"
	"runtime"
	"runtime/debug"

	"herald/internal/view"
	"herald/internal/view/jsondoc"
	"herald/internal/view/text"
)

func (a *App) versionCommand() command {
	asJSON := false
	return command{
		name: "version", synopsis: "Show Herald's version.",
		flags:  []flag{boolFlag(&asJSON, "json", "Write a JSON document.")},
		action: func(context.Context, []string) int { return a.runVersion(asJSON) },
	}
}

func (a *App) runVersion(asJSON bool) int {
	v := view.Version{Version: Version, Platform: runtime.GOOS + "_" + runtime.GOARCH, Go: runtime.Version(), Commit: commit()}
	return a.show(format{json: asJSON}, document{
		text: func(w io.Writer, _ text.Options) error { return text.Version(w, v) },
		json: func(w io.Writer) error { return jsondoc.Version(w, v) },
	})
}

// commit returns the revision that the program was built from, if it is known.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}
