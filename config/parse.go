package config

import (
	"runtime"
	"slices"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"herald/config/cut"
	"herald/config/funcs"
)

// pieceBytes is the size at which a piece ends with the next top-level block.
// A piece grows beyond it only where one block does, so that most are short
// enough to nest as they like (funcs.CheckDepth).
const pieceBytes = 12 << 10

// piece is a part of a file that can be parsed by itself.
type piece struct {
	bytes []byte
	start hcl.Pos
}

// parseFiles parses and decodes the files, in pieces and on every processor.
func parseFiles(files []*source) ([]decl, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	root := rootSchema()
	var decls []decl
	for _, src := range files {
		bad := src.checkText()
		diags = append(diags, bad...)
		if bad.HasErrors() && src.masked == nil {
			continue
		}
		d, ok := parsePieces(root, src, pieceBytes)
		if !ok {
			d = parseWhole(root, src)
		}
		for _, m := range d.masks {
			src.mask(m[0], m[1])
		}
		if decls == nil {
			decls = d.decls
		} else {
			decls = append(decls, d.decls...)
		}
		diags = append(diags, d.diags...)
	}
	return decls, diags
}

// parseWhole parses a file at once, which gives the true diagnostics of what
// does not parse.
func parseWhole(root *schema, src *source) *decoder {
	d := &decoder{root: root, src: src}
	if d.diags = funcs.CheckDepth(src.bytes, src.name, hcl.InitialPos); len(d.diags) > 0 {
		return d
	}
	f, diags := hclsyntax.ParseConfig(src.bytes, src.name, hcl.InitialPos)
	d.diags = diags
	if body, ok := f.Body.(*hclsyntax.Body); ok && !diags.HasErrors() {
		d.file(body)
	}
	return d
}

// parsePieces parses a file in pieces: simple blocks as they come, what is
// between them by the parser, on every processor. It reports false where a
// piece does not parse, or holds what only the whole file can judge.
func parsePieces(root *schema, src *source, size int) (*decoder, bool) {
	work := make(chan func(), 64)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for f := range work {
				f()
			}
		})
	}
	all := &decoder{root: root, src: src, decls: make([]decl, 0, len(src.text)/256)}
	var parts []*decoder
	divide(all, src, size, func(p piece) {
		d := &decoder{root: root, src: src}
		parts = append(parts, d)
		work <- func() { parsePiece(d, p) }
	})
	close(work)
	wg.Wait()
	for i, d := range parts {
		if d.loose {
			return nil, false
		}
		all.decls = append(all.decls, d.decls...)
		all.diags = append(all.diags, d.diags...)
		all.masks = append(all.masks, d.masks...)
		parts[i] = nil
	}
	return all, true
}

// divide decodes the simple blocks of a source and hands over what is between
// them, in pieces that end where a top-level block ends.
func divide(d *decoder, src *source, size int, hand func(piece)) {
	s := &simple{d: d, text: src.text, line: 1}
	c := cut.New(src.bytes)
	from := hcl.InitialPos
	flush := func(to int) {
		if from.Byte < to {
			hand(piece{src.bytes[from.Byte:to], from})
		}
	}
	for c.Pos < len(src.bytes) {
		s.pos, s.line = c.Pos, c.Line
		if s.block() {
			flush(c.Pos)
			c.Pos, c.Line = s.pos, s.line
			from = hcl.Pos{Line: c.Line, Column: 1, Byte: c.Pos}
			continue
		}
		if !c.Next(c.Pos) {
			break
		}
		if c.Pos-from.Byte >= size {
			flush(c.Pos)
			from = hcl.Pos{Line: c.Line, Column: 1, Byte: c.Pos}
		}
	}
	flush(len(src.bytes))
}

// utf8BOM is the first byte of a byte order mark, which the parser skips at
// the start of what it is given, wherever in the file that is.
const utf8BOM = 0xEF

func parsePiece(d *decoder, p piece) {
	if p.start.Byte > 0 && p.bytes[0] == utf8BOM || len(funcs.CheckDepth(p.bytes, d.src.name, p.start)) > 0 {
		d.loose = true
		return
	}
	f, diags := hclsyntax.ParseConfig(p.bytes, d.src.name, p.start)
	body, ok := f.Body.(*hclsyntax.Body)
	if !ok || len(diags) > 0 {
		d.loose = true
		return
	}
	d.file(body)
	d.slab = slices.Clip(d.slab)
}
