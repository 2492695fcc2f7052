package httpstore

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"herald/state"
)

// lockInfo is what the protocol says about a lock. The names are Terraform's;
// GitLab wants all of them.
type lockInfo struct {
	ID        string
	Operation string
	Info      string
	Who       string
	Version   string
	Created   string
	Path      string
}

const (
	lockVersion  = "herald"
	lookingNow   = "look"   // the operation of one who only looks
	maxLockID    = 255      // GitLab's limit
	maxShown     = 200      // bytes of a text of the server that are kept
	maxLockReply = 64 << 10 // bytes
	idSeparator  = "."      // within a lock's ID
	lookTimeout  = 15 * time.Second
	unlockTries  = 3 // an UNLOCK of an ID that is gone changes nothing
)

// newLockID returns the lock's ID: nonce, process and operation. All three are
// in it, for GitLab answers with the ID of the holder and the rest of whoever
// asks.
func newLockID(who state.Holder) (string, error) {
	nonce := clean(who.Nonce)
	if nonce == "" {
		nonce = strings.ToLower(rand.Text())
	}
	id := strings.Join([]string{nonce, strconv.Itoa(who.Process), clean(who.Operation)}, idSeparator)
	if len(id) > maxLockID {
		return "", fmt.Errorf("the nonce of the lock has %d characters; the protocol has room for fewer", len(nonce))
	}
	return id, nil
}

// clean keeps the characters that need no quoting in an address.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		case r == ' ':
			return '-'
		}
		return -1
	}, s)
}

func newLockInfo(id string, who state.Holder) *lockInfo {
	return &lockInfo{
		ID: id, Operation: who.Operation, Who: who.Who, Version: lockVersion,
		Info: fmt.Sprintf("process %d", who.Process), Created: who.Since.UTC().Format(time.RFC3339Nano),
	}
}

// parts splits an ID that newLockID made.
func (l *lockInfo) parts() (nonce string, process int, operation string, ok bool) {
	p := strings.Split(l.ID, idSeparator)
	if len(p) != 3 || p[0] == "" {
		return "", 0, "", false
	}
	process, err := strconv.Atoi(p[1])
	return p[0], process, p[2], err == nil
}

// nonce is by what a person names the lock.
func (l *lockInfo) nonce() string {
	if nonce, _, _, ok := l.parts(); ok {
		return nonce
	}
	return printable(l.ID)
}

// looking reports whether somebody has the lock for a moment, to see who does.
func (l *lockInfo) looking() bool {
	_, _, operation, ok := l.parts()
	return ok && operation == lookingNow
}

// holder returns who that is, or nil if the server does not say.
func (l *lockInfo) holder() *state.Holder {
	if l.ID == "" {
		return nil
	}
	h := &state.Holder{Nonce: l.nonce(), Who: printable(l.Who), Operation: printable(l.Operation)}
	if _, process, operation, ok := l.parts(); ok {
		h.Process = process
		if clean(l.Operation) != operation {
			h.Operation = operation // it is that of whoever asked
		}
	}
	if t, err := time.Parse(time.RFC3339Nano, l.Created); err == nil {
		h.Since = t.UTC()
	}
	if h.Who == "" {
		h.Who = "an unknown user"
	}
	return h
}

// printable returns what of a server's text may be shown, and not too much.
func printable(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s)
	for i := range s {
		if i > maxShown {
			return s[:i] + "…"
		}
	}
	return s
}

// tryLock takes the lock, or returns who holds it. After a failure that leaves
// open whether it was taken, it is given back.
func (s *Store) tryLock(ctx context.Context, info *lockInfo) (*lockInfo, error) {
	body, err := json.Marshal(info)
	if err != nil {
		return nil, err
	}
	a, err := s.do(ctx, request{method: s.o.LockMethod, address: s.o.LockAddress, body: body, limit: maxLockReply})
	if err != nil {
		if !unsent(err) {
			s.giveUp(ctx, info)
		}
		return nil, err
	}
	switch {
	case a.status == http.StatusLocked, a.status == http.StatusConflict:
		return readLockInfo(a.body), nil
	case a.ok():
		return nil, s.check(a, askLock)
	}
	if a.status >= 500 {
		s.giveUp(ctx, info)
	}
	return nil, s.refused(a, askLock)
}

// giveUp gives back a lock that may have been taken, if it was. Nothing depends
// on it.
func (s *Store) giveUp(ctx context.Context, info *lockInfo) {
	if info.looking() {
		return // it keeps nobody out for long: see Lock
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(s.o.Timeout, 5*time.Second))
	defer cancel()
	if held, _, err := s.look(ctx); err == nil && held != nil && held.ID == info.ID {
		_ = s.unlock(ctx, info)
	}
}

// readLockInfo reads who holds the lock. Some servers answer with the ID alone.
func readLockInfo(body []byte) *lockInfo {
	var l lockInfo
	if json.Unmarshal(body, &l) == nil {
		return &l
	}
	text := strings.TrimSpace(string(body))
	var quoted string
	if json.Unmarshal(body, &quoted) == nil {
		text = quoted
	}
	if text == "" || len(text) > maxLockID || printable(text) != text || strings.ContainsAny(text, "<>{} ") {
		return &lockInfo{}
	}
	return &lockInfo{ID: text}
}

// look returns who holds the lock, or that it is free. It can be free with an
// error: then it was taken to see that, and could not be given back.
// The two calls that it takes belong together, so ctx does not end them.
func (s *Store) look(ctx context.Context) (held *lockInfo, free bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(s.o.Timeout, lookTimeout))
	defer cancel()
	who := state.Holder{Who: "herald", Operation: lookingNow, Since: time.Now()}
	id, err := newLockID(who)
	if err != nil {
		return nil, false, err
	}
	info := newLockInfo(id, who)
	held, err = s.tryLock(ctx, info)
	if err != nil {
		return nil, false, err
	}
	if held != nil {
		if held.ID == info.ID {
			held.ID = "" // the server repeats what it was asked
		}
		return held, false, nil
	}
	if err = s.unlock(ctx, info); errors.Is(err, state.ErrLockLost) {
		err = nil // somebody who could not wait has freed it
	}
	return nil, true, err
}

// unlock gives the lock back. The error is state.ErrLockLost if the server says
// that it was not held.
func (s *Store) unlock(ctx context.Context, info *lockInfo) error {
	body, err := json.Marshal(info)
	if err != nil {
		return err
	}
	open := false // whether an earlier attempt may have freed it
	for try, pause := 1, s.o.Pause; ; try, pause = try+1, 2*pause {
		a, err := s.do(ctx, request{method: s.o.UnlockMethod, address: s.o.UnlockAddress, body: body, limit: maxLockReply})
		again := err != nil || a.status >= 500
		switch {
		case again && try < unlockTries:
			open = true
			if sleep(ctx, pause) == nil {
				continue
			}
			fallthrough
		case again:
			return s.stillLocked(info, a, err)
		case a.ok():
			return s.check(a, askUnlock)
		case open:
			return nil // the answer to the earlier attempt was lost
		case a.status == http.StatusLocked, a.status == http.StatusConflict, a.status == http.StatusPreconditionFailed:
			return state.ErrLockLost
		}
		return s.stillLocked(info, a, s.refused(a, askUnlock))
	}
}

// stillLocked tells that the lock was not given back, and how to free it.
func (s *Store) stillLocked(info *lockInfo, a *answer, err error) error {
	if err == nil {
		err = s.refused(a, askUnlock)
	}
	return s.problem("the lock was not given back", "Other runs are refused until it is freed. Once the server answers again:\n\n  herald force-unlock "+
		info.nonce()+"\n\nWhat was recorded is not touched by that.", err)
}
