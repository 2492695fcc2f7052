package housetest

import (
	"fmt"
	"go/ast"
	"path"
	"strings"
	"testing"
)

// The measures of a room. Past them, there is a second noun to be found.
const (
	docLines      = 40  // a doc.go has fewer lines
	fileLines     = 500 // so does a file that is no test
	functionLines = 60  // so does a function, from its first word to its last brace

	packageLines = 2000 // a package has no more, its tests apart
)

// stillTooLong lists the packages that have more lines than a package should,
// each with the most that it may have: its size, rounded up to a hundred.
// Whoever makes one smaller lowers its number here, so that it can only shrink,
// and takes it out at packageLines.
var stillTooLong = map[string]int{
	"apply":            6200,
	"apply/instagram":  2200,
	"config":           5700,
	"config/funcs":     2400,
	"internal/cli":     7200,
	"internal/sandbox": 3100,
	"plan":             4700,
	"state":            2600,
	"state/filestore":  2100,
	"state/pgstore":    3200,
	"state/s3store":    2400,
}

// checkSizes measures whole packages. ceilings are as stillTooLong.
func checkSizes(tr *tree, ceilings map[string]int) []string {
	var found []string
	seen := make(map[string]bool)
	for _, room := range tr.rooms {
		lines := 0
		for _, file := range room.code() {
			lines += file.lines
		}
		ceiling, excepted := ceilings[room.dir]
		seen[room.dir] = true
		switch {
		case excepted && lines <= packageLines:
			found = append(found, fmt.Sprintf("%s has %d lines, as a package should: take it out of stillTooLong", room.dir, lines))
		case excepted && lines > ceiling:
			found = append(found, fmt.Sprintf("%s has %d lines, and had %d: it may only become shorter", room.dir, lines, ceiling))
		case !excepted && lines > packageLines:
			found = append(found, fmt.Sprintf("%s has %d lines; a package has at most %d: which is its second noun?", room.dir, lines, packageLines))
		}
	}
	for dir := range ceilings {
		if !seen[dir] {
			found = append(found, fmt.Sprintf("stillTooLong has %s, and there is no such package", dir))
		}
	}
	return found
}

// checkRooms measures every package.
func checkRooms(tr *tree) []string {
	var found []string
	for _, room := range tr.rooms {
		if finding := checkDoc(room); finding != "" {
			found = append(found, finding)
		}
		for _, file := range room.code() {
			if file.lines >= fileLines {
				found = append(found, fmt.Sprintf("%s has %d lines; a file has fewer than %d: is there a second noun in it?",
					file.path, file.lines, fileLines))
			}
			found = append(found, longFunctions(tr, file)...)
		}
	}
	return found
}

// checkDoc looks for the page that says which question a package answers: its
// doc.go, or main.go for the program.
func checkDoc(r *room) string {
	page := "doc.go"
	if r.dir == "." {
		page = "main.go"
	}
	page = path.Join(r.dir, page)
	for _, file := range r.files {
		if file.path != page {
			continue
		}
		name := file.syntax.Name.Name
		switch {
		case file.syntax.Doc == nil:
			return fmt.Sprintf("%s has no package comment: which question does the package answer?", page)
		case r.dir != "." && !strings.HasPrefix(file.syntax.Doc.Text(), "Package "+name+" "):
			return fmt.Sprintf("%s: the package comment does not begin with %q", page, "Package "+name)
		case r.dir != "." && file.lines >= docLines:
			return fmt.Sprintf("%s has %d lines; a doc.go has fewer than %d", page, file.lines, docLines)
		}
		return ""
	}
	return fmt.Sprintf("%s is missing: which question does the package answer?", page)
}

// longFunctions measures each function of a file. A function literal outside
// any function counts as one; inside, it is part of the function around it.
func longFunctions(tr *tree, file *source) []string {
	var found []string
	ast.Inspect(file.syntax, func(n ast.Node) bool {
		var name string
		switch n := n.(type) {
		case *ast.FuncDecl:
			name = n.Name.Name
		case *ast.FuncLit:
			name = "a function literal"
		default:
			return true
		}
		first, last := tr.fset.Position(n.Pos()).Line, tr.fset.Position(n.End()).Line
		if length := last - first + 1; length >= functionLines {
			found = append(found, fmt.Sprintf("%s:%d: %s has %d lines; a function has fewer than %d",
				file.path, first, name, length, functionLines))
		}
		return false
	})
	return found
}

func TestRooms(t *testing.T) {
	report(t, checkRooms(readTree(t, house(t))))
}

func TestSizes(t *testing.T) {
	report(t, checkSizes(readTree(t, house(t)), stillTooLong))
}

func TestSizesFindWhatIsTooLong(t *testing.T) {
	lines := func(n int) string { return "package p\n" + strings.Repeat("\n", n-1) }
	sameFindings(t, checkSizes(readTree(t, files(
		"fits/a.go", lines(1500), "fits/b.go", lines(500), "fits/b_test.go", lines(5000),
		"long/a.go", lines(1500), "long/b.go", lines(501),
		"excepted/a.go", lines(2500),
		"grown/a.go", lines(2501),
		"shrunk/a.go", lines(2000),
	)), map[string]int{"excepted": 2500, "grown": 2500, "shrunk": 2500, "gone": 2500}),
		"grown has 2501 lines, and had 2500: it may only become shorter",
		"long has 2001 lines; a package has at most 2000: which is its second noun?",
		"shrunk has 2000 lines, as a package should: take it out of stillTooLong",
		"stillTooLong has gone, and there is no such package")
}

// aFunction has so many lines, its signature and brace included.
func aFunction(name string, lines int) string {
	return "func " + name + "() {\n" + strings.Repeat("\n", lines-2) + "}\n"
}

func TestRoomsFindWhatIsTooLong(t *testing.T) {
	sameFindings(t, checkRooms(readTree(t, files(
		"main.go", "// Herald sends.\npackage main\n",
		"plan/doc.go", "// Package plan plans.\npackage plan\n",
		"plan/plan.go", "package plan\n\n"+aFunction("fits", 59)+aFunction("long", 60),
		"plan/table.go", "package plan\n\nvar f = "+strings.Replace(aFunction("", 61), "func ", "func", 1),
		"plan/big.go", "package plan\n"+strings.Repeat("\n", 499),
		"plan/fits.go", "package plan\n"+strings.Repeat("\n", 498),
		"plan/big_test.go", "package plan\n\n"+aFunction("long", 600),
	))),
		"plan/big.go has 500 lines; a file has fewer than 500: is there a second noun in it?",
		"plan/plan.go:62: long has 60 lines; a function has fewer than 60",
		"plan/table.go:3: a function literal has 61 lines; a function has fewer than 60")
}

func TestRoomsNeedADoc(t *testing.T) {
	sameFindings(t, checkRooms(readTree(t, files(
		"main.go", "package main\n",
		"apply/apply.go", "// Package apply applies.\npackage apply\n",
		"config/doc.go", "// This package reads files.\npackage config\n",
		"plan/doc.go", "package plan\n",
		"state/doc.go", "// Package state remembers.\npackage state\n"+strings.Repeat("\n", 38),
	))),
		"main.go has no package comment: which question does the package answer?",
		"apply/doc.go is missing: which question does the package answer?",
		`config/doc.go: the package comment does not begin with "Package config"`,
		"plan/doc.go has no package comment: which question does the package answer?",
		"state/doc.go has 40 lines; a doc.go has fewer than 40")
}
