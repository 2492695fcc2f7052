package s3store

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"herald/state"
)

// Each way in which a store can be set up wrongly is told apart.
func TestFailures(t *testing.T) {
	says := func(status int, code string, header ...string) server {
		return func(r *http.Request) (*http.Response, error) {
			a := answer(r, status, code)
			for i := 0; i+1 < len(header); i += 2 {
				a.Header.Set(header[i], header[i+1])
			}
			return a, nil
		}
	}
	fails := func(err error) server {
		return func(r *http.Request) (*http.Response, error) {
			return nil, &url.Error{Op: r.Method, URL: r.URL.String(), Err: err}
		}
	}
	for _, tc := range []struct {
		name            string
		server          server
		problem, advice string
	}{
		{"no bucket", says(404, "NoSuchBucket"), "there is no bucket bucket", "Make it, or correct bucket"},
		{"no right", says(403, "AccessDenied"), "access is denied: the credentials lack s3:", "Allow s3:ListBucket on the bucket bucket"},
		{"no such key id", says(403, "InvalidAccessKeyId"), "the server does not accept the credentials", "AWS_ACCESS_KEY_ID"},
		{"wrong secret", says(403, "SignatureDoesNotMatch"), "the server does not accept the credentials", "AWS_SECRET_ACCESS_KEY"},
		{"expired", says(400, "ExpiredToken"), "the server does not accept the credentials", "they end"},
		{"clock", says(403, "RequestTimeTooSkewed"), "the clock of this machine and that of the server differ", "Set the clock"},
		{"region", says(301, "PermanentRedirect", "X-Amz-Bucket-Region", "eu-west-3"), "the bucket is not in the region us-east-1", `set region = "eu-west-3"`},
		{"signed for another region", says(400, "AuthorizationHeaderMalformed"), "the bucket is not in the region us-east-1", "Set region"},
		{"HTTP 500", says(500, "InternalError"), "the server answers with HTTP 500, also when asked again", "Wait"},
		{"too many", says(429, "TooManyRequests"), "the server answers with HTTP 429, also when asked again", "Wait"},
		{"not implemented", says(501, "NotImplemented"), "the server does not know a request that Herald needs", "conditional writes"},
		{"no S3 at all", func(r *http.Request) (*http.Response, error) {
			a := answer(r, 404, "")
			a.Header.Set("Content-Type", "text/html")
			return a, nil
		}, "the server answers with HTTP 404", "what answers may be no S3"},
		{"unknown host", fails(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "s3.test", IsNotFound: true}}), "the host s3.test is not known", "use_path_style"},
		{"nobody listens", fails(&net.OpError{Op: "dial", Err: errors.New("connection refused")}), "http://s3.test cannot be reached", "Check endpoint"},
		{"time-out", fails(context.DeadlineExceeded), "http://s3.test does not answer in time", "network"},
		{"certificate", fails(&tls.CertificateVerificationError{Err: errors.New("unknown authority")}), "the certificate of http://s3.test is not trusted", "AWS_CA_BUNDLE"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPlace(t, tc.server, time.Minute)
			s := p.store()
			_, load := s.Load(t.Context())
			_, lock := s.Lock(t.Context(), ana, 0)
			_, holder := s.Holder(t.Context())
			for _, err := range []error{load, lock, holder} {
				var store *state.StoreError
				if !errors.As(err, &store) || !strings.HasPrefix(store.Problem, tc.problem) || !strings.Contains(store.Advice, tc.advice) ||
					!strings.HasPrefix(store.Location, "s3://bucket/herald/spring.") || store.Store != "s3" || store.Err == nil {
					t.Errorf("got %+v", err)
				}
			}
		})
	}
}

// What the SDK lacks before it asks anybody.
func TestNotConfigured(t *testing.T) {
	for _, tc := range []struct {
		name, unset, set, problem string
		o                         Options
	}{
		{"no region", "", "", "no region is set", Options{Bucket: "bucket", Key: "k"}},
		{"no credentials", "AWS_ACCESS_KEY_ID", "", "there are no credentials for S3", Options{Bucket: "bucket", Key: "k", Region: "eu-central-1"}},
		{"no bundle", "AWS_CA_BUNDLE", "/nowhere", "the configuration of Amazon's SDK cannot be used", Options{Bucket: "bucket", Key: "k", Region: "eu-central-1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			credentials(t)
			if tc.unset != "" {
				t.Setenv(tc.unset, tc.set)
			}
			tc.o.HTTPClient = &link{server: func(*http.Request) (*http.Response, error) { return nil, errCut }}
			_, err := New(tc.o).Load(t.Context())
			var store *state.StoreError
			if !errors.As(err, &store) || store.Problem != tc.problem {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A real server whose certificate nobody vouches for.
func TestUntrustedCertificate(t *testing.T) {
	credentials(t)
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = discard()
	server.StartTLS()
	defer server.Close()
	s := New(Options{Bucket: "bucket", Key: "k", Endpoint: server.URL, UsePathStyle: true})
	_, err := s.Load(t.Context())
	var store *state.StoreError
	if !errors.As(err, &store) || store.Problem != "the certificate of "+server.URL+" is not trusted" {
		t.Errorf("got %v", err)
	}
}
