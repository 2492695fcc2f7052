package sandbox

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"herald/internal/sandbox/fault"
)

const (
	defaultPage = 25
	maxPage     = 100
	// detailed is how many of a conversation's newest messages can be read;
	// of older ones only the ids are listed.
	detailed = 20
)

// view is one read: who asks, for what, and how much of the truth they see.
type view struct {
	s       *Server
	req     *request
	acct    *account
	fields  []field // as asked for; nil where the parameter is missing
	limit   int
	after   string
	horizon int64 // micros; later messages are not there yet
	me      string
}

// read answers every GET.
func (s *Server) read(req *request, met fault.Effect) (answer, *refusal) {
	v := &view{s: s, req: req, limit: defaultPage, after: req.query.Get("after"), horizon: everything, me: met.Identity}
	if lag := s.opts.ReadLag + met.Stale; lag > 0 {
		v.horizon = s.opts.Clock().Add(-lag).UnixMicro()
	}
	var e *refusal
	if text := req.query.Get("fields"); text != "" {
		if v.fields, e = parseFields(text); e != nil {
			return answer{}, e
		}
	}
	if text := req.query.Get("limit"); text != "" {
		if v.limit, e = parseLimit(text); e != nil {
			return answer{}, e
		}
	}
	out, e := v.route()
	if e != nil {
		return answer{}, e
	}
	body, err := json.Marshal(out)
	if err != nil { // maps, strings and numbers: cannot happen
		return answer{}, errCode(1, 0)
	}
	return answer{status: http.StatusOK, body: body}, nil
}

func (v *view) route() (any, *refusal) {
	node := v.req.parts[0]
	if len(v.req.parts) == 2 {
		switch v.req.parts[1] {
		case "conversations":
			if e := v.authorize(accountPart(node), true); e != nil {
				return nil, e
			}
			return v.conversations()
		case "media":
			if e := v.authorize(accountPart(node), false); e != nil {
				return nil, e
			}
			return v.media()
		case "messages":
			return v.conversation(node, true)
		}
		return nil, errPath("/" + strings.Join(v.req.parts, "/"))
	}
	switch {
	case node == "me":
		if e := v.authorize("", false); e != nil {
			return nil, e
		}
		return v.account(v.s.opts.MeShape)
	case isNumericID(node):
		return v.numeric(node)
	}
	v.s.world.mu.RLock()
	it := v.s.world.byID[node]
	v.s.world.mu.RUnlock()
	if it != nil {
		return v.message(it)
	}
	return v.conversation(node, false)
}

// authorize sets the account that reads. Reads of conversations and messages
// count against the limit.
func (v *view) authorize(want string, limited bool) (e *refusal) {
	if v.acct, e = v.s.names.authorize(v.req.method, v.req.token, want); e != nil {
		return e
	}
	if limited && !v.acct.reads.allow(v.s.opts.Clock()) {
		return errCode(613, 0)
	}
	return nil
}

// numeric answers a read of an account or of a person.
func (v *view) numeric(id string) (any, *refusal) {
	asked := slices.ContainsFunc(v.fields, func(f field) bool { return f.name == "user_id" })
	if v.s.names.known(id) != nil || v.s.names.open && asked {
		if e := v.authorize(id, false); e != nil {
			return nil, e
		}
		return v.account(MeFlat)
	}
	if e := v.authorize("", false); e != nil {
		return nil, e
	}
	if !v.acct.canWriteTo(id) {
		return nil, errMissing(v.req.method, id)
	}
	return v.profile(id)
}

// conversations lists conversations, newest first: the one with user_id, or
// all of the account's that have a message.
func (v *view) conversations() (any, *refusal) {
	w := v.s.world
	person := v.req.query.Get("user_id")
	if person != "" && !isNumericID(person) {
		return nil, errParam("user_id must be an Instagram-scoped id")
	}
	if person != "" && w.window == 0 && v.acct.canWriteTo(person) {
		// Everyone counts as having written, so the conversation exists.
		w.mu.Lock()
		w.thread(pair{v.acct.IGID, person})
		w.mu.Unlock()
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	var found []*thread
	if person != "" {
		if t := w.threads[pair{v.acct.IGID, person}]; t != nil && (w.window == 0 || len(t.visible(v.horizon)) > 0) {
			found = append(found, t)
		}
	} else {
		for p, t := range w.threads {
			if p.account == v.acct.IGID && len(t.visible(v.horizon)) > 0 {
				found = append(found, t)
			}
		}
		slices.SortFunc(found, func(a, b *thread) int {
			return cmp.Or(cmp.Compare(b.updated(v.horizon), a.updated(v.horizon)), cmp.Compare(b.number, a.number))
		})
	}
	return v.page(len(found), threadCursors(found, v.horizon), func(i int) (map[string]any, *refusal) {
		return v.renderThread(found[i], orFields(v.fields, "id", "updated_time"))
	})
}

// threadCursors positions conversations by time and number, so that a page
// goes on at the right place although the list has changed.
func threadCursors(found []*thread, horizon int64) func(int) string {
	return func(i int) string {
		return fmt.Sprintf("%020d:%s", found[i].updated(horizon), found[i].number)
	}
}

// updated is when t last had a message; 0 where it has none.
func (t *thread) updated(horizon int64) int64 {
	items := t.visible(horizon)
	if len(items) == 0 {
		return 0
	}
	return items[len(items)-1].micros
}

// conversation answers a read of one conversation, or of its messages edge.
func (v *view) conversation(id string, edge bool) (any, *refusal) {
	w := v.s.world
	w.mu.RLock()
	t := w.byConv[id]
	w.mu.RUnlock()
	want := ""
	if t != nil {
		want = t.account
	}
	if e := v.authorize(want, true); e != nil {
		return nil, e
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	if t == nil || w.window > 0 && len(t.visible(v.horizon)) == 0 {
		return nil, errMissing(v.req.method, id)
	}
	if edge {
		return v.renderMessages(t, field{sub: v.fields, limit: v.limit, after: v.after})
	}
	return v.renderThread(t, orFields(v.fields, "id", "updated_time"))
}

// message answers a read of one message.
func (v *view) message(it *item) (any, *refusal) {
	if e := v.authorize(it.thread.account, true); e != nil {
		return nil, e
	}
	v.s.world.mu.RLock()
	defer v.s.world.mu.RUnlock()
	visible := it.thread.visible(v.horizon)
	if it.index >= len(visible) {
		return nil, errMissing(v.req.method, it.id)
	}
	if it.index < len(visible)-detailed {
		return nil, errNoDetails()
	}
	return v.renderItem(it, orFields(v.fields, "id", "created_time"), true)
}

// page renders a part of a list in the platform's form: data, and paging
// where there is anything to page. cursor gives each element's position;
// positions fall along the list.
func (v *view) page(n int, cursor func(int) string, render func(int) (map[string]any, *refusal)) (map[string]any, *refusal) {
	from, e := behind(n, v.after, cursor)
	if e != nil {
		return nil, e
	}
	return list(from, n, v.limit, cursor, render, v.next)
}

// behind finds the first element behind a cursor.
func behind(n int, after string, cursor func(int) string) (int, *refusal) {
	if after == "" {
		return 0, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(after)
	if err != nil {
		return 0, errParam("Invalid cursors values")
	}
	position := string(raw)
	return sort.Search(n, func(i int) bool { return cursor(i) < position }), nil
}

func list(from, n, limit int, cursor func(int) string, render func(int) (map[string]any, *refusal), next func(string) string) (map[string]any, *refusal) {
	to := min(n, from+limit)
	data := make([]map[string]any, 0, max(to-from, 0))
	for i := from; i < to; i++ {
		one, e := render(i)
		if e != nil {
			return nil, e
		}
		data = append(data, one)
	}
	out := map[string]any{"data": data}
	if len(data) > 0 {
		after := base64.RawURLEncoding.EncodeToString([]byte(cursor(to - 1)))
		paging := map[string]any{"cursors": map[string]any{
			"before": base64.RawURLEncoding.EncodeToString([]byte(cursor(from))), "after": after,
		}}
		if to < n {
			paging["next"] = next(after)
		}
		out["paging"] = paging
	}
	return out, nil
}

// next is the address of this same read behind a cursor. Unlike the
// platform's it carries no token: a client sends its own.
func (v *view) next(after string) string {
	query := url.Values{}
	for _, key := range []string{"fields", "user_id", "platform"} {
		if value := v.req.query.Get(key); value != "" {
			query.Set(key, value)
		}
	}
	query.Set("limit", strconv.Itoa(v.limit))
	query.Set("after", after)
	return v.link(strings.Join(v.req.parts, "/"), query)
}

func (v *view) link(path string, query url.Values) string {
	return fmt.Sprintf("%s://%s/%s/%s?%s", v.req.scheme, v.req.host, v.req.prefix, path, query.Encode())
}

func orFields(fields []field, defaults ...string) []field {
	if fields == nil {
		return plain(defaults...)
	}
	return fields
}

// wireTime is the platform's form of a time: whole seconds, no colon.
func wireTime(micros int64) string {
	return time.UnixMicro(micros).UTC().Format("2006-01-02T15:04:05-0700")
}
