package s3store

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"herald/state/s3store/s3test"
	"herald/state/storetest"
)

// overNetwork returns the server at an endpoint, whatever host a request names.
func overNetwork(t *testing.T, endpoint string) server {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 32}
	t.Cleanup(transport.CloseIdleConnections)
	return func(r *http.Request) (*http.Response, error) { return transport.RoundTrip(r) }
}

// The contract, with a real server.
func TestGateway(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for leases to end")
	}
	credentials(t)
	gateway := s3test.Start(t)
	gateway.Bucket(t, "bucket")
	endpoint := gateway.URL
	network := overNetwork(t, endpoint)
	var n atomic.Int64
	storetest.Run(t, func(t *testing.T) storetest.Factory {
		p := newPlace(t, network, 2*time.Second)
		p.endpoint = endpoint
		p.key = fmt.Sprintf("herald/spring %d", n.Add(1)) // a blank, for keys must be escaped
		return p.factory()
	})
}
