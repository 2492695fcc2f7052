package funcs

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// maxNesting is how many brackets, operators and template sequences may stand
// within each other. The parser and the evaluation call themselves for each,
// and a program whose stack is full cannot even say so.
const maxNesting = 1000

// shallowBytes is the size up to which a source is too short to nest as deeply
// as a stack can bear.
const shallowBytes = 16 << 10

// CheckDepth returns an error for source of more than 16 KiB that nests
// deeper than the parser can bear. Shorter source is not looked at.
func CheckDepth(src []byte, filename string, start hcl.Pos) hcl.Diagnostics {
	if len(src) <= shallowBytes {
		return nil
	}
	tokens, _ := hclsyntax.LexConfig(src, filename, start)
	return tooDeep(tokens)
}

func checkTemplateDepth(src []byte, filename string) hcl.Diagnostics {
	if len(src) <= shallowBytes {
		return nil
	}
	tokens, _ := hclsyntax.LexTemplate(src, filename, hcl.InitialPos)
	return tooDeep(tokens)
}

// level is one open bracket or template, with what stands in its current item.
type level struct {
	token hclsyntax.TokenType
	depth int
}

func tooDeep(tokens hclsyntax.Tokens) hcl.Diagnostics {
	open := []level{{}}
	total := 0
	add := func(n int) {
		open[len(open)-1].depth += n
		total += n
	}
	for i, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp:
			if t.Type != hclsyntax.TokenTemplateInterp {
				add(1)
			}
			open = append(open, level{token: t.Type})
		case hclsyntax.TokenTemplateControl:
			add(control(tokens[i+1:]))
			open = append(open, level{token: t.Type})
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
			if len(open) > 1 {
				add(-open[len(open)-1].depth)
				open = open[:len(open)-1]
			}
		case hclsyntax.TokenNewline, hclsyntax.TokenComma:
			if top := open[len(open)-1].token; t.Type == hclsyntax.TokenComma || top == 0 || top == hclsyntax.TokenOBrace {
				add(-open[len(open)-1].depth)
			}
		case hclsyntax.TokenPlus, hclsyntax.TokenMinus, hclsyntax.TokenStar, hclsyntax.TokenSlash, hclsyntax.TokenPercent, hclsyntax.TokenEqualOp, hclsyntax.TokenNotEqual,
			hclsyntax.TokenLessThan, hclsyntax.TokenLessThanEq, hclsyntax.TokenGreaterThan, hclsyntax.TokenGreaterThanEq,
			hclsyntax.TokenAnd, hclsyntax.TokenOr, hclsyntax.TokenBang, hclsyntax.TokenQuestion:
			add(1)
		}
		if total+len(open) > maxNesting {
			at := t.Range
			return hcl.Diagnostics{{
				Severity: hcl.DiagError, Subject: &at, Summary: "Nested too deeply",
				Detail: "More than 1,000 brackets, operators and template sequences stand within each other here. Split the expression, with locals for its parts.",
			}}
		}
	}
	return nil
}

// control returns what a control sequence adds to the depth: what it opens is
// closed by a sequence of its own.
func control(after hclsyntax.Tokens) int {
	if len(after) == 0 {
		return 1
	}
	switch word := string(after[0].Bytes); {
	case strings.HasPrefix(word, "end"):
		return -1
	case word == "else":
		return 0
	}
	return 1
}

// yamlTooDeep reports whether YAML may nest deeper than its decoder can bear:
// by brackets, or by sequences that begin within each other on one line. It
// may be wrong about text with a thousand brackets that are never closed.
func yamlTooDeep(s string) bool {
	flow, dashes, lineStart := 0, 0, true
	for i := range len(s) {
		switch s[i] {
		case '[', '{':
			flow++
		case ']', '}':
			flow = max(flow-1, 0)
		case '\n':
			dashes, lineStart = 0, true
			continue
		case ' ':
			continue
		case '-', '?', ':':
			if lineStart {
				dashes++
			}
		default:
			lineStart = false
		}
		if flow > maxNesting || dashes > maxNesting {
			return true
		}
	}
	return false
}
