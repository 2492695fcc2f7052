package cli

import (
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"herald/internal/view/text"
)

// annotate writes the diagnostics once more as GitHub Actions reads them, so
// that they stand at their lines in the pull request. Elsewhere it does
// nothing.
func (a *App) annotate(diags hcl.Diagnostics) {
	if a.env("GITHUB_ACTIONS") != "true" || a.answer != answerText {
		return
	}
	_ = text.Annotations(a.Stderr, diags, text.AnnotationOptions{Dir: a.below(a.env("GITHUB_WORKSPACE"))})
}

// below returns the configuration's directory as a path below root, with
// slashes; "" if it is root itself. A directory elsewhere, or an unknown root,
// leaves -chdir as it was given.
func (a *App) below(root string) string {
	dir := a.dir
	if abs, err := filepath.Abs(dir); err == nil && root != "" {
		rel, err := filepath.Rel(resolved(root), resolved(abs))
		if err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			dir = rel
		}
	}
	if dir == "." {
		return ""
	}
	return filepath.ToSlash(dir)
}

// resolved follows links, as far as there is something.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}
