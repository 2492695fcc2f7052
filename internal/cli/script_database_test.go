package cli_test

import (
	"net/http/httptest"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/rogpeppe/go-internal/testscript"

	"herald/state/pgstore/pgtest"
)

// TestPostgresScripts runs the scripts of testdata/postgres: in $SCHEMA of a
// PostgreSQL that the test has started.
func TestPostgresScripts(t *testing.T) {
	var postgres pgtest.Once
	server := postgres.Start(t)
	t.Cleanup(postgres.Stop)
	testscript.Run(t, scripts(testscript.Params{Dir: "testdata/postgres"}, map[string]string{
		"HERALD_STATE_POSTGRES_URL": server.URL(), "SCHEMA": server.Schema(t),
	}))
}

// TestS3Scripts runs the scripts of testdata/s3, against the bucket records at
// $S3, a server of S3's protocol that keeps it in memory.
func TestS3Scripts(t *testing.T) {
	backend := s3mem.New()
	if err := backend.CreateBucket("records"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(server.Close)
	testscript.Run(t, scripts(testscript.Params{Dir: "testdata/s3"}, map[string]string{
		"S3": server.URL, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test-secret-key", "AWS_EC2_METADATA_DISABLED": "true",
	}))
}
