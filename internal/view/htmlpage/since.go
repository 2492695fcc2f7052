package htmlpage

import (
	"herald/config/content"
	"herald/internal/view"
)

// htmlDifference is a difference from the plan that was reviewed before.
type htmlDifference struct {
	Class, Sign, Word string
	Address           []htmlRun
	What              []htmlWord
	Diff              []htmlRun
}

// openDifferences is how many differences are unfolded.
const openDifferences = 20

// since writes what differs from the plan that was reviewed before.
func (s *htmlSheet) since(d *view.PlanDoc) {
	differences := d.NotDone()
	if d.Since == nil || len(differences)+len(d.Settings) == 0 {
		return
	}
	var settings [][]htmlWord
	for _, setting := range d.Settings {
		settings = append(settings, htmlWords(d.SettingWords(setting)))
	}
	s.part("since-head", settings)
	for i, x := range differences {
		if i == openDifferences {
			s.part("since-more", content.Thousands(len(differences)-i))
		}
		s.part("difference", newHTMLDifference(view.DescribeDifference(x)))
	}
	s.part("since-foot", len(differences) > openDifferences)
}

func newHTMLDifference(it view.DifferenceItem) htmlDifference {
	h := htmlDifference{Class: "changed", Sign: "~", Word: "Changed", Address: htmlLine(it.Address), What: htmlWords(it.What)}
	switch it.Symbol {
	case "+":
		h.Class, h.Sign, h.Word = "added", "+", "Added"
	case "-":
		h.Class, h.Sign, h.Word = "gone", "−", "No longer there"
	}
	if it.Was != "" {
		h.Diff = htmlDiff(it.Was, it.Now)
	}
	return h
}
