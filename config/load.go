package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"herald/config/addr"
)

// Options are what Load needs to know beside the directory.
type Options struct {
	// Version is Herald's own version, which required_version is compared
	// with; empty means that it is not.
	Version string
}

// Config is a checked configuration whose expressions are not evaluated yet.
type Config struct {
	dir        string
	sources    map[string]*source
	herald     *decl
	accounts   []decl
	variables  []*variable
	locals     []*local
	blocks     []decl // messages and reactions, by file name and line
	outputs    []decl
	moves      []decl
	moved      []Move
	removals   []decl
	removed    []Removed
	imports    []decl
	store      *Store
	encryption *Encryption
	index      map[addr.Block]int // of blocks, by address
	broken     bool               // Load found errors

	localOrder         []*local // every local behind those that it refers to
	functions          *nameSet
	varNames, locNames *nameSet
}

// HasConfiguration reports whether the directory holds a file that Load would
// read. A directory that does not exist holds none.
func HasConfiguration(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return !e.IsDir() && isConfigFile(e.Name()) }), nil
}

// isConfigFile reports whether a file of that name belongs to a configuration.
func isConfigFile(name string) bool {
	return strings.HasSuffix(name, ".hcl") && !strings.HasPrefix(name, ".")
}

// Load reads and checks the configuration in the directory: every *.hcl file
// that is not a dot-file, without those of directories below it. The Config is
// never nil, so that Sources can be shown under the diagnostics; where there
// are errors, it is good for nothing else. Ranges name files relative to dir.
func Load(dir string, opts Options) (*Config, hcl.Diagnostics) {
	c := &Config{dir: dir, sources: map[string]*source{}}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return c.fail(errorf(dirRange(), "No such directory", "The directory of the configuration, %q, cannot be opened: %s.", dir, reason(err)))
	}
	defer root.Close() //nolint:errcheck // it was only read from
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return c.fail(errorf(dirRange(), "Unreadable directory", "The directory of the configuration, %q, cannot be read: %s.", dir, reason(err)))
	}
	var diags hcl.Diagnostics
	var files []*source
	for _, e := range entries {
		if !e.IsDir() && strings.HasSuffix(e.Name(), ".hcl.json") && !strings.HasPrefix(e.Name(), ".") {
			at := hcl.Range{Filename: e.Name(), Start: hcl.InitialPos, End: hcl.InitialPos}
			diags = append(diags, warningAt(at, "File is not read", "This version of Herald does not read the JSON syntax of HCL, so nothing in this file counts. Write it in HCL's own syntax; data in JSON is read with jsondecode(file(…))."))
		}
		if e.IsDir() || !isConfigFile(e.Name()) {
			continue
		}
		src, diag := readSource(root, e.Name())
		if diag != nil {
			diags = append(diags, diag)
			continue
		}
		c.sources[src.name] = src
		files = append(files, src)
	}
	if len(files) == 0 && !diags.HasErrors() {
		return c.fail(errorAt(dirRange(), "No configuration",
			"This directory holds no file whose name ends in .hcl. Make a first one with:\n\n  herald init"))
	}
	decls, more := parseFiles(files)
	diags = append(diags, more...)
	diags = append(diags, c.sort(decls)...)
	c.nameTokens(decls, diags)
	diags = append(diags, c.check(opts)...)
	sortDiags(diags)
	for _, src := range files {
		src.done()
	}
	c.broken = diags.HasErrors()
	return c, diags
}

func (c *Config) fail(d *hcl.Diagnostic) (*Config, hcl.Diagnostics) {
	c.broken = true
	return c, hcl.Diagnostics{d}
}

// dirRange stands for the directory as a whole.
func dirRange() hcl.Range {
	return hcl.Range{Filename: ".", Start: hcl.InitialPos, End: hcl.InitialPos}
}

// readSource reads one file below the root.
func readSource(root *os.Root, name string) (*source, *hcl.Diagnostic) {
	at := hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}
	f, err := openRegular(root.Stat, root.Open, name)
	if err != nil {
		detail := fmt.Sprintf("The file cannot be read: %s.", reason(err))
		if info, lerr := root.Lstat(name); lerr == nil && !errors.Is(err, errNotRegular) && info.Mode()&fs.ModeSymlink != 0 {
			detail = fmt.Sprintf("The file is a link that leads out of the configuration's directory, or nowhere: %s. Herald reads no file outside of that directory; put a copy there.", reason(err))
		}
		return nil, errorAt(at, "Unreadable file", detail)
	}
	defer f.Close() //nolint:errcheck // it was only read from
	src, err := readBounded(f, name)
	if err != nil {
		return nil, errorf(at, "Unreadable file", "The file cannot be read: %s.", reason(err))
	}
	return src, nil
}

var errNotRegular = errors.New("it is not a regular file")

// openRegular opens a file if it is a regular one: to open a pipe waits until
// another program writes to it, for ever perhaps.
func openRegular(stat func(string) (fs.FileInfo, error), open func(string) (*os.File, error), name string) (*os.File, error) {
	info, err := stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	return open(name)
}

// readBounded reads a regular file, up to one byte more than MaxFileBytes.
func readBounded(f *os.File, name string) (*source, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	buf := make([]byte, 0, min(info.Size(), MaxFileBytes)+512)
	for len(buf) <= MaxFileBytes {
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, len(buf))
		}
		n, err := f.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	return newSource(name, buf), nil
}

// reason returns what went wrong without the path, which the range has.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return err.Error()
}

// Sources returns the files that were read, by the name that ranges give them.
// Secrets are replaced by stars: the bytes are for display. The files have no Body.
func (c *Config) Sources() map[string]*hcl.File {
	files := make(map[string]*hcl.File, len(c.sources))
	for name, s := range c.sources {
		files[name] = &hcl.File{Bytes: s.shown()}
	}
	return files
}

// sort distributes declarations to their kinds, in order of declaration.
func (c *Config) sort(decls []decl) hcl.Diagnostics {
	slices.SortStableFunc(decls, func(a, b decl) int {
		return cmp.Or(strings.Compare(a.src.name, b.src.name), cmp.Compare(a.header.start.byte, b.header.start.byte))
	})
	n := 0
	for i := range decls {
		if decls[i].schema.typ == blockMessage || decls[i].schema.typ == blockReaction {
			n++
		}
	}
	c.blocks = make([]decl, 0, n)
	var diags hcl.Diagnostics
	for i := range decls {
		d := &decls[i]
		switch d.schema.typ {
		case blockHerald:
			if c.herald != nil {
				diags = append(diags, errorf(d.at(), "Repeated block", "A configuration has one herald block, and there is another at %s. Put the arguments of both into one.", place(c.herald.at())))
				continue
			}
			c.herald = d
		case blockAccount:
			c.accounts = append(c.accounts, *d)
		case blockVariable:
			v, more := newVariable(d)
			diags = append(diags, more...)
			c.variables = append(c.variables, v)
		case blockLocals:
			for j := range d.attrs {
				c.locals = append(c.locals, &local{decl: d, attr: &d.attrs[j]})
			}
		case blockMessage, blockReaction:
			c.blocks = append(c.blocks, *d)
		case blockOutput:
			c.outputs = append(c.outputs, *d)
		case blockMoved:
			c.moves = append(c.moves, *d)
		case blockRemoved:
			c.removals = append(c.removals, *d)
		case blockImport:
			c.imports = append(c.imports, *d)
		}
	}
	return diags
}

// place writes a range as file:line.
func place(r hcl.Range) string {
	return fmt.Sprintf("%s:%d", filepath.ToSlash(r.Filename), r.Start.Line)
}

// nameTokens puts the name of the right environment variable into what is said
// about tokens: that of the account whose block the token stands in, or of the
// only account.
func (c *Config) nameTokens(decls []decl, diags hcl.Diagnostics) {
	for _, d := range diags {
		if !strings.Contains(d.Detail, anyTokenVariable) {
			continue
		}
		name := ""
		if len(c.accounts) == 1 {
			name = c.accounts[0].name
		}
		for i := range decls {
			if decls[i].src.name != d.Subject.Filename || int(decls[i].header.start.byte) > d.Subject.Start.Byte {
				continue
			}
			if decls[i].schema.typ == blockAccount {
				name = decls[i].name
			} else if len(c.accounts) != 1 {
				name = ""
			}
		}
		if name != "" {
			d.Detail = strings.ReplaceAll(d.Detail, anyTokenVariable, TokenVariable(name))
		}
	}
}
