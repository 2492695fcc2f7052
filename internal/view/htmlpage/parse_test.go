package htmlpage

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"herald/internal/view/viewtest"
)

// The elements and attributes that our pages have. Whatever else turns up was
// brought along by a text.
var (
	ourElements = []string{
		"html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "article", "details", "summary",
		"h1", "h2", "h3", "p", "ul", "ol", "li", "dl", "dt", "dd", "div", "span", "a", "code", "pre", "bdi", "mark", "ins", "del", "u", "time", "svg", "path",
	}
	ourAttributes = []string{
		"lang", "dir", "translate", "id", "class", "title", "role", "aria-label", "aria-hidden", "aria-labelledby", "tabindex", "open", "href", "rel", "datetime",
		"charset", "http-equiv", "content", "name", "viewbox", "d",
	}
)

// htmlPage is a page as a browser reads it.
type htmlPage struct {
	root  *html.Node
	texts strings.Builder
	style string
	links []string
	meta  map[string]string
}

// checkHTML reads a page as a browser does, and holds that there is nothing in
// it that runs or is fetched, and nothing but our elements.
func checkHTML(t *testing.T, doc []byte) *htmlPage {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	p := &htmlPage{root: root, meta: map[string]string{}}
	ids, refs := map[string]bool{}, []string{}
	for n := range root.Descendants() {
		switch n.Type {
		case html.ElementNode:
			if !slices.Contains(ourElements, n.Data) {
				t.Errorf("a foreign element: %s", n.Data)
			}
			refs = append(refs, p.checkElement(t, n, ids)...)
		case html.TextNode:
			if n.Parent.Data == "style" {
				p.style += n.Data
			} else {
				p.texts.WriteString(n.Data)
			}
		case html.CommentNode:
			t.Errorf("a comment: %q", n.Data)
		case html.DoctypeNode, html.DocumentNode, html.RawNode, html.ErrorNode:
		}
	}
	for _, ref := range refs {
		if !ids[ref] {
			t.Errorf("there is no element with the id %q", ref)
		}
	}
	viewtest.CheckRunes(t, string(doc))
	checkPolicy(t, p)
	return p
}

// checkElement checks the attributes of an element, and returns the ids that
// it refers to.
func (p *htmlPage) checkElement(t *testing.T, n *html.Node, ids map[string]bool) (refs []string) {
	t.Helper()
	attr := map[string]string{}
	for _, a := range n.Attr {
		attr[strings.ToLower(a.Key)] = a.Val
		if !slices.Contains(ourAttributes, strings.ToLower(a.Key)) || a.Namespace != "" {
			t.Errorf("a foreign attribute: %s=%q of %s", a.Key, a.Val, n.Data)
		}
	}
	if id, ok := attr["id"]; ok {
		if ids[id] || id == "" {
			t.Errorf("the id %q stands there twice", id)
		}
		ids[id] = true
	}
	if id := attr["aria-labelledby"]; id != "" {
		refs = append(refs, id)
	}
	if name := attr["name"] + attr["http-equiv"]; name != "" {
		p.meta[name] = attr["content"]
	}
	to, linked := attr["href"]
	switch {
	case n.Data != "a":
		if linked {
			t.Errorf("%s has a link", n.Data)
		}
	case strings.HasPrefix(to, "#"):
		refs = append(refs, to[1:])
	default:
		p.links = append(p.links, to)
		u, err := url.Parse(to)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			t.Errorf("a link to %q", to)
		}
		if attr["rel"] != "noreferrer noopener" {
			t.Errorf("the link to %q tells where it was found", to)
		}
	}
	return refs
}

// checkPolicy holds that the page forbids everything but its own style, which
// fetches nothing.
func checkPolicy(t *testing.T, p *htmlPage) {
	t.Helper()
	sum := sha256.Sum256([]byte(p.style))
	want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
	if got := p.meta["Content-Security-Policy"]; got != want {
		t.Errorf("the policy is\n%s\nwant\n%s", got, want)
	}
	if p.meta["referrer"] != "no-referrer" || p.meta["color-scheme"] != "light dark" || !strings.Contains(p.meta["viewport"], "width=device-width") {
		t.Errorf("the page says of itself %q", p.meta)
	}
	for _, s := range []string{"url(", "@import", "@font-face", "image(", "image-set(", "src(", "\\", "expression", "<"} {
		if strings.Contains(p.style, s) {
			t.Errorf("the style has %q", s)
		}
	}
}

// has holds that the page says each of the texts.
func (p *htmlPage) has(t *testing.T, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if !strings.Contains(p.texts.String(), s) {
			t.Errorf("the page does not say %q", s)
		}
	}
}
