package safe

import (
	"regexp"
	"strings"
)

// command is what the runners of GitHub Actions and Azure Pipelines take for a
// command anywhere in a line of a step's output: "##[error]",
// "##vso[task.setvariable]" (actions/runner, ActionCommand.TryParse).
var command = regexp.MustCompile(`##[A-Za-z]*\[`)

// unCommand marks the first character of each such command.
func unCommand(s string) string {
	if !strings.Contains(s, "##") {
		return s
	}
	return command.ReplaceAllStringFunc(s, func(found string) string { return "⟨U+0023⟩" + found[1:] })
}

// Output returns a line of output so that no runner takes it for a command:
// GitHub's takes one that begins with "::", white space and colours apart
// (actions/runner, ActionCommand.TryParseV2). The line is safe already; what
// wrapping has put at its beginning is what this is for.
func Output(line string) string {
	rest := line
	for {
		trimmed := strings.TrimLeft(rest, " \t")
		if strings.HasPrefix(trimmed, "\x1b[") {
			if end := strings.IndexByte(trimmed, 'm'); end >= 0 {
				rest = trimmed[end+1:]
				continue
			}
		}
		if !strings.HasPrefix(trimmed, "::") {
			return line
		}
		return line[:len(line)-len(trimmed)] + "⟨U+003A⟩" + trimmed[1:]
	}
}
