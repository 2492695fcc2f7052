package housetest

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"testing"
)

// checkVariables finds assignments to package variables, elements and fields
// included: what changes belongs in a struct, where two of it can exist. What
// is changed through a method or a pointer is not found.
func checkVariables(tr *tree) []string {
	var found []string
	for _, room := range tr.rooms {
		var syntax []*ast.File
		for _, file := range room.code() {
			syntax = append(syntax, file.syntax)
		}
		// Nothing is imported, so the check is full of errors: they are passed
		// over, for the names of a package are resolved all the same.
		info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
		conf := types.Config{Error: func(error) {}}
		pkg, _ := conf.Check(room.importPath(), tr.fset, syntax, info)
		for _, file := range syntax {
			ast.Inspect(file, func(n ast.Node) bool {
				for _, target := range assigned(n) {
					ident := rootOf(target)
					if ident == nil {
						continue
					}
					if v, ok := info.Uses[ident].(*types.Var); ok && v.Parent() == pkg.Scope() {
						found = append(found, fmt.Sprintf("%s: the package variable %s is changed; what changes belongs in a struct",
							position(tr, ident), ident.Name))
					}
				}
				return true
			})
		}
	}
	slices.Sort(found)
	return found
}

// assigned lists the expressions that a statement writes to.
func assigned(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			return []ast.Expr{n.Key, n.Value}
		}
	}
	return nil
}

// rootOf gives the name that an expression such as x.f[i] begins with, or nil.
func rootOf(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// position is a node's file and line.
func position(tr *tree, n ast.Node) string {
	p := tr.fset.Position(n.Pos())
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}

func TestVariables(t *testing.T) {
	report(t, checkVariables(readTree(t, house(t))))
}

func TestVariablesFindAChange(t *testing.T) {
	sameFindings(t, checkVariables(readTree(t, files(
		"plan/a.go", `package plan

import "elsewhere.example/thing"

var (
	count int
	table = map[string]int{}
	last  struct{ n int }
	keep  = thing.New()
)

func local(count int) int {
	table := map[string]int{}
	table["a"] = count
	count++
	return count + keep.N
}

func change() {
	count++
	table["a"] = 1
	last.n = 2
}
`,
		"plan/b.go", "package plan\n\nfunc elsewhere() {\n\tfor count = range 3 {\n\t}\n}\n",
		"plan/b_test.go", "package plan\n\nfunc inATest() { count = 1 }\n",
	))),
		"plan/a.go:20: the package variable count is changed; what changes belongs in a struct",
		"plan/a.go:21: the package variable table is changed; what changes belongs in a struct",
		"plan/a.go:22: the package variable last is changed; what changes belongs in a struct",
		"plan/b.go:4: the package variable count is changed; what changes belongs in a struct")
}
