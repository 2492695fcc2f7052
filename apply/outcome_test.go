package apply

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"herald/config/addr"
	"herald/config/content"
	"herald/state"
)

// history lists what was appended for one message, in order.
func history(s *session) func() string {
	var list []string
	s.after = func(e state.Entry) error {
		line := e.Status.String()
		if e.Target != "" {
			line += " " + e.Reaction + "@" + e.Target
		}
		if e.SettledBy != "" {
			line += " by " + e.SettledBy
		}
		if !e.DoubtAt.IsZero() {
			line += " doubtful"
		}
		list = append(list, line)
		return nil
	}
	return func() string { return strings.Join(list, ", ") }
}

// times lists when calls were made, in whole milliseconds after the first.
func times(s *server) (list []int64) {
	for _, p := range s.posts {
		list = append(list, p.at.Sub(s.posts[0].at).Milliseconds())
	}
	return list
}

func TestNotWrittenIsRecordedAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.answer = func(n int, _ Call) Outcome {
			if n < 3 {
				return Outcome{Class: NotWritten, Reason: "not_written"}
			}
			return Outcome{Class: Accepted}
		}
		log := history(w.session)
		d := newDraft("sha256:p1")
		d.send("a", "1")
		rep, _ := w.apply(d)
		code(t, rep, 0)
		equal(t, "journal", log(), "intent, absent by not_written, intent, absent by not_written, intent, sent by answer")
		equal(t, "events", w.story(), "run, start message.a, done message.a, end")
		if got := times(w.server); got[1] != 500 || got[2] != 1500 || rep.Posts != 1 {
			t.Errorf("tried at %v, %d posts", got, rep.Posts)
		}
		r, _ := w.session.Load(t.Context())
		if e := r.Get(state.Key{Addr: msg("a"), Revision: 1}); e.Attempts != 3 || e.IntendedAt.Sub(e.FirstIntendedAt) != 1500*time.Millisecond {
			t.Errorf("entry %+v", e)
		}
	})
}

func TestUnreachableStopsTheAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.answer = func(int, Call) Outcome { return Outcome{Class: NotWritten, Explain: "Instagram could not be reached."} }
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.send("b", "2")
		d.sendAt(msg("c"), bar, "3", "c")
		rep, diags := w.apply(d)
		code(t, rep, 1)
		equal(t, "ends", ends(rep), "message.a stopped, message.b stopped, message.c stopped")
		equal(t, "record", w.record(), "message.a absent\nmessage.b absent\nmessage.c absent")
		equal(t, "diagnostics", summaries(diags), "Account stopped; Account stopped")
		equal(t, "stopped", diags[0].Detail, `Nothing more is sent from the account "shop". Instagram could not be reached. Not tried of its actions: 2.`)
	})
}

func TestOneUnreachableMessageIsHeldWhileOthersGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.answer = func(_ int, call Call) Outcome {
			if call.Recipient == "1" {
				return Outcome{Class: NotWritten, Explain: "The connection was refused."}
			}
			return Outcome{Class: Accepted}
		}
		d := newDraft("sha256:p1")
		d.send("a", "1")
		block := addr.Block{Kind: addr.Message, Name: "other"}
		for i := range 1000 {
			k := string(rune('a'+i%26)) + strings.Repeat("x", i/26)
			d.sendAt(block.Each(k), shop, "2", k)
		}
		rep, diags := w.apply(d)
		code(t, rep, 3)
		equal(t, "first", resultNames[rep.Results[0].Result], "held")
		equal(t, "diagnostic", diags[0].Detail, "Not tried: message.a. 5 attempts did not reach Instagram, so the message was not sent. The connection was refused.")
	})
}

func TestRateLimitWaitsAsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.latency = 300 * time.Millisecond
		var limitedUntil time.Time
		w.server.answer = func(n int, call Call) Outcome {
			if limitedUntil.IsZero() {
				limitedUntil = time.Now().Add(2500 * time.Millisecond)
			}
			if time.Now().Before(limitedUntil) && strings.HasPrefix(call.Content.Value, "s") {
				return Outcome{Class: RateLimited, Code: 613}
			}
			return Outcome{Class: Accepted}
		}
		d := newDraft("sha256:p1")
		block := addr.Block{Kind: addr.Message, Name: "s"}
		for _, k := range []string{"1", "2", "3", "4", "5"} {
			d.sendAt(block.Each(k), shop, k, "s"+k)
		}
		d.sendAt(msg("c"), bar, "3", "c")
		rep, diags := w.apply(d)
		code(t, rep, 0)
		equal(t, "diagnostics", summaries(diags), "")
		// Five refusals in flight together: one wait of a second, counted from
		// the first answer; those after it: one of two seconds.
		var waits []time.Duration
		for _, e := range w.events {
			if e.Type == AccountWaiting {
				waits = append(waits, e.For)
			}
		}
		if len(waits) != 2 || waits[0] != time.Second || waits[1] != 2*time.Second {
			t.Errorf("waits %v", waits)
		}
		if got := w.events[len(w.events)-2].At.Sub(w.events[0].At); got < 3*time.Second || got > 4200*time.Millisecond {
			t.Errorf("took %s", got)
		}
		for _, p := range w.server.posts {
			if p.account == bar && p.at.Sub(w.server.posts[0].at) > 100*time.Millisecond {
				t.Error("the other account waited too")
			}
		}
	})
}

func TestRegainAccessWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.answer = func(n int, _ Call) Outcome {
			if n == 1 {
				return Outcome{Class: RateLimited, Code: 4, RegainAccess: 19 * time.Minute}
			}
			return Outcome{Class: Accepted}
		}
		log := history(w.session)
		d := newDraft("sha256:p1")
		d.send("a", "1")
		rep, _ := w.apply(d)
		code(t, rep, 0)
		if got := times(w.server); got[1] != 19*60*1000 {
			t.Errorf("calls at %v", got)
		}
		equal(t, "journal", log(), "intent, absent by answer, intent, sent by answer")
		equal(t, "events", w.story(), "run, start message.a, waiting, done message.a, end")
	})
}

func TestTokenRefusedStopsItsAccountOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.answer = func(_ int, call Call) Outcome {
			if call.Content.Value == "b" {
				return Outcome{Class: AccountRefused, HTTP: 400, Code: 190, Subcode: 463, Explain: "The token has expired.", Remedy: "Make a new token and apply again."}
			}
			return Outcome{Class: Accepted}
		}
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.send("b", "1")
		d.send("c", "1")
		d.send("d", "2", msg("b"))
		d.sendAt(msg("e"), bar, "3", "e")
		d.sendAt(msg("f"), bar, "4", "f", msg("b"))
		rep, diags := w.apply(d)
		code(t, rep, 3)
		equal(t, "ends", ends(rep), "message.a done, message.b stopped, message.c stopped, message.d stopped, message.e done, message.f held by message.b")
		equal(t, "record", w.record(), "message.a sent mid.a.1\nmessage.b absent\nmessage.e sent mid.e.1")
		equal(t, "stopped", diags[0].Summary+": "+diags[0].Detail, "Account stopped: Nothing more is sent from the account \"shop\" (code 190, subcode 463). The token has expired. Not tried of its actions: 3.\n\nMake a new token and apply again.")
		w.server.answer = nil
		rep, _ = w.apply(d)
		code(t, rep, 0)
	})
}

func TestMediaIsTriedOnceMore(t *testing.T) {
	for name, tc := range map[string]struct {
		works   int
		code    int
		journal string
	}{
		"second works": {2, 0, "intent, absent by answer, intent, sent by answer"},
		"none works":   {9, 3, "intent, absent by answer, intent, rejected by answer"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.server.answer = func(n int, _ Call) Outcome {
					if n < tc.works {
						return Outcome{Class: RefetchMedia, HTTP: 400, Code: 100, Subcode: 2018008}
					}
					return Outcome{Class: Accepted}
				}
				log := history(w.session)
				d := newDraft("sha256:p1")
				c := d.send("a", "1")
				c.Content = content.Content{Kind: content.Image, Value: "https://example.com/a.png"}
				rep, _ := w.apply(d)
				code(t, rep, tc.code)
				equal(t, "journal", log(), tc.journal)
			})
		})
	}
}

func TestTooManyDoubtsStopTheAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		block := addr.Block{Kind: addr.Message, Name: "old"}
		for i := range 60 {
			k := strings.Repeat("x", i+1)
			w.session.stored.Put(state.Entry{Addr: block.Each(k), Revision: 1, Account: shop, Recipient: "9" + k, Status: state.Intent, Fingerprint: k, Change: 1})
		}
		w.server.answer = func(int, Call) Outcome { return Outcome{Class: InDoubt, Reason: "timeout"} }
		d := newDraft("sha256:p1")
		for i := range 20 {
			k := strings.Repeat("y", i+1)
			d.sendAt(block.Each(k), shop, k, k)
		}
		d.sendAt(msg("z"), bar, "1", "z")
		rep, diags := w.apply(d)
		code(t, rep, 4)
		if rep.Posts != 4+1 || rep.InDoubt != 5 {
			t.Errorf("%d posts, %d in doubt", rep.Posts, rep.InDoubt)
		}
		equal(t, "diagnostic", diags[0].Detail, "Nothing more is sent from the account \"shop\". 64 messages of the account are in doubt, and with so many nothing new is sent: "+
			"what makes their answers fail would put the next ones in doubt too. Not tried of its actions: 16.\n\nSettle what is in doubt first, then apply again.")
	})
}

func TestAnswerThatNamesNoMessageIsInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.answer = func(int, Call) Outcome { return Outcome{Class: Accepted, Reason: "garbage"} }
		d := newDraft("sha256:p1")
		d.send("a", "1")
		rep, _ := w.apply(d)
		code(t, rep, 4)
		equal(t, "record", w.record(), "message.a intent")
	})
}

func TestFailedAppendStopsTheRun(t *testing.T) {
	full := errors.New("no space left on device")
	for name, tc := range map[string]struct {
		status   state.Status // the first entry of message.b with it is not stored
		code     int
		ends     string
		record   string
		unstored string
	}{
		"intent": {
			state.Intent, 3, "message.a done, message.b stopped, message.c stopped",
			"message.a sent mid.a.1", "", // its call was not made: nothing is lost
		},
		"outcome": {
			state.Sent, 4, "message.a done, message.b in doubt, message.c stopped",
			"message.a sent mid.a.1\nmessage.b intent", "message.b sent mid.b.1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.session.before = func(e state.Entry) error {
					if e.Addr == msg("b") && e.Status == tc.status {
						w.session.snapshotErr = full
						return full
					}
					return nil
				}
				d := newDraft("sha256:p1")
				d.send("a", "1")
				d.send("b", "1")
				d.send("c", "1")
				rep, diags := w.apply(d)
				code(t, rep, tc.code)
				equal(t, "ends", ends(rep), tc.ends)
				equal(t, "record", w.record(), tc.record)
				if !errors.Is(rep.Broken, full) {
					t.Fatalf("broken %v", rep.Broken)
				}
				unstored := ""
				for _, u := range rep.Unrecorded {
					unstored += u.Addr.String() + " " + u.Status.String() + " " + u.MessageID
				}
				equal(t, "unrecorded", unstored, tc.unstored)
				equal(t, "diagnostic", diags[0].Summary, "Record cannot be written")
				if tc.status == state.Sent {
					equal(t, "way out", diags[1].Detail, "Instagram accepted message.b, but that could not be recorded, so the record has it in doubt. Once the record can be written again, say what happened:\n\n  herald resolve message.b -sent=mid.b.1")
				}
			})
		})
	}
}

func TestSnapshotSavesWhatAppendsCouldNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.session.before = func(e state.Entry) error {
			if e.Status == state.Sent {
				return errors.New("input/output error")
			}
			return nil
		}
		d := newDraft("sha256:p1")
		d.send("a", "1")
		d.send("b", "1")
		rep, _ := w.apply(d)
		code(t, rep, 3)
		equal(t, "ends", ends(rep), "message.a done, message.b stopped")
		equal(t, "record", w.record(), "message.a sent mid.a.1")
	})
}

func TestServerTimeIsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.ahead = 5 * time.Minute
		d := newDraft("sha256:p1")
		d.send("a", "1")
		w.apply(d)
		r, _ := w.session.Load(t.Context())
		e := r.Get(state.Key{Addr: msg("a"), Revision: 1})
		if off := e.IntendedAt.Sub(time.Now().Add(5 * time.Minute)); off < -2*time.Second || off > 2*time.Second {
			t.Errorf("intended at %s, the server has %s", e.IntendedAt, w.server.date())
		}
		w.server.noDate = true
		d = newDraft("sha256:p2")
		d.send("b", "1")
		w.apply(d)
		r, _ = w.session.Load(t.Context())
		if e := r.Get(state.Key{Addr: msg("b"), Revision: 1}); !e.IntendedAt.IsZero() || !e.FirstIntendedAt.IsZero() || !e.SettledAt.IsZero() {
			t.Errorf("times without a Date: %+v", e)
		}
	})
}
