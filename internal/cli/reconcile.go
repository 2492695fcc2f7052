package cli

import (
	"context"
	"fmt"

	"herald/apply"
	"herald/config/addr"
	"herald/plan"
	"herald/state"
)

func (a *App) reconcileCommand() command {
	o := &applyOptions{settleOnly: true, parallelism: apply.DefaultParallelism}
	flags := []flag{boolFlag(&o.sandbox, "sandbox", "Use the local Instagram and its record.")}
	flags = append(flags, o.format.receiptFlags()...)
	flags = append(flags, o.inputs.flags()...)
	flags = append(flags, o.recordFlags.write()...)
	return command{
		name: "reconcile", args: "[PLANFILE]", max: 1, synopsis: "Find out about messages in doubt, and send nothing.", stream: true,
		help: `Reads the conversations in which a message is in doubt. One that is found is recorded as sent, one that is proven absent as not sent; the next apply sends it. What cannot be decided stays in doubt. It needs the token, and sends nothing.

With the file of an earlier plan -out it settles what that plan is about, so that the plan can be applied next, although it was made when something was still in doubt.

Exit codes: 0 nothing is in doubt any more; 1 an error; 4 something is still in doubt; 5 refused, because of the record.`,
		flags: flags,
		action: func(ctx context.Context, args []string) int {
			r := &run{app: a, opts: o}
			if len(args) > 0 {
				r.file = args[0]
			}
			if diags := r.check(); diags.HasErrors() {
				a.report(diags)
				return exitError
			}
			return r.receipted(r.begin(ctx))
		},
	}
}

// doubts counts the messages in doubt that a plan is about. The record says it,
// since a saved plan may be older; a nil record has none.
func doubts(p *plan.Plan, rec *state.Record) int {
	n := 0
	if rec == nil {
		return n
	}
	for _, c := range p.Changes {
		if c.Action == plan.NoOp || c.Addr.Kind != addr.Message {
			continue
		}
		if e := rec.Get(c.Key()); e != nil && e.Status == state.Intent {
			n++
		}
	}
	return n
}

// settlePolicy sets what -on-in-doubt asks for.
func settlePolicy(dst *apply.DoubtPolicy) flag {
	return listFlag(func(s string) error {
		switch s {
		case "settle":
			*dst = apply.SettleDoubts
		case "hold":
			*dst = apply.HoldDoubts
		default:
			return fmt.Errorf("it takes settle or hold")
		}
		return nil
	}, "settle|hold", "What to do about messages in doubt, whatever their lifecycle blocks say: settle them by reading their conversations, or leave them to a person.", "on-in-doubt")
}
