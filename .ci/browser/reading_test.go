package browser

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// spoken lists what a screen reader is told: "role name" of each element that
// it does not leave out.
func (p *tab) spoken() []string {
	p.Helper()
	tree, err := chromedp.Call(p.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	p.must(err)
	var list []string
	for _, n := range tree.Nodes {
		if n.Ignored || n.Role == nil {
			continue
		}
		list = append(list, strings.TrimSpace(plain(n.Role)+" "+plain(n.Name)))
	}
	return list
}

func plain(v *accessibility.Value) string {
	s := ""
	if v != nil && len(v.Value) > 0 {
		if err := json.Unmarshal(v.Value, &s); err != nil {
			return string(v.Value)
		}
	}
	return s
}

func TestScreenReader(t *testing.T) {
	browser := browse(t)
	for name, want := range map[string][]string{
		"plan": {
			"RootWebArea Herald: Plan: 8 to send, 2 to react, 1 to unreact, 1 to settle, 1 held, 1 moved.", "banner", "main", "contentinfo",
			"link Skip to the conversations", "list Beware", "list Accounts", "region Errors and warnings", "region Moved in the record, without sending",
			"region What each person will get, in this order", "heading What each person will get, in this order", "heading To ana", "list", "listitem",
			"link https://cdn.example.com/parcel.gif", "image Heart sticker", "list Reactions",
		},
		"plan-since": {"region What differs from the plan that was reviewed", "deletion", "insertion", "mark"},
		"run":        {"banner", "main", "contentinfo", "region Errors and warnings", "heading Refused by Instagram 1", "time", "region Outputs"},
	} {
		t.Run(name, func(t *testing.T) {
			p := open(t, browser, golden(t, name+".html"), screens[1])
			said := p.spoken()
			for _, s := range want {
				if !slices.ContainsFunc(said, func(x string) bool { return x == s || strings.HasPrefix(x, s+" ") }) {
					t.Errorf("a screen reader is not told %q; it is told\n  %s", s, strings.Join(said, "\n  "))
				}
			}
			if skipped := ask[[]string](p, `(() => {
				let last = 0;
				return [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(h => {
					const level = +h.tagName[1], skips = level > last + 1;
					last = level;
					return skips;
				}).map(h => h.outerHTML);
			})()`); len(skipped) > 0 {
				t.Errorf("headings that skip a level: %q", skipped)
			}
			if unlike := ask[[]string](p, `[...document.querySelectorAll(".thread .message:not(.theirs)")].filter(m => !m.querySelector(".label").textContent.trim()).map(m => m.textContent)`); len(unlike) > 0 {
				t.Errorf("messages that are told by their colour alone: %q", unlike)
			}
		})
	}
}

// focused names the element that has the focus.
const focused = `document.activeElement.matches(":focus-visible") + " " + document.activeElement.tagName + " " + document.activeElement.innerText.split("\n")[0]`

func TestKeyboard(t *testing.T) {
	p := open(t, browse(t), golden(t, "plan.html"), screens[3])
	press := func(key string) string {
		t.Helper()
		p.must(chromedp.Do(p.ctx, chromedp.KeyEvent(key)))
		return ask[string](p, focused)
	}
	if got, want := press(kb.Tab), "true A Skip to the conversations"; got != want {
		t.Errorf("the first stop is %q, not %q", got, want)
	}
	if top := ask[float64](p, `document.activeElement.getBoundingClientRect().top`); top < 0 {
		t.Errorf("the skip link is not in sight: it is at %g", top)
	}
	press(kb.Enter)
	var stops []string
	for range 4 {
		stops = append(stops, press(kb.Tab))
	}
	// The first conversation, its two links, the second conversation.
	want := []string{"true SUMMARY ", "true A https://shop.example/track/4711", "true A https://cdn.example.com/parcel.gif", "true SUMMARY "}
	for i := range want {
		if !strings.HasPrefix(stops[i], want[i]) {
			t.Errorf("stop %d is %q, not %q", i+2, stops[i], want[i])
		}
	}
	state := `document.activeElement.parentElement.open`
	before := ask[bool](p, state)
	press(kb.Enter)
	if ask[bool](p, state) == before {
		t.Error("Enter does not fold the conversation")
	}
	press(" ")
	if ask[bool](p, state) != before {
		t.Error("the space bar does not unfold the conversation")
	}
}

// TestPolicyHolds puts into the page what a text must never get there, past
// every escape: even then nothing runs, nothing is fetched and nothing is sent.
func TestPolicyHolds(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer server.Close()
	p := open(t, browse(t), golden(t, "plan.html"), screens[3])
	ask[bool](p, strings.ReplaceAll(`(() => {
		document.body.insertAdjacentHTML("beforeend", '<img src="SERVER/a.png" onerror="window.ran = 1">'
			+ '<p id="evil" style="color: rgb(1, 2, 3)" onclick="window.ran = 1">x</p><iframe src="SERVER/b.html"></iframe>'
			+ '<link rel="stylesheet" href="SERVER/c.css"><style>body { background: url(SERVER/d.png) }</style>'
			+ '<form action="SERVER/e"><button id="send">x</button></form><base href="SERVER/f/">');
		const script = document.createElement("script");
		script.textContent = "window.ran = 1";
		document.body.append(script);
		document.getElementById("evil").click();
		document.getElementById("send").click();
		return true;
	})()`, "SERVER", server.URL))
	deadline := time.Now().Add(10 * time.Second)
	for _, directive := range []string{"img-src", "script-src", "style-src", "frame-src", "form-action", "base-uri"} {
		for !p.refused(directive) {
			if time.Now().After(deadline) {
				t.Fatalf("nothing was refused by %s; the browser says:\n  %s", directive, strings.Join(p.said, "\n  "))
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	if ask[bool](p, `"ran" in window`) {
		t.Error("a script ran")
	}
	if ask[string](p, `getComputedStyle(document.getElementById("evil")).color`) == "rgb(1, 2, 3)" {
		t.Error("a style of an element counts")
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("the page asked for %d things", n)
	}
}

// refused reports whether the browser says that the directive refused something.
func (p *tab) refused(directive string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.said, func(s string) bool { return strings.Contains(s, directive) })
}

// TestPrint holds that what is folded is printed.
func TestPrint(t *testing.T) {
	p := open(t, browse(t), golden(t, "hostile.html"), screens[3])
	const hidden = `[...document.querySelectorAll(".thread .bubble")].filter(b => !b.checkVisibility({contentVisibilityAuto: false})).length`
	if ask[int](p, hidden) == 0 {
		t.Fatal("no message is folded, so there is nothing to test")
	}
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	p.must(err)
	if n := ask[int](p, hidden); n > 0 {
		t.Errorf("%d messages are not printed", n)
	}
	pdf, err := chromedp.Run(p.ctx, chromedp.PrintToPDF())
	p.must(err)
	if !strings.HasPrefix(string(pdf), "%PDF-") {
		t.Errorf("it prints %s", fmt.Sprintf("%.20q", pdf))
	}
}
