package sandbox

import (
	"context"
	"net/http"

	"herald/internal/sandbox/fault"
)

// describe finds out whom and what a request is about.
func (s *Server) describe(req *request) fault.Call {
	out := fault.Call{Method: req.method, Path: req.path}
	if len(req.parts) == 0 {
		return out
	}
	out.Account = req.parts[0]
	if req.isSend() {
		out.Recipient, out.Kind, out.Text = req.act.recipient, string(req.act.kind), req.act.text
		return out
	}
	if req.method != http.MethodGet {
		return out
	}
	edge := ""
	if len(req.parts) == 2 {
		edge = req.parts[1]
	}
	out.Recipient = req.query.Get("user_id")
	out.Listing = edge == "conversations" || edge == "messages"
	s.world.mu.RLock()
	defer s.world.mu.RUnlock()
	if t := s.world.byConv[req.parts[0]]; t != nil {
		out.Account, out.Recipient, out.Listing = t.account, t.pair.person, true
	} else if it := s.world.byID[req.parts[0]]; it != nil {
		out.Account, out.Recipient = it.thread.account, it.thread.pair.person
	}
	return out
}

// spoil answers the way a fault says. out is what a normal answer would be.
func (s *Server) spoil(ctx context.Context, out answer, met fault.Effect) answer {
	const page = "<!DOCTYPE html><html><head><title>Error</title></head><body>Sorry, something went wrong.</body></html>"
	switch met.Reply {
	case fault.Normal:
	case fault.Drop:
		drop()
	case fault.Hang:
		select {
		case <-ctx.Done():
		case <-s.closed:
		}
		drop()
	case fault.Cut:
		out.cut = true
	case fault.Page:
		return answer{status: http.StatusInternalServerError, body: []byte(page)}
	case fault.Garbage:
		return answer{status: http.StatusOK, body: []byte(page)}
	case fault.Empty:
		return answer{status: http.StatusOK}
	case fault.NoID:
		return answer{status: http.StatusOK, body: []byte(`{"recipient_id":"0"}`)}
	case fault.Refusal:
		return scripted(met.Error).answer(s.opts.LocalisedErrors, s.trace())
	}
	return out
}

// scripted makes the refusal that a script names; nil is none.
func scripted(e *fault.Error) *refusal {
	if e == nil {
		return nil
	}
	out := errCode(e.Code, e.Sub)
	if e.Status != 0 {
		out.status = e.Status
	}
	out.regain = e.Regain
	return out
}
