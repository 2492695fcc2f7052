package instagram

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"herald/apply"
)

// BenchmarkSend compares a send by the client's own transport with the least
// that a POST can be, and has apart what the client does beside the transport.
func BenchmarkSend(b *testing.B) {
	reply := []byte(accepted)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(reply)
	}))
	defer s.Close()
	b.Run("herald", func(b *testing.B) {
		c, account := client(b, Options{}), accountAt(s.URL)
		b.ReportAllocs()
		b.SetParallelism(32)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if o := c.Do(b.Context(), account, helloCall); o.Class != apply.Accepted {
					b.Errorf("outcome is %+v", o)
				}
			}
		})
	})
	b.Run("bare", func(b *testing.B) {
		via := &http.Transport{MaxIdleConns: 128, MaxIdleConnsPerHost: 128}
		defer via.CloseIdleConnections()
		b.ReportAllocs()
		b.SetParallelism(32)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := bareSend(b, s.URL, via); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("own work", func(b *testing.B) {
		tr := roundTripper(func(r *http.Request) (*http.Response, error) {
			_, _ = io.Copy(io.Discard, r.Body)
			return answer(200, accepted), nil
		})
		c := client(b, Options{Transport: tr})
		b.ReportAllocs()
		for b.Loop() {
			c.Do(b.Context(), accountAt("http://sandbox.localhost"), helloCall)
		}
	})
}

// bareSend is a POST as net/http makes it, without any care.
func bareSend(b *testing.B, url string, via http.RoundTripper) error {
	body, err := json.Marshal(map[string]any{"recipient": map[string]string{"id": igsid}, "message": map[string]string{"text": hello}})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url+"/v24.0/"+igID+"/messages", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+secret)
	resp, err := via.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var got struct {
		MessageID string `json:"message_id"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		return err
	}
	if got.MessageID != mid {
		return fmt.Errorf("message_id is %q", got.MessageID)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
