package markdown

import (
	"herald/config/content"
	"herald/internal/view"
)

// since writes the differences folded, within a third of what is left.
func (s *sheet) since(d *view.PlanDoc) {
	if d.Since == nil {
		return
	}
	s.add(inline(d.SinceSummary()), "\n\n")
	differences := d.NotDone()
	if len(differences)+len(d.Settings) == 0 {
		return
	}
	room := s.left() / 3
	s.add("<details><summary>What differs</summary>\n\n")
	for _, setting := range d.Settings {
		one := "- " + inline(d.SettingWords(setting)) + "\n"
		room -= len(one)
		s.add(one)
	}
	s.add("\n")
	for i, x := range differences {
		it := d.Difference(x)
		one := codeSpan(it.Symbol) + " " + codeSpan(it.Address) + " " + inline(it.What) + "\n\n"
		if it.Was != "" {
			one += wordDiff(it.Was, it.Now)
		}
		if room -= len(one); room < 0 {
			s.add("… and ", content.Thousands(len(differences)-i), " more that differ.\n\n")
			break
		}
		s.add(one)
	}
	s.add(foldEnd)
}
