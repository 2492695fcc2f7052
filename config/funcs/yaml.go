package funcs

import (
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

var (
	// yamlKey is a key at the start of a line, plain or in quotes without
	// escapes, and its value.
	yamlKey = regexp.MustCompile(`^(?:"([^"\\]*)"|'([^']*)'|([^\s#"'\[\]{}&*!|>%@,?-][^:#]*?))\s*:(?:\s+(.*))?$`)
	// yamlBlock is the header of a text on the lines below.
	yamlBlock = regexp.MustCompile(`^(?:[&!]\S+\s+)*[|>][-+0-9]*\s*(?:#.*)?$`)
)

// repeatedYAMLKey returns the number of the first line whose key the same
// mapping has already, or 0: the library that reads YAML keeps the last of the
// two. It looks at mappings that are written a key a line, and at nothing
// behind a bracket or quote that is not closed on its line.
func repeatedYAMLKey(src string) int {
	keys := map[int]map[string]bool{} // of the open mappings, by their column
	text := -1                        // the column of the key whose text goes on
	for i, line := range strings.Split(src, "\n") {
		line = strings.TrimRight(line, " \t\r")
		rest := strings.TrimLeft(line, " ")
		column := len(line) - len(rest)
		if rest == "" || text >= 0 && column > text {
			continue
		}
		text = -1
		if rest[0] == '#' {
			continue
		}
		closeFrom(keys, column+1)
		for strings.HasPrefix(rest, "- ") { // which may stand below the key itself
			closeFrom(keys, column+1)
			item := strings.TrimLeft(rest[2:], " ")
			column, rest = column+len(rest)-len(item), item
			closeFrom(keys, column)
		}
		m := yamlKey.FindStringSubmatch(rest)
		if m == nil {
			if yamlBlock.MatchString(rest) {
				text = len(line) - len(strings.TrimLeft(line, " "))
			} else if opens(rest) {
				return 0
			}
			continue
		}
		name := cty.NormalizeString(m[1] + m[2] + m[3])
		if keys[column] == nil {
			keys[column] = map[string]bool{}
		}
		if keys[column][name] && name != "<<" {
			return i + 1
		}
		keys[column][name] = true
		switch {
		case yamlBlock.MatchString(m[4]):
			text = column
		case opens(m[4]):
			return 0
		}
	}
	return 0
}

// closeFrom forgets the mappings at a column and behind it.
func closeFrom(keys map[int]map[string]bool, column int) {
	for c := range keys {
		if c >= column {
			delete(keys, c)
		}
	}
}

// opens reports whether a value may go on in the next line, in a bracket or a
// quote.
func opens(value string) bool {
	if value == "" {
		return false
	}
	i := strings.IndexByte(`"'[{`, value[0])
	return i >= 0 && (len(value) == 1 || !strings.Contains(value[1:], `"']}`[i:i+1])) || strings.IndexByte("&!", value[0]) >= 0 && strings.ContainsAny(value, `"'[{`)
}
