package progress

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"herald/apply"
	"herald/apply/survey"
	"herald/internal/view/viewtest"
	"herald/plan"
)

func TestSurveyProgress(t *testing.T) {
	now := viewtest.Day(1)
	var b bytes.Buffer
	p := NewSurvey(&b, Options{Now: func() time.Time { return now }})
	account := &plan.Account{Name: "shop"}
	for i := range 4 {
		p.Observe(survey.Event{Type: survey.Progressed, Account: account, Read: i + 1, Total: 4, Left: time.Duration(90-i) * time.Second})
		now = now.Add(6 * time.Second)
	}
	p.Observe(survey.Event{Type: survey.Waiting, Account: account, For: 3 * time.Second})
	p.Observe(survey.Event{Type: survey.Looking, Account: account, For: 58 * time.Second})
	p.Observe(survey.Event{Type: survey.Stopped, Account: account, Outcome: apply.Outcome{Code: 190}})
	p.Observe(survey.Event{Type: survey.Interrupted})
	p.Close()
	want := `1 of 4 conversations read, about 1 min 30 s left
3 of 4 conversations read, about 1 min 28 s left
account shop: rate limit reached: reading waits 3 s
account shop: looks again in 58 s for what was not found: a message may appear late
account shop: stopped, code 190
Interrupted: nothing more is read.
`
	if b.String() != want {
		t.Errorf("it says\n%s", b.String())
	}
	b.Reset()
	p = NewSurvey(&b, Options{TTY: true, Now: func() time.Time { return now }})
	p.Observe(survey.Event{Type: survey.Progressed, Account: account, Read: 2, Total: 4})
	p.Close()
	if got := b.String(); !strings.Contains(got, "2 of 4 conversations read") || !strings.HasSuffix(got, "\r\x1b[K") {
		t.Errorf("on a terminal it says %q", got)
	}
}
