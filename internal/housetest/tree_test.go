package housetest

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// module is the path that the imports of this repository's packages begin with.
const module = "herald"

// A tree is the repository's Go code, parsed.
type tree struct {
	fset  *token.FileSet
	rooms []*room // sorted by directory
}

// A room is one directory with Go files in it.
type room struct {
	dir   string // slash-separated, "." for the top level
	files []*source
}

// A source is one parsed Go file.
type source struct {
	path   string
	isTest bool
	lines  int
	syntax *ast.File
}

// importPath is the path by which other packages import the room.
func (r *room) importPath() string {
	return path.Join(module, r.dir)
}

// code lists the files that are not tests.
func (r *room) code() []*source {
	return slices.DeleteFunc(slices.Clone(r.files), func(s *source) bool { return s.isTest })
}

// imports lists the paths that the file imports.
func (s *source) imports() []string {
	var paths []string
	for _, spec := range s.syntax.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

// skipDir tells the directories that the go command leaves out as well.
func skipDir(name string) bool {
	return name == "testdata" || name == "vendor" ||
		name != "." && strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}

// readTree parses every Go file of the module that fsys holds.
func readTree(t *testing.T, fsys fs.FS) *tree {
	t.Helper()
	tr := &tree{fset: token.NewFileSet()}
	byDir := map[string]*room{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipDir(d.Name()):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		syntax, err := parser.ParseFile(tr.fset, name, data, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := path.Dir(name)
		if byDir[dir] == nil {
			byDir[dir] = &room{dir: dir}
			tr.rooms = append(tr.rooms, byDir[dir])
		}
		byDir[dir].files = append(byDir[dir].files, &source{
			path:   name,
			isTest: strings.HasSuffix(name, "_test.go"),
			lines:  bytes.Count(data, []byte("\n")),
			syntax: syntax,
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(tr.rooms, func(a, b *room) int { return strings.Compare(a.dir, b.dir) })
	return tr
}

// house is the repository that this test stands in.
func house(t *testing.T) fs.FS {
	t.Helper()
	fsys := os.DirFS("../..")
	data, err := fs.ReadFile(fsys, "go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(data), "module "+module+"\n") {
		t.Fatalf("go.mod does not open with the module %q", module)
	}
	return fsys
}

// files makes a file system out of pairs of path and text.
func files(pairs ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for pair := range slices.Chunk(pairs, 2) {
		fsys[pair[0]] = &fstest.MapFile{Data: []byte(pair[1])}
	}
	return fsys
}

// report fails the test with each of the findings.
func report(t *testing.T, findings []string) {
	t.Helper()
	for _, finding := range findings {
		t.Error(finding)
	}
}

// sameFindings fails the test unless the check found just these, in order.
func sameFindings(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("found:\n\t%s\nwant:\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}
