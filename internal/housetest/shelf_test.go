package housetest

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// topLevel is the card at the door: everything that the top level may hold.
// Names that begin with a dot come on top.
var topLevel = []string{
	"main.go", "config", "state", "plan", "apply", "internal", "examples", "docs",
	"go.mod", "go.sum", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md",
}

// undone is a mark of unfinished work. It is spelled in halves, or it would
// find itself.
var undone = regexp.MustCompile(`\b(` + strings.Join([]string{"TO" + "DO", "FIX" + "ME", "XX" + "X"}, "|") + `)\b`)

// checkTopLevel finds what is not on the card. What git ignores may lie about.
func checkTopLevel(fsys fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	ignored, err := ignorePatterns(fsys)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, ".") || slices.Contains(topLevel, name) || ignores(ignored, name) {
			continue
		}
		found = append(found, fmt.Sprintf("%s is not on the card of the top level: where in the pipeline does it belong?", name))
	}
	return found, nil
}

// checkUndone finds marks of unfinished work in Go and Markdown files.
func checkUndone(fsys fs.FS) ([]string, error) {
	var found []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipDir(d.Name()):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go" && path.Ext(name) != ".md":
			return nil
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		number := 0
		for line := range bytes.Lines(data) {
			number++
			if mark := undone.Find(line); mark != nil {
				found = append(found, fmt.Sprintf("%s:%d: %s: finish it, or file it", name, number, mark))
			}
		}
		return nil
	})
	return found, err
}

// checkIgnored holds .gitignore against what git must and must not keep.
func checkIgnored(fsys fs.FS) ([]string, error) {
	patterns, err := ignorePatterns(fsys)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, name := range []string{
		".herald", "herald", "herald.state.journal", "herald.state.lock", "friday.plan", "friday.heraldplan",
	} {
		if !ignores(patterns, name) {
			found = append(found, fmt.Sprintf(".gitignore lets %s be committed", name))
		}
	}
	for _, name := range []string{"herald.state.json", "main.go", "config", "herald.hclvars"} {
		if ignores(patterns, name) {
			found = append(found, fmt.Sprintf(".gitignore keeps %s from being committed", name))
		}
	}
	return found, nil
}

// ignorePatterns reads the patterns of .gitignore that stand for single names.
func ignorePatterns(fsys fs.FS) ([]string, error) {
	data, err := fs.ReadFile(fsys, ".gitignore")
	if err != nil {
		return nil, err
	}
	var patterns []string
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "!") {
			continue
		}
		patterns = append(patterns, strings.Trim(line, "/"))
	}
	return patterns, lines.Err()
}

// ignores tells whether a name at the top level fits one of the patterns.
func ignores(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(pattern, name)
		return ok && err == nil
	})
}

// run calls a check that reads files and fails the test where it cannot.
func run(t *testing.T, check func(fs.FS) ([]string, error), fsys fs.FS) []string {
	t.Helper()
	found, err := check(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestTopLevel(t *testing.T) {
	report(t, run(t, checkTopLevel, house(t)))
}

func TestUndone(t *testing.T) {
	report(t, run(t, checkUndone, house(t)))
}

func TestIgnored(t *testing.T) {
	report(t, run(t, checkIgnored, house(t)))
}

func TestTopLevelFindsAStranger(t *testing.T) {
	sameFindings(t, run(t, checkTopLevel, files(
		".gitignore", "# built\n/herald\n*.test\n!**/testdata/**\n",
		".github/x.yml", "", "main.go", "", "config/config.go", "", "docs/design.md", "",
		"herald", "", "plan.test", "", "pkg/utils.go", "", "notes.txt", "",
	)),
		"notes.txt is not on the card of the top level: where in the pipeline does it belong?",
		"pkg is not on the card of the top level: where in the pipeline does it belong?")
}

func TestUndoneFindsAMark(t *testing.T) {
	sameFindings(t, run(t, checkUndone, files(
		"docs/a.md", "Fine.\n\nTO"+"DO: say more.\n",
		"plan/a.go", "package plan\n\n// FIX"+"ME\n",
		"plan/b_test.go", "package plan // XX"+"X\n",
		"plan/c.go", "package plan // mastodon, XX"+"XL\n",
		"plan/testdata/a.md", "TO"+"DO\n",
	)),
		"docs/a.md:3: TO"+"DO: finish it, or file it",
		"plan/a.go:3: FIX"+"ME: finish it, or file it",
		"plan/b_test.go:1: XX"+"X: finish it, or file it")
}

func TestIgnoredFindsALostRecord(t *testing.T) {
	sameFindings(t, run(t, checkIgnored, files(".gitignore", ".herald/\n/herald\n*.lock\n*.plan\nherald.state.*\n")),
		".gitignore lets friday.heraldplan be committed",
		".gitignore keeps herald.state.json from being committed")
}
