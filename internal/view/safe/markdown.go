package safe

import "strings"

// Code returns s as one line in a code span of Markdown. Nothing within it is
// a mention, a reference, a link or HTML, and it cannot end the span: the span
// is delimited by a longer run of backticks than any within.
func Code(s string) string {
	s = Line(s)
	if s == "" {
		return "` `"
	}
	delimiter := strings.Repeat("`", longest(s, '`')+1)
	// A space at both ends is taken off by the reader of the Markdown; it is
	// needed beside a backtick, and where s has one at both ends itself.
	if s[0] == '`' || s[len(s)-1] == '`' || s[0] == ' ' && s[len(s)-1] == ' ' && strings.Trim(s, " ") != "" {
		s = " " + s + " "
	}
	return delimiter + s + delimiter
}

// Cell returns s as Code does, for a cell of a table: there a vertical bar
// would end the cell even within a code span, so it is a mark.
func Cell(s string) string {
	return Code(strings.ReplaceAll(s, "|", "⟨U+007C⟩"))
}

// Fence returns s as a fenced block of Markdown with a line break at its end,
// to be put at the beginning of a line behind an empty one. The fence is
// longer than any run of backticks within, and a line within is no command to
// the runner of a pipeline, should the document be printed there, nor one to
// GitLab. info is a word such as "text".
func Fence(info, s string) string {
	s = Text(s)
	ticks := longest(s, '`')
	if ticks >= 3 || strings.Contains(s, "::") {
		lines := strings.Split(s, "\n")
		for i, line := range lines {
			// GitLab takes "/merge" at the beginning of a line for a quick action,
			// and has looked for the end of a fence with a pattern that knows
			// three backticks only.
			if ticks >= 3 && strings.HasPrefix(line, "/") {
				line = "⟨U+002F⟩" + line[1:]
			}
			lines[i] = Output(line)
		}
		s = strings.Join(lines, "\n")
	}
	fence := strings.Repeat("`", max(3, ticks+1))
	return fence + info + "\n" + strings.TrimSuffix(s, "\n") + "\n" + fence + "\n"
}

// longest returns the length of the longest run of c in s.
func longest(s string, c byte) int {
	most, run := 0, 0
	for i := range len(s) {
		if s[i] != c {
			run = 0
			continue
		}
		run++
		most = max(most, run)
	}
	return most
}
