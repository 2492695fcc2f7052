package config

import (
	"errors"
	"io/fs"
	"os"
	"regexp"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"herald/config/cut"
	"herald/config/funcs"
)

// Settings reads where the record of a configuration is kept, from its herald
// block and nothing else: for commands that need the record although another
// block is wrong. A nil Store is the local file, a nil Encryption none.
//
// What might hold the herald block and cannot be read is an error: to take the
// local file for a record that is elsewhere would be worse. A directory
// without a configuration has neither block.
func Settings(dir string) (*Store, *Encryption, hcl.Diagnostics) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, hcl.Diagnostics{errorf(dirRange(), "No such directory", "The directory of the configuration, %q, cannot be opened: %s.", dir, reason(err))}
	}
	defer root.Close() //nolint:errcheck // it was only read from
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, nil, hcl.Diagnostics{errorf(dirRange(), "Unreadable directory", "The directory of the configuration, %q, cannot be read: %s.", dir, reason(err))}
	}
	c := &Config{}
	var decls []decl
	var diags hcl.Diagnostics
	for _, e := range entries {
		if e.IsDir() || !isConfigFile(e.Name()) {
			continue
		}
		src, diag := readSource(root, e.Name())
		if diag != nil {
			diags = append(diags, diag)
			continue
		}
		found, more := heraldBlocks(src)
		decls = append(decls, found...)
		diags = append(diags, more...)
	}
	diags = append(diags, c.sort(decls)...)
	diags = append(diags, c.checkStore()...)
	sortDiags(diags)
	return c.store, c.encryption, diags
}

// heraldWord finds what may be the beginning of a herald block.
var heraldWord = regexp.MustCompile(`(^|[^\w-])herald\s*([{/"]|$)`)

// heraldBlocks returns the herald blocks of a source. It reads the source block
// by block, and skips what cannot be read unless it may hold one.
func heraldBlocks(src *source) ([]decl, hcl.Diagnostics) {
	if len(src.bytes) > MaxFileBytes {
		return nil, src.checkText()
	}
	if !heraldWord.Match(src.bytes) {
		return nil, nil
	}
	d := &decoder{root: &schema{blocks: []*schema{heraldSchema()}}, src: src}
	c := cut.New(src.bytes)
	for from := hcl.InitialPos; from.Byte < len(src.bytes); {
		if !c.Next(c.Pos) {
			c.Pos = len(src.bytes)
		}
		d.heraldIn(piece{src.bytes[from.Byte:c.Pos], from})
		from = hcl.Pos{Line: c.Line, Column: 1, Byte: c.Pos}
	}
	return d.decls, d.diags
}

// heraldIn decodes the herald blocks of one piece.
func (d *decoder) heraldIn(p piece) {
	if !heraldWord.Match(p.bytes) {
		return
	}
	if bad := funcs.CheckDepth(p.bytes, d.src.name, p.start); len(bad) > 0 {
		d.diags = append(d.diags, bad...)
		return
	}
	f, diags := hclsyntax.ParseConfig(p.bytes, d.src.name, p.start)
	if diags.HasErrors() {
		// A wrong place within a heredoc or a comment is as good as any: the
		// whole file is shown by herald validate.
		d.diags = append(d.diags, diags...)
		return
	}
	body, ok := f.Body.(*hclsyntax.Body)
	if !ok {
		return
	}
	for _, b := range body.Blocks {
		if b.Type != blockHerald {
			continue
		}
		if decl, ok := d.block(d.root.blocks[0], b); ok {
			d.decls = append(d.decls, decl)
		}
	}
}
