package apply

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/go-hclog"

	"herald/plan"
)

func TestLogHoldsNoText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		w := newWorld(t)
		w.edit = func(r *Run) {
			r.Log = hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: &out, DisableTime: true})
		}
		w.server.answer = func(_ int, call Call) Outcome {
			if call.Verb == AddReaction {
				return Outcome{Class: AccountRefused, HTTP: 400, Code: 190, Subcode: 463, TraceID: "T1"}
			}
			return Outcome{Class: Accepted, MessageID: "mid.1"}
		}
		d := newDraft("sha256:p1")
		d.sendAt(msg("a"), shop, "1", "a secret text")
		d.react(plan.React, "r", "1", plan.Target{Ref: msg("a")}, "love")
		w.apply(d)
		want := []string{
			`identity asked: account=shop class=accepted http=0 code=0 subcode=0 reason=""`,
			`call ended: address=message.a verb=send account=shop class=accepted http=0 code=0 subcode=0 trace_id="" reason="" took=0s`,
			`call ended: address=reaction.r verb=react account=shop class=account_refused http=400 code=190 subcode=463 trace_id=T1 reason="" took=0s`,
			`account stopped: account=shop class=account_refused code=190 subcode=463 trace_id=T1 reason=""`,
		}
		for _, line := range want {
			if !strings.Contains(out.String(), line) {
				t.Errorf("the log has no line\n%s\nbut\n%s", line, out.String())
			}
		}
		if strings.Contains(out.String(), "secret") {
			t.Errorf("the log tells a text:\n%s", out.String())
		}
	})
}
