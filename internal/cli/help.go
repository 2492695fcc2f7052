package cli

import (
	"context"
	"slices"
	"strings"
)

func (a *App) helpCommand() command {
	return command{
		name: "help", args: "[COMMAND...]", max: -1, synopsis: "Show how a command is called.",
		help:   "Shows how one command is called, as in herald help plan or herald help state list; without a name, all commands. herald COMMAND -help does the same.",
		offers: func() []command { return a.commands() },
		action: func(_ context.Context, args []string) int { return a.runHelp(args) },
	}
}

func (a *App) runHelp(names []string) int {
	if len(names) == 0 {
		a.say(a.rootUsage())
		return exitOK
	}
	parent, found := "", command{name: "herald", subs: a.commands()}
	for _, name := range names {
		parent = strings.TrimSpace(parent + " " + found.name)
		at := slices.IndexFunc(found.subs, func(c command) bool { return c.name == name })
		if at < 0 {
			a.report(unknownCommand(parent, name, found.subs))
			return exitError
		}
		found = found.subs[at]
	}
	a.say(strings.TrimRight(found.usage(parent), "\n"))
	return exitOK
}
