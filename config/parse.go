package config

import (
	"runtime"
	"slices"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

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
		d, ok := parsePieces(root, src)
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
	f, diags := hclsyntax.ParseConfig(src.bytes, src.name, hcl.InitialPos)
	d.diags = diags
	if body, ok := f.Body.(*hclsyntax.Body); ok && !diags.HasErrors() {
		d.file(body)
	}
	return d
}

// parsePieces parses a file in pieces. It reports false where one of them does
// not parse, or holds what only the whole file can judge.
func parsePieces(root *schema, src *source) (*decoder, bool) {
	pieces := cut(src.bytes, pieceBytes)
	if len(pieces) == 1 {
		return nil, false
	}
	done := make([]*decoder, len(pieces))
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(runtime.GOMAXPROCS(0), len(pieces)) {
		wg.Go(func() {
			for i := range next {
				done[i] = parsePiece(root, src, pieces[i])
			}
		})
	}
	for i := range pieces {
		next <- i
	}
	close(next)
	wg.Wait()
	n := 0
	for _, d := range done {
		if d == nil || d.loose {
			return nil, false
		}
		n += len(d.decls)
	}
	all := &decoder{root: root, src: src, decls: make([]decl, 0, n)}
	for i, d := range done {
		all.decls = append(all.decls, d.decls...)
		all.diags = append(all.diags, d.diags...)
		all.masks = append(all.masks, d.masks...)
		done[i] = nil
	}
	return all, true
}

func parsePiece(root *schema, src *source, p piece) *decoder {
	f, diags := hclsyntax.ParseConfig(p.bytes, src.name, p.start)
	body, ok := f.Body.(*hclsyntax.Body)
	if !ok || len(diags) > 0 {
		return nil
	}
	d := &decoder{root: root, src: src}
	d.file(body)
	d.slab = slices.Clip(d.slab)
	return d
}
