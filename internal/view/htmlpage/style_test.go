package htmlpage

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// grounds says what each text colour of the style may stand on.
var grounds = map[string][]string{
	"ink":         {"page", "card", "screen", "box", "new", "gone"},
	"dim":         {"page", "card", "screen", "box"},
	"accent":      {"page", "card", "screen", "box"},
	"send-ink":    {"send"},
	"sent-ink":    {"sent"},
	"doubt-ink":   {"doubt", "card", "screen", "page"},
	"held-ink":    {"card", "screen"},
	"refused-ink": {"refused", "card", "screen", "page"},
	"ok-ink":      {"card", "page"},
	"mark-ink":    {"mark"},
}

var customProperty = regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`)

// TestContrast computes the contrast of every text with what it stands on, as
// the Web Content Accessibility Guidelines 2.2 have it, in both themes.
func TestContrast(t *testing.T) {
	style, err := htmlFiles.ReadFile("html/style.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, ok := strings.Cut(string(style), "@media (prefers-color-scheme: dark)")
	dark, _, ok2 := strings.Cut(dark, "/* The page. */")
	if !ok || !ok2 {
		t.Fatal("the style has not the two themes")
	}
	themes := map[string]map[string]string{"light": {}, "dark": {}}
	for name, css := range map[string]string{"light": light, "dark": dark} {
		for _, m := range customProperty.FindAllStringSubmatch(css, -1) {
			themes[name][m[1]] = m[2]
		}
	}
	if a, b := len(themes["light"]), len(themes["dark"]); a != b || a < 20 {
		t.Errorf("the light theme has %d colours, the dark one %d", a, b)
	}
	for name, colours := range themes {
		for text, list := range grounds {
			for _, ground := range list {
				if c := contrast(colours[text], colours[ground]); c < 4.5 {
					t.Errorf("%s: %s on %s has a contrast of %.2f", name, text, ground, c)
				}
			}
		}
		// What is no text: lines that tell one bubble from another, and hearts.
		for _, sign := range []string{"edge", "heart"} {
			for _, ground := range []string{"card", "screen"} {
				if c := contrast(colours[sign], colours[ground]); c < 3 {
					t.Errorf("%s: %s on %s has a contrast of %.2f", name, sign, ground, c)
				}
			}
		}
		for colour := range colours {
			if strings.HasSuffix(colour, "-ink") && grounds[colour] == nil {
				t.Errorf("it is not said what %s stands on", colour)
			}
		}
	}
}

// contrast is that of two colours such as #1c1c1f, from 1 to 21; 0 for what is
// no colour.
func contrast(a, b string) float64 {
	x, okX := luminance(a)
	y, okY := luminance(b)
	if !okX || !okY {
		return 0
	}
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(colour string) (float64, bool) {
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 24)
	if err != nil {
		return 0, false
	}
	sum := 0.0
	for i, weight := range []float64{0.0722, 0.7152, 0.2126} {
		v := float64(n>>(8*i)&0xff) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum, true
}

// TestLongThreadIsFolded holds that what is next to the present is unfolded.
func TestLongThreadIsFolded(t *testing.T) {
	messages := func(n int) []*htmlMessage {
		list := make([]*htmlMessage, n)
		for i := range list {
			list[i] = &htmlMessage{Time: fmt.Sprint(i)}
		}
		return list
	}
	for _, c := range []struct {
		before, now int
		want        string
	}{
		{0, 1, "1"},
		{0, 100, "100"},
		{0, 250, "100; Messages 101 to 200 of this plan: 100; Messages 201 to 250 of this plan: 50"},
		{3, 2, "[Before this plan] 3; [With this plan] 2"},
		{20, 0, "[Before this plan] 20"},
		{121, 1, "[Before this plan] Messages 1 to 100 sent before: 100; Message 101 sent before: 1; 20; [With this plan] 1"},
	} {
		th := &htmlThread{before: messages(c.before), now: messages(c.now)}
		th.chunk()
		var parts []string
		n := 0
		for _, chunk := range th.Chunks {
			part := fmt.Sprint(len(chunk.Messages))
			if chunk.Fold != "" {
				part = chunk.Fold + ": " + part
			}
			if chunk.Divide != "" {
				part = "[" + chunk.Divide + "] " + part
			}
			parts = append(parts, part)
			n += len(chunk.Messages)
		}
		if got := strings.Join(parts, "; "); got != c.want || n != c.before+c.now {
			t.Errorf("%d and %d: %s\nwant %s", c.before, c.now, got, c.want)
		}
	}
}

// TestEveryClassHasAStyle finds classes that the templates name and the style
// does not know, or the other way round.
func TestEveryClassHasAStyle(t *testing.T) {
	style, err := htmlFiles.ReadFile("html/style.css")
	if err != nil {
		t.Fatal(err)
	}
	var styled []string
	for _, m := range regexp.MustCompile(`\.([a-z]+)[^a-z{;]*?`).FindAllStringSubmatch(regexp.MustCompile(`\{[^{}]*\}`).ReplaceAllString(string(style), "{}"), -1) {
		styled = append(styled, m[1])
	}
	used := []string{"added", "changed", "gone", "done", "undone", "broken", "send", "sent", "held", "doubt", "edited", "refused", "skipped", "ok", "theirs", "error", "warning", "audio"}
	files, err := htmlFiles.ReadDir("html")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := htmlFiles.ReadFile("html/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`class="([^"]*)"`).FindAllStringSubmatch(string(text), -1) {
			for name := range strings.FieldsSeq(regexp.MustCompile(`\{\{[^}]*\}\}`).ReplaceAllString(m[1], " ")) {
				used = append(used, name)
			}
		}
	}
	for _, name := range styled {
		if !slices.Contains(used, name) {
			t.Errorf("the style has .%s, and no page does", name)
		}
	}
}
