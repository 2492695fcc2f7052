package instagram

import (
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"herald/apply"
	"herald/config/content"
	"herald/internal/sandbox"
)

func TestReactionsAndPostsRequests(t *testing.T) {
	rec := &recorder{next: answers(200, `{"data":[{"id":"17"},{"id":18}],"paging":{"cursors":{"after":"abc"},"next":"https://elsewhere.example/media?after=abc"}}`)}
	s := httptest.NewServer(rec)
	defer s.Close()
	c := client(t, Options{})
	ids, next, o := c.Posts(background(t), accountAt(s.URL), "")
	if o.Class != apply.Accepted || next != "abc" || !slices.Equal(ids, []string{"17", "18"}) {
		t.Errorf("posts are %v, then %q: %+v", ids, next, o)
	}
	if _, next, _ := c.Posts(background(t), accountAt(s.URL), "abc"); next != "" {
		t.Errorf("the cursor leads back to %q", next)
	}
	c.Reactions(background(t), accountAt(s.URL), igsid)
	seen := rec.all()
	if seen[0].path != "/v24.0/"+accountAt(s.URL).IGID+"/media" || seen[0].query != "fields=id&limit=100" || seen[1].query != "after=abc&fields=id&limit=100" {
		t.Errorf("asked for %s?%s, then %s", seen[0].path, seen[0].query, seen[1].query)
	}
	query, err := url.ParseQuery(seen[2].query)
	if err != nil || query.Get("fields") != "participants,messages.limit(20){id,created_time,from,to,message,attachments,shares,reactions}" {
		t.Errorf("asked for %s", seen[2].query)
	}
}

func TestPostsThatCannotBeRead(t *testing.T) {
	for _, body := range []string{`{}`, `{"data":{}}`, `{"data":[{"id":"1"},{"caption":"x"}]}`, `{"data":["1"]}`, `null`, `{"error":{"code":1}}`} {
		s := httptest.NewServer(&recorder{next: answers(200, body)})
		ids, next, o := client(t, Options{}).Posts(background(t), accountAt(s.URL), "")
		if o.Class == apply.Accepted || len(ids) > 0 || next != "" {
			t.Errorf("%s: %v, %q, %+v", body, ids, next, o)
		}
		s.Close()
	}
	ids, _, o := client(t, Options{}).Posts(background(t), nil, "")
	if o.Class == apply.Accepted || ids != nil {
		t.Errorf("without an account: %+v", o)
	}
	if l := client(t, Options{}).Reactions(background(t), accountAt("http://127.0.0.1:1"), "x"); l.Outcome.Reason != ReasonInvalid {
		t.Errorf("a wrong recipient: %+v", l.Outcome)
	}
}

func TestOurReactionIsTold(t *testing.T) {
	for _, c := range []struct{ reactions, want string }{
		{`{"data":[{"reaction":"❤️","users":[{"id":"1784"}]}]}`, content.Love},
		{`{"data":[{"reaction":"❤","users":[{"id":"1"},{"id":1784}]}]}`, content.Love},
		{`{"data":[{"reaction":"👍","users":[{"id":"1"}]},{"reaction":"😮","users":[{"id":"1784"}]}]}`, "😮"},
		{`{"data":[{"reaction":"❤️","users":[{"id":"1"}]}]}`, ""},
		{`{"data":[]}`, ""},
		{`{"data":7}`, ""},
		{`[]`, ""},
		{`null`, ""},
		{``, ""},
		{`{"data":[{"reaction":3,"users":{}}]}`, ""},
	} {
		if got := reacted(value(c.reactions), "1784"); got != c.want {
			t.Errorf("%s: %q, want %q", c.reactions, got, c.want)
		}
	}
}

// The local Instagram lists an account's own posts by the page, and tells what
// it reacted to.
func TestSandboxPostsAndReactions(t *testing.T) {
	posts := make([]sandbox.Post, 230)
	for i := range posts {
		posts[i].ID = "1789" + string(rune('0'+i/100)) + string(rune('0'+i/10%10)) + string(rune('0'+i%10))
	}
	server, err := sandbox.New(sandbox.Options{Accounts: []sandbox.Account{{IGID: accountAt("").IGID, Posts: posts}}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	s := httptest.NewServer(server)
	defer s.Close()
	c, account := client(t, Options{}), accountAt(s.URL)
	var all []string
	pages := 0
	for after := ""; ; pages++ {
		ids, next, o := c.Posts(background(t), account, after)
		if o.Class != apply.Accepted {
			t.Fatalf("page %d: %+v", pages, o)
		}
		all = append(all, ids...)
		if after = next; next == "" {
			break
		}
	}
	if pages != 2 || len(all) != 230 || all[229] != posts[229].ID {
		t.Errorf("%d posts on %d pages", len(all), pages+1)
	}

	mid, err := server.PersonWrites(account.IGID, igsid, "Thanks!")
	if err != nil {
		t.Fatal(err)
	}
	if l := c.Reactions(background(t), account, igsid); len(l.Messages) != 1 || l.Messages[0].Reacted != "" {
		t.Fatalf("listing is %+v", l)
	}
	c.Do(background(t), account, apply.Call{Verb: apply.AddReaction, Recipient: igsid, MessageID: mid, Reaction: content.Love})
	if l := c.Reactions(background(t), account, igsid); l.Messages[0].Reacted != content.Love {
		t.Errorf("listing is %+v", l)
	}
}
