package odd

import (
	"regexp"
	"strings"
)

// values are what programs write in the place of a value that is missing,
// wherever it stands.
var values = [...]pattern{
	{re: regexp.MustCompile(`<(no value|nil|null|none|undefined|unknown)>`), has: []string{"<"}},
	{re: regexp.MustCompile(`\(null\)|\[object Object\]`), has: []string{"(null)", "[object"}},
	{re: regexp.MustCompile(`\b(undefined|NaN)\b`), has: []string{"undefined", "NaN"}},
	{re: regexp.MustCompile(`[\pL\d][ \t]{2,},|,[ \t]+,`), has: []string{" ,", "\t,"}},
}

// greeting are the words behind which a name stands. Those of French may be
// followed by a space and an exclamation mark, and are not among them.
const greeting = `(?i:hi|hiya|hello|hey|dear|good (?:morning|afternoon|evening)|hallo|liebe[rs]?|sehr geehrter?|` +
	`guten (?:tag|morgen|abend)|moin|servus|hola|querid[oa]|estimad[oa]|buenos días|ciao|car[oa]|gentile|olá|oi|prezad[oa]|` +
	`hoi|beste|geachte|hej|kära|hei|kære)`

// greetings are looked for at the beginning of a line. A face (":)") may stand
// behind a greeting, and so may three dots.
var greetings = [...]pattern{
	{re: regexp.MustCompile(`^[ \t]*` + greeting + `[ \t]+(null|undefined|none|None|nil)\b`), has: []string{"null", "undefined", "one", "nil"}},
	{re: regexp.MustCompile(`^[ \t]*` + greeting + `[ \t]+([,!?]|\.($|[^.]))`), has: []string{" ,", " !", " ?", " .", "\t"}},
	{re: regexp.MustCompile(`^[ \t]*(?i:dear|lieber|sehr geehrter?|estimad[oa]|prezad[oa]|cher|chère|geachte|beste),`), has: []string{","}},
}

// appendEmptyNames goes before appendPlaceholders: "<no value>" is an empty
// value first.
func appendEmptyNames(found []span, text string) []span {
	found = appendMatches(found, text, EmptyName, values[:])
	start := 0
	for line := range strings.SplitSeq(text, "\n") {
		for _, p := range greetings {
			if !containsAny(line, p.has) {
				continue
			}
			if at := p.re.FindStringIndex(line); at != nil && free(found, start+at[0], start+at[1]) {
				found = append(found, span{EmptyName, start + at[0] + len(line) - len(strings.TrimLeft(line, " \t")), start + at[1]})
				break
			}
		}
		start += len(line) + 1
	}
	return found
}
