package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/apply/instagram/access"
	"herald/plan"
	"herald/state"
)

// failure turns an error from below into a diagnostic that says what to do.
func failure(err error) hcl.Diagnostics {
	var (
		locked   *state.LockedError
		damaged  *state.FormatError
		planFile *plan.FormatError
		token    *access.TokenError
		endpoint *access.EndpointError
		store    *state.StoreError
		sealed   *state.SealError
		marked   *state.MarkedError
		refused  refusal
		told     hcl.Diagnostics
	)
	if many, ok := err.(interface{ Unwrap() []error }); ok { // errors.Join: each has its say
		for _, e := range many.Unwrap() {
			told = append(told, failure(e)...)
		}
		return told
	}
	if diags := mergeFailure(err); diags != nil {
		return diags
	}
	switch {
	case errors.As(err, &refused):
		return hcl.Diagnostics(refused)
	case errors.As(err, &told):
		return told
	case errors.As(err, &token):
		return fail("No usable token", sentence(token.Error()))
	case errors.As(err, &locked):
		return fail("Record is locked", lockedText(locked)+" A lock whose holder has died is freed by the system: there is nothing to clean up.")
	case errors.As(err, &marked):
		return markedFailure(marked)
	case errors.As(err, &store):
		return storeFailure(store)
	case errors.As(err, &sealed):
		return fail("Encryption cannot be used", sentence(sealed.Problem)+" "+sealed.Advice)
	case errors.As(err, &damaged):
		return fail("Record cannot be trusted", inFile(damaged.Error(), damaged.Advice))
	case errors.As(err, &planFile):
		return fail("Plan file cannot be used", inFile(planFile.Error(), planFile.Advice))
	case errors.As(err, &endpoint):
		return fail("Token must not go there", sentence(endpoint.Error()))
	case errors.Is(err, state.ErrNoRecord):
		return noRecord("", "")
	case errors.Is(err, state.ErrLockLost):
		return fail("Lock on the record is lost", "The lock was taken away while this run held it, or it could not be renewed in time, so another run may have begun. The run stopped before its next call, and what was under way is in doubt. See that no other run is under way, and plan again. If the store itself was restored or has failed over meanwhile, it may lack what was sent last; then look for that first:\n\n  herald recover")
	case errors.Is(err, syscall.ENOSPC) && aboutStdout(err):
		return fail("Output could not be written", sentence(err.Error())+" The disk that standard output goes to is full. What is recorded is not touched by that. Make room there, or send the output elsewhere, and run the command again.")
	case errors.Is(err, syscall.ENOSPC):
		return fail("Disk is full", sentence(err.Error())+" What cannot be recorded is not sent. Make room, and run the command again.")
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fail("Permission denied", sentence(err.Error())+" What cannot be recorded is not sent. Make the directory and the record's files writable for this user, and run the command again.")
	case errors.Is(err, fs.ErrNotExist):
		return fail("File not found", sentence(err.Error()))
	}
	return fail("Command did not succeed", sentence(err.Error()))
}

// aboutStdout reports whether the error is one of writing to standard output.
func aboutStdout(err error) bool {
	var path *fs.PathError
	return errors.As(err, &path) && path.Path == os.Stdout.Name()
}

// inFile makes sentences of an error that begins with a file's name, which
// keeps its small letters, and of what to do about it.
func inFile(problem, advice string) string {
	text := strings.TrimSpace("In " + problem + ". " + advice)
	if !strings.Contains(advice, "Nothing was sent") {
		text += " Nothing was sent, and no file was changed."
	}
	return text
}

// refusal is why nothing may be done because of the record or the plan: the
// exit code says so.
type refusal hcl.Diagnostics

// Error returns what the diagnostics say.
func (r refusal) Error() string { return hcl.Diagnostics(r).Error() }

// lockedText says who holds the lock, and what can be done about it.
func lockedText(locked *state.LockedError) string {
	return sentence(locked.Error()) +
		" Two runs at once could send the same message twice, so this one has stopped; nothing was sent. Wait for the other one to end, or let this one wait, with -lock-timeout=5m."
}

// storeFailure says why a store cannot be used. What the cause says, in the
// words of whoever found it, comes last.
func storeFailure(err *state.StoreError) hcl.Diagnostics {
	text := "The record is kept at " + err.Location + ": " + strings.TrimSuffix(err.Problem, ".") + "."
	advice, cause := err.Advice, ""
	var sealed *state.SealError
	switch {
	case errors.As(err.Err, &sealed):
		text += " " + sentence(sealed.Problem)
		advice = strings.TrimSpace(strings.TrimSuffix(sealed.Advice, nothingSent) + " " + advice)
	case err.Err != nil:
		if said := strings.Join(strings.Fields(err.Err.Error()), " "); !strings.Contains(text, said) {
			cause = "\n\nThe cause in full: " + said
		}
	}
	return fail("Store cannot be used", strings.TrimSpace(text+" "+advice)+cause)
}

// nothingSent ends the advice of many an error from below.
const nothingSent = " Nothing was sent."

// markedFailure says that a record is not to be worked with where it is.
func markedFailure(err *state.MarkedError) hcl.Diagnostics {
	at, from := err.Mark.At.UTC().Format(time.RFC3339), shellWord(err.Mark.Place)
	if err.Mark.Kind == state.Arriving {
		return fail("A move has not ended", fmt.Sprintf("A record was on its way to %s at %s, from %s, when herald state migrate was ended. Until that has gone on, nothing is sent from here.%s Run it again, it goes on where it was:\n\n  herald state migrate -from=%s",
			err.Location, at, err.Mark.Place, nothingSent, from))
	}
	return fail("Record has moved", fmt.Sprintf("The record at %s was moved at %s. It is kept here now:\n\n  %s\n\nWhat was sent since is not known at the former place: whoever went on from there would send it again. Let the configuration say where the record is, herald { state \"…\" { … } }, as it does where the move was made; perhaps this is an older branch.%s What the former record held can still be read:\n\n  herald state pull\n\nTo have the record back here:\n\n  herald state migrate -from=%s",
		err.Location, at, err.Mark.Place, nothingSent, from))
}

// exitCode is the exit code of a command that ended with err.
func exitCode(err error) int {
	if errors.As(err, new(*state.FormatError)) || errors.As(err, new(*state.MarkedError)) || errors.As(err, new(refusal)) ||
		errors.As(err, new(*state.LockedError)) || errors.Is(err, state.ErrNoRecord) {
		return exitRefused
	}
	var store *state.StoreError
	if errors.As(err, &store) && errors.As(store.Err, new(*state.SealError)) {
		return exitRefused // as where the whole record is one encrypted file
	}
	return exitError
}

// noRecord says that a missing record is not an empty one, and where a store
// keeps what was there before.
func noRecord(location, formerly string) hcl.Diagnostics {
	where := ""
	if location != "" {
		where = " at " + location
	}
	if formerly == "" {
		formerly = "from git or from the backup beside it"
	}
	return fail("There is no record", fmt.Sprintf("No record was found%s. If messages were sent from here before, it is lost, and without it they would all be sent again: bring it back, %s. If herald state migrate was bringing it here and was ended, run that again. If it is lost for good, make it again from the conversations:\n\n  herald recover\n\nIf nothing was ever sent with this configuration, begin a new one:\n\n  herald apply -new-record", where, formerly))
}

// beingApplied warns that a plan was made while an apply was running.
func beingApplied(h *state.Holder) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagWarning, Summary: "An apply is running",
		Detail: fmt.Sprintf("%s, process %d, has been running %s since %s. This plan shows what is recorded up to now; what is being sent at this moment may appear as in doubt.",
			h.Who, h.Process, h.Operation, h.Since.UTC().Format(time.RFC3339)),
	}
}
