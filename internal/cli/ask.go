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

// ask puts a question at the terminal; only the answer "yes" is a yes.
func (a *App) ask(question, explanation string) bool {
	a.say("\n" + question + "\n  " + explanation + "\n")
	_, _ = io.WriteString(a.Stdout, "  Enter a value: ")
	line, err := bufio.NewReader(a.Stdin).ReadString('\n')
	return err == nil && strings.TrimSpace(line) == "yes"
}

// interruptible returns a context that the first SIGINT or SIGTERM cancels; the
// second one ends the program at once. stop must be called.
func (a *App) interruptible(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-signals:
			cancel()
		case <-ctx.Done():
			return
		}
		for range signals {
			os.Exit(exitInterrupted)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel()
		close(signals)
		<-done
	}
}

// exitInterrupted is the exit code of a run that a second signal ended.
const exitInterrupted = 130
