package browser

import (
	"strings"
	"testing"
)

// unfold opens every fold of a page.
const unfold = `document.querySelectorAll("details").forEach(d => d.open = true); document.querySelectorAll("details").length`

// contrasts lists the texts of the page whose colour is too near to what is
// behind them: below 4.5 to 1, or below 3 to 1 for what is a sign and no word.
const contrasts = `(() => {
	const canvas = document.createElement("canvas");
	canvas.width = canvas.height = 1;
	const brush = canvas.getContext("2d", {willReadFrequently: true});
	const seen = new Map();
	const rgba = css => {
		if (!seen.has(css)) {
			brush.clearRect(0, 0, 1, 1);
			brush.fillStyle = css;
			brush.fillRect(0, 0, 1, 1);
			const d = brush.getImageData(0, 0, 1, 1).data;
			seen.set(css, [d[0], d[1], d[2], d[3] / 255]);
		}
		return seen.get(css);
	};
	const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
	const luminance = c => [0, 1, 2].map(i => c[i] / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = el => el ? over(rgba(getComputedStyle(el).backgroundColor), behind(el.parentElement)) : [255, 255, 255, 1];
	const bad = [];
	let count = 0;
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const text = walk.currentNode.data.trim(), el = walk.currentNode.parentElement;
		if (!text || !el.checkVisibility() || el.closest(".vh, .skip")) continue;
		count++;
		const bg = behind(el), fg = over(rgba(getComputedStyle(el).color), bg);
		const [a, b] = [luminance(fg), luminance(bg)].sort((x, y) => y - x);
		const ratio = (a + 0.05) / (b + 0.05);
		if (ratio < (/[\p{L}\p{N}]/u.test(text) ? 4.5 : 3)) bad.push(ratio.toFixed(2) + " " + el.className + " " + text.slice(0, 40));
	}
	return {count, bad};
})()`

// overflow names what is wider than the screen, if the page can be moved sideways.
const overflow = `(() => {
	const root = document.scrollingElement;
	if (root.scrollWidth <= root.clientWidth) return [];
	const wide = [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > root.clientWidth + 1);
	return [root.scrollWidth + " > " + root.clientWidth].concat(wide.slice(0, 5).map(e => e.tagName + "." + e.className));
})()`

func TestPages(t *testing.T) {
	browser := browse(t)
	for _, name := range []string{"plan", "plan-since", "run", "hostile"} {
		file := golden(t, name+".html")
		for _, s := range screens {
			if name == "hostile" && s.theme == "dark" == s.mobile {
				continue // some of the screens will do
			}
			t.Run(name+"-"+s.name, func(t *testing.T) {
				p := open(t, browser, file, s)
				p.shoot(name + "-" + s.name)
				folds := ask[int](p, unfold)
				if folds == 0 && name != "run" {
					t.Error("there is nothing to fold")
				}
				if wide := ask[[]string](p, overflow); len(wide) > 0 {
					t.Errorf("the page is wider than the screen: %s", strings.Join(wide, ", "))
				}
				colours := ask[struct {
					Count int      `json:"count"`
					Bad   []string `json:"bad"`
				}](p, contrasts)
				if colours.Count < 20 || len(colours.Bad) > 0 {
					t.Errorf("of %d texts these are hard to see:\n  %s", colours.Count, strings.Join(colours.Bad, "\n  "))
				}
				p.shootRest(name + "-" + s.name)
				p.quiet(file)
			})
		}
	}
}
