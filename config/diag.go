package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
)

// errorAt returns an error: a summary of a few words without names, and a
// detail in sentences.
func errorAt(at hcl.Range, summary, detail string) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: &at}
}

func errorf(at hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	return errorAt(at, summary, fmt.Sprintf(format, args...))
}

func warningAt(at hcl.Range, summary, detail string) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: summary, Detail: detail, Subject: &at}
}

// near returns the name that was probably meant, or an empty string.
func near(given string, names []string) string {
	best, at := 3, ""
	switch {
	case len(given) < 2:
		best = 0
	case len(given) < 5:
		best = 2
	}
	for _, name := range slices.Sorted(slices.Values(names)) {
		if name == given {
			continue
		}
		if strings.EqualFold(name, given) {
			return name
		}
		if d := levenshtein.Distance(given, name, nil); d < best {
			best, at = d, name
		}
	}
	return at
}

// didYouMean returns a sentence that proposes the near name, behind a space,
// or nothing.
func didYouMean(given string, names []string) string {
	if n := near(given, names); n != "" {
		return " Did you mean " + n + "?"
	}
	return ""
}

// orList writes names as "a, b or c", in their order.
func orList(names []string) string {
	switch len(names) {
	case 0:
		return "none"
	case 1:
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// sortDiags orders diagnostics by file and place, so that equal input gives
// equal output whatever ran at the same time.
func sortDiags(diags hcl.Diagnostics) {
	slices.SortStableFunc(diags, func(a, b *hcl.Diagnostic) int {
		switch {
		case a.Subject == nil && b.Subject == nil:
			return 0
		case a.Subject == nil:
			return -1
		case b.Subject == nil:
			return 1
		}
		if c := strings.Compare(a.Subject.Filename, b.Subject.Filename); c != 0 {
			return c
		}
		return a.Subject.Start.Byte - b.Subject.Start.Byte
	})
}
