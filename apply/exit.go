package apply

// The exit codes of an apply, by what it leaves.
const (
	exitDone        = 0
	exitStopped     = 1
	exitUndelivered = 3
	exitInDoubt     = 4
	exitRefused     = 5
)

// ExitCode returns the command's exit code: 5 if the run was refused; else 4
// if anything of the plan is in doubt; else 1 if the run stopped before any
// POST; else 3 if anything that it had to send is undelivered; else 0. What is
// left for a later run is neither. Of a run that prepares it is 5, 1 or 0: what
// is in doubt or held is no hindrance to the apply that follows, which settles
// it and says so.
func (rep *Report) ExitCode() int {
	if rep.Refused {
		return exitRefused
	}
	count := make(map[Result]int)
	for i := range rep.Results {
		count[rep.Results[i].Result]++
	}
	stopped := count[ResultStopped] + count[ResultNone]
	switch {
	case rep.Prepare && rep.Broken == nil && stopped == 0:
	case rep.Prepare:
		return exitStopped
	case rep.InDoubt > 0 || count[ResultInDoubt] > 0:
		return exitInDoubt
	case rep.Posts == 0 && (stopped > 0 || rep.Broken != nil):
		return exitStopped
	case stopped+count[ResultHeld]+count[ResultRejected] > 0:
		return exitUndelivered
	}
	return exitDone
}
