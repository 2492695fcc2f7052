package cli

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// ask puts a question on w, which is for the terminal; only the answer "yes" is
// a yes.
func (a *App) ask(w io.Writer, question, explanation string) bool {
	_, _ = io.WriteString(w, "\n"+question+"\n  "+explanation+"\n\n  Enter a value: ")
	line, err := bufio.NewReader(a.Stdin).ReadString('\n')
	return err == nil && strings.TrimSpace(line) == "yes"
}

// interruptible returns a context that the first SIGINT, SIGTERM or, from a
// terminal that is closed, SIGHUP cancels; a second SIGINT or SIGTERM ends the
// program at once. stop must be called.
func (a *App) interruptible(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		signal.Notify(signals, syscall.SIGHUP)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-signals:
			cancel()
		case <-ctx.Done():
			return
		}
		for s := range signals {
			if s != syscall.SIGHUP { // a shell and its terminal may both send it
				os.Exit(exitInterrupted)
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel()
		close(signals)
		<-done
	}
}

// outliveReader lets the program live on when the reader of its output goes
// away: what is under way must be recorded.
func outliveReader() { signal.Ignore(syscall.SIGPIPE) }

// exitInterrupted is the exit code of a run that a second signal ended.
const exitInterrupted = 130
