package instagram

import (
	"fmt"
	"testing"

	"herald/apply"
)

// The whole of the API sheet's table, and codes beside it. -9 stands for "no
// error_subcode".
func TestEveryCode(t *testing.T) {
	const none = -9
	for _, tc := range []struct {
		class apply.Class
		codes [][2]int
	}{
		{apply.InDoubt, [][2]int{{1, none}, {2, none}, {-1, none}, {-2, none}, {1, 1357046}, {2, 1545133}, {1, 99}, {2, 99}, {100, 2534025}, {9000001, none}, {230, none}}},
		{apply.RateLimited, [][2]int{{4, none}, {4, 1349210}, {17, none}, {32, none}, {341, none}, {613, none}, {613, 2534040}, {613, 1996}, {80001, none}, {80002, none}, {80006, none}, {613, 77}}},
		{apply.Final, [][2]int{{613, 2018338}, {4, 2018354}}},
		{apply.Hold, [][2]int{{10, 2534022}, {10, 2018278}, {10, 2018108}, {200, 1545041}, {551, none}, {551, 1545041}, {100, 2534037}, {2018300, none}}},
		{apply.AccountRefused, [][2]int{{10, 1893063}, {368, none}, {368, 5}, {10, none}, {10, 0}, {200, none}, {3, none}, {200, 2534041}, {10, 2534077}, {100, 2534029}}},
		{apply.AccountRefused, [][2]int{{102, none}, {190, none}, {190, 458}, {190, 459}, {190, 460}, {190, 463}, {190, 464}, {190, 467}, {190, 492}, {190, 77}}},
		{apply.Final, [][2]int{{100, 2534014}, {100, 2018001}, {100, 2534015}, {100, 2534068}, {100, none}, {100, 0}, {100, 33}}},
		{apply.Final, [][2]int{{100, 2018047}, {100, 2018074}, {100, 2018109}, {36000, 2207004}}},
		{apply.RefetchMedia, [][2]int{{100, 2018008}, {100, 2018294}}},
		// Not in the sheet: never a refusal.
		{apply.InDoubt, [][2]int{{0, none}, {5, none}, {999999, none}, {10, 77}, {100, 77}, {200, 77}, {36000, none}, {36000, 77}, {-3, none}}},
	} {
		for _, code := range tc.codes {
			for _, status := range []int{200, 302, 400, 403, 500, 503} {
				sub := ""
				if code[1] != none {
					sub = fmt.Sprintf(`"error_subcode":%d,`, code[1])
				}
				body := fmt.Sprintf(`{"error":{"message":%q,"type":"Whatever","code":%d,%s"is_transient":false,"fbtrace_id":"Abc_1-2"}}`, graphMsg, code[0], sub)
				o := readSend(reply{status: status, wrote: true, whole: true, body: []byte(body)}, aMessage, igsid)
				if o.Class != tc.class {
					t.Errorf("%d with status %d is %s, want %s", code, status, o.Class, tc.class)
				}
				if o.Code != code[0] || o.Subcode != max(0, code[1]) || o.TraceID != "Abc_1-2" || o.Reason != "" {
					t.Errorf("%d is kept as %+v", code, o)
				}
				if o.Explain == "" || o.Remedy == "" {
					t.Errorf("%d explains nothing: %+v", code, o)
				}
				hasNoSecrets(t, o)
			}
		}
	}
}

// is_transient makes every refusal a doubt, a rate limit apart.
func TestTransient(t *testing.T) {
	for _, tc := range []struct {
		code, sub int
		class     apply.Class
	}{
		{2, bare, apply.InDoubt},
		{10, 2534022, apply.InDoubt},
		{190, bare, apply.InDoubt},
		{100, bare, apply.InDoubt},
		{999, bare, apply.InDoubt},
		{4, bare, apply.RateLimited},
		{613, 2534040, apply.RateLimited},
		{613, 2018338, apply.InDoubt},
	} {
		if v := judge(graphCode{tc.code, tc.sub}, true); v.class != tc.class {
			t.Errorf("a transient %d/%d is %s", tc.code, tc.sub, v.class)
		}
	}
}

// Each row is in the table once: a code with two meanings has none.
func TestVerdictsAreComplete(t *testing.T) {
	for code, v := range verdicts {
		if v.class == apply.ClassInvalid || v.class == apply.Accepted || v.class == apply.NotWritten {
			t.Errorf("%v has the class %s", code, v.class)
		}
		if v.explain == "" || (v.remedy == "") != (v.class == apply.InDoubt) {
			t.Errorf("%v: %+v", code, v)
		}
	}
	seen := map[graphCode]bool{}
	for _, r := range table {
		for _, code := range r.codes {
			if seen[code] {
				t.Errorf("%v stands in the table twice", code)
			}
			seen[code] = true
		}
	}
}
