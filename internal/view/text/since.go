package text

import (
	"herald/internal/view"
	"herald/internal/view/safe"
	"herald/internal/view/wording"
)

// maxDifferences is how many differences a page shows, maxDiffBody how many
// lines of each text.
const maxDifferences, maxDiffBody = 6, 4

// since writes what differs from the plan that was reviewed before.
func (p *page) since(d *view.PlanDoc, verbose bool) {
	if d.Since == nil {
		return
	}
	p.para("", p.Bold, d.SinceSummary().Line())
	p.line()
	body := maxDiffBody
	if verbose {
		body = 0
	}
	differences := d.NotDone()
	for i, x := range differences {
		if i == maxDifferences && !verbose {
			p.line("      … and "+wording.Count(len(differences)-i, "more difference", "more differences"), " (-verbose shows all)")
			break
		}
		it := d.Difference(x)
		style := map[string]string{"+": p.Green, "-": p.Red, "~": p.Yellow}[it.Symbol]
		p.line("  ", p.Paint(style, it.Symbol), " ", p.Paint(p.Bold, safe.Line(it.Address)), "  ", p.Paint(p.Dim, it.What.Line()))
		if it.Was != "" {
			p.wordDiff("      ", it.Was, it.Now, body)
		}
	}
	for _, s := range d.Settings {
		p.para("  ", "", d.SettingWords(s).Line())
	}
	if len(differences)+len(d.Settings) > 0 {
		p.line()
	}
}
