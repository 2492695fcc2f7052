package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"

	"herald/internal/sandbox/fault"
)

// controlAccepted is Accepted with its body as it came.
type controlAccepted struct {
	Accepted
	Body string `json:"body,omitempty"`
}

// controlWrites is the body of a person's, or the business's, own message.
type controlWrites struct {
	Account string `json:"account"`
	Person  string `json:"person"`
	Text    string `json:"text"`
}

// control answers the paths that are no part of the platform. A page in a
// browser can reach a loopback port too, so what it would send is refused.
func (s *Server) control(w http.ResponseWriter, r *http.Request, body []byte) {
	if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
		http.Error(w, "not for browsers", http.StatusForbidden)
		return
	}
	switch r.Method + " " + strings.TrimPrefix(r.URL.Path, "/sandbox/") {
	case "GET conversations":
		writeJSON(w, s.Conversations())
	case "GET accepted":
		out := []controlAccepted{}
		for _, a := range s.Accepted() {
			out = append(out, controlAccepted{a, string(a.Body)})
		}
		writeJSON(w, out)
	case "POST faults":
		script, err := fault.Parse(string(body))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.SetFaults(script)
		w.WriteHeader(http.StatusNoContent)
	case "POST person":
		controlInject(w, body, s.PersonWrites)
	case "POST business":
		controlInject(w, body, s.BusinessTypes)
	default:
		http.Error(w, "no such path", http.StatusNotFound)
	}
}

func controlInject(w http.ResponseWriter, body []byte, write func(account, person, text string) (string, error)) {
	var in controlWrites
	if e := strict("body", body, &in); e != nil {
		http.Error(w, e.text, http.StatusBadRequest)
		return
	}
	mid, err := write(in.Account, in.Person, in.Text)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	writeJSON(w, map[string]string{"message_id": mid})
}

func writeJSON(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	if _, err := w.Write(append(body, '\n')); err != nil {
		drop()
	}
}
