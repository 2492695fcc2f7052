package cli_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write the golden files anew")

// secret is the token of every script. No file and no output may hold it.
const secret = "IGQVJWZ-nobody-may-ever-see-this-17841405822304914"

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"herald": func() { os.Exit(heraldMain(os.Args[1:])) },
	})
}

// TestScript runs the scripts of testdata/script, each named after what it
// shows, with the real program and a local Instagram of its own. Beside the
// commands of testscript a script has those of commands, below.
func TestScript(t *testing.T) {
	dir, files := "testdata/script", []string(nil)
	if testing.Short() {
		// Those in which things happen at once: they are worth their time under
		// the race detector.
		dir = ""
		for _, name := range []string{"wire", "doubt_of_every_sort", "interrupt", "locked_waits", "rate_limit", "sandbox", "token_expires"} {
			files = append(files, "testdata/script/"+name+".txtar")
		}
	}
	testscript.Run(t, scripts(testscript.Params{Dir: dir, Files: files}, nil))
}

// scripts returns the parameters for scripts of the real program, with further
// variables of their environment.
func scripts(p testscript.Params, env map[string]string) testscript.Params {
	p.UpdateScripts, p.RequireUniqueNames = *update, true
	p.Setup = func(e *testscript.Env) error {
		e.Setenv("HERALD_TOKEN", secret)
		e.Setenv("SECRET", secret)
		e.Setenv("CONFLICT", "\"entries\":[\n<<<<<<< ours\n=======\n>>>>>>> theirs")
		e.Setenv("EVIL", "x\x1b[31m\u202ey")
		e.Setenv("NO_PROXY", "*")
		for name, value := range env {
			e.Setenv(name, value)
		}
		s := newStage(e.WorkDir)
		e.Values[stageKey{}] = s
		e.Defer(s.close)
		return nil
	}
	p.Condition, p.Cmds = condition, commands()
	return p
}

// commands are what scripts can say beside the commands of testscript:
//
//	exits N PROGRAM ARG...    it ends with exit code N
//	nobody exits N ...        the same as a user without rights, where the tests run as root
//	says FILE TEXT            the file, stdout or stderr holds the text, wrapped as it may be
//	plain FILE...             no escape, no control or direction character is in it
//	json FILE POINTER VALUE   the JSON document holds the value there
//	lines FILE                every line of the file is a JSON object
//	line FILE POINTER VALUE INTO  the first line that holds the value there is put into a file
//	get NAME FILE POINTER     sets $NAME to what a JSON document holds there
//	expand FILE...            $URL, $DEAD, $WORK, $SECRET, $RECORDS, $SCHEMA and $S3 in it become their values
//	edit FILE OLD NEW         replaces a text, which must be there
//	cut FILE N                takes the last N bytes off
//	dropline FILE TEXT        takes out the first line that holds the text
//	append FILE TEXT          adds a text at the end
//	mode FILE PERM            the file has the permissions
//	listing NAME              remembers every file below the current folder
//	unchanged NAME            nothing below it has changed since
//	nowhere TEXT PATH...      no file at or below the paths holds the text
//	start NAME PROGRAM ARG... starts a program in the background
//	signal NAME SIGNAL        sends it INT, TERM, HUP or KILL
//	said NAME TEXT            waits until it has written the text
//	heard NAME PROCESS        sets $NAME to the first line that it has written
//	running NAME              it has not ended
//	finish NAME N             waits for it: exit code N, or -1 if a signal ended it
//	sandbox [OPTION...]       starts a local Instagram and expands $URL in all *.hcl files
//	records [OPTION...]       starts a server that keeps records by HTTP, $RECORDS
//	faults [RULE...]          sets what goes wrong from now on
//	accepted N [TEXT]         so many POSTs took effect (whose body holds the text)
//	until accepted|calls N    waits for that
//	calls N                   so many requests of any sort came
//	wire N FILE [OLD=NEW...]  the N-th body that took effect is this sample, as a JSON value
//	person ACCOUNT ID TEXT    a person writes
//	types N ACCOUNT ID TEXT   somebody at the business types it in the app, N times, each numbered
//	mid NAME N                sets $NAME to the message id of the N-th message that took effect
func commands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"exits":     cmdExits,
		"nobody":    cmdNobody,
		"says":      cmdSays,
		"plain":     cmdPlain,
		"json":      cmdJSON,
		"get":       cmdGet,
		"lines":     cmdLines,
		"line":      cmdLine,
		"expand":    cmdExpand,
		"edit":      cmdEdit,
		"cut":       cmdCut,
		"dropline":  cmdDropline,
		"append":    cmdAppend,
		"mode":      cmdMode,
		"listing":   cmdListing,
		"unchanged": cmdUnchanged,
		"nowhere":   cmdNowhere,
		"start":     cmdStart,
		"signal":    cmdSignal,
		"said":      cmdSaid,
		"heard":     cmdHeard,
		"running":   cmdRunning,
		"finish":    cmdFinish,
		"sandbox":   cmdSandbox,
		"records":   cmdRecords,
		"stored":    cmdStored,
		"faults":    cmdFaults,
		"accepted":  cmdAccepted,
		"until":     cmdUntil,
		"calls":     cmdCalls,
		"wire":      cmdWire,
		"person":    cmdPerson,
		"types":     cmdTypes,
		"mid":       cmdMid,
	}
}

// condition answers for what a machine may lack: [nobody], rights to be taken
// away; [smalldisk], a disk of a few kilobytes; [strace].
func condition(name string) (bool, error) {
	switch name {
	case "nobody":
		return os.Geteuid() != 0 || exec.Command("sh", "-c", powerless+" true").Run() == nil, nil
	case "smalldisk":
		return exec.Command("unshare", "-rm", "sh", "-c", "mount -t tmpfs -o size=64k tmpfs /mnt").Run() == nil, nil
	case "strace":
		return exec.Command("strace", "-f", "-e", "trace=network", "true").Run() == nil, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}
