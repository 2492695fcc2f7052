package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"herald/internal/sandbox"
	"herald/internal/sandbox/fault"
)

// sandboxOptions are the flags of the sandbox command.
type sandboxOptions struct {
	listen  string
	dir     string
	faults  string
	latency time.Duration
	limits  bool
	control bool
}

func (a *App) sandboxCommand() command {
	o := &sandboxOptions{listen: "127.0.0.1:0", dir: filepath.Join(sandboxDir, "instagram")}
	return command{
		name: "sandbox", synopsis: "Serve a local Instagram on a loopback port.",
		help: `Serves a Graph API of this machine's own, for trying things out and for tests: it takes messages and reactions, limits and refuses as the real one does, and lets them be read back. What it accepted it keeps.

Set the endpoint of an account block to the address that it prints. Any token will do; one that ends in an account's id belongs to that account.`,
		flags: []flag{
			stringFlag(&o.listen, "listen", "HOST:PORT", "The loopback address to listen on. The default is 127.0.0.1:0, any free port."),
			stringFlag(&o.dir, "dir", "DIR", "Where the inbox is kept. The default is "+o.dir+", the one of -sandbox."),
			stringFlag(&o.faults, "faults", "FILE", "A script of what goes wrong."),
			durationFlag(&o.latency, "latency", "DURATION", "How long each answer takes."),
			boolFlag(&o.limits, "limits", "Keep the platform's limits: 100 calls a second, 10 for audio and video, 2 for reads, and the 24-hour window."),
			boolFlag(&o.control, "control", "Serve /sandbox/ as well, through which another process plays the people and sets faults."),
		},
		action: func(ctx context.Context, _ []string) int { return a.runSandbox(ctx, o) },
	}
}

func (a *App) runSandbox(ctx context.Context, o *sandboxOptions) int {
	opts := sandbox.Options{
		Dir: a.path(o.dir), Latency: o.latency, Control: o.control, ForgetBodies: !o.control,
		Log: func(format string, args ...any) { a.tell(fmt.Sprintf(format, args...)) },
	}
	if o.limits {
		opts.RateLimit = sandbox.RateLimit{Messages: 100, Media: 10, Reads: 2}
		opts.Window = 24 * time.Hour
	}
	if o.faults != "" {
		src, err := os.ReadFile(a.path(o.faults))
		if err == nil {
			opts.Faults, err = fault.Parse(string(src))
		}
		if err != nil {
			a.report(failure(err))
			return exitError
		}
	}
	if err := a.serveSandbox(ctx, o.listen, opts); err != nil {
		a.report(failure(err))
		return exitError
	}
	return exitOK
}

// serveSandbox serves until a signal comes.
func (a *App) serveSandbox(ctx context.Context, listen string, opts sandbox.Options) error {
	server, err := sandbox.New(opts)
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }() // what it accepted is on the disk already
	listener, err := sandbox.Listen(listen, server)
	if err != nil {
		return err
	}
	ctx, stop := a.interruptible(ctx)
	defer stop()
	a.say(listener.URL())
	<-ctx.Done()
	return listener.Close()
}
