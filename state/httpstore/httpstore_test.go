package httpstore

import (
	"net/http"
	"testing"

	"herald/state"
	"herald/state/storetest"
)

func TestContract(t *testing.T) {
	for _, tc := range []struct {
		name   string
		gitlab bool
	}{{"terraform", false}, {"gitlab", true}} {
		t.Run(tc.name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) storetest.Factory {
				s := newServer(t)
				s.gitlab = tc.gitlab
				return storetest.Factory{
					Open:      func() state.Store { return s.store() },
					BreakLock: func() { s.set(func() { s.lock = nil }) },
					FailWrites: func() {
						s.set(func() {
							s.fault = func(w http.ResponseWriter, r *http.Request) bool {
								if r.Method == http.MethodPost && r.URL.Path == "/state" {
									w.WriteHeader(http.StatusInternalServerError)
									return true
								}
								return false
							}
						})
					},
				}
			})
		})
	}
}
