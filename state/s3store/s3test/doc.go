// Package s3test answers the question "where does a test get a real S3 server
// from?": it starts versitygw, which .ci/s3/get builds, on a free port of the
// loopback interface and with a temporary folder, and ends it with the test.
//
//	server := s3test.Start(t) // skips where there is none
//	server.Bucket(t, "records")
//
// The server's address is server.URL; Access and Secret are its keys, and the
// bucket is named in the path.
package s3test
