package s3store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"herald/state"
)

var errNoRegion = errors.New("no region is set")

// badConfig says that the SDK's configuration cannot be read.
type badConfig struct{ error }

func (e *badConfig) Unwrap() error { return e.error }

// status returns the HTTP status of an answer that is an error, or 0.
func status(err error) int {
	var r *smithyhttp.ResponseError
	if errors.As(err, &r) && r.Response != nil && r.Response.Response != nil {
		return r.HTTPStatusCode()
	}
	return 0
}

// code returns S3's word for an error, or "".
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// missing reports whether the server says that there is no such object.
func missing(err error) bool {
	return err != nil && status(err) == http.StatusNotFound && code(err) == "NoSuchKey"
}

// passes reports whether a request that failed with err may succeed when it is
// sent again.
func passes(err error) bool {
	if errors.As(err, new(*mismatch)) {
		return false
	}
	switch code(err) {
	case "SlowDown", "RequestTimeout", "RequestTimeTooSkewed", "InternalError", "ServiceUnavailable", "ConditionalRequestConflict",
		"OperationAborted", "ThrottlingException", "Throttling":
		return true
	}
	switch s := status(err); {
	case s == http.StatusNotImplemented:
		return false
	case s >= 500, s == http.StatusTooManyRequests, s == http.StatusRequestTimeout, s == http.StatusConflict:
		return true
	case s != 0:
		return false
	}
	var send *smithyhttp.RequestSendError
	return !certificate(err) && (errors.As(err, &send) || errors.As(err, new(*cutOff)) || errors.Is(err, context.DeadlineExceeded))
}

func certificate(err error) bool {
	return errors.As(err, new(*tls.CertificateVerificationError)) || errors.As(err, new(x509.UnknownAuthorityError)) ||
		errors.As(err, new(x509.HostnameError)) || errors.As(err, new(x509.CertificateInvalidError)) ||
		errors.As(err, new(tls.RecordHeaderError)) || errors.Is(err, http.ErrSchemeMismatch)
}

// failure turns what a request for the object failed with into an error that a
// person understands. right is the permission that the request needs.
func (s *Store) failure(key, right string, err error) error {
	var done *state.StoreError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &done), errors.Is(err, context.Canceled), errors.Is(err, state.ErrLockLost):
		return err
	}
	problem, advice := s.explain(right, err)
	return &state.StoreError{Store: "s3", Location: s.url(key), Problem: problem, Advice: advice, Err: err}
}

// explain says what is wrong and what to do.
func (s *Store) explain(right string, err error) (problem, advice string) {
	switch code(err) {
	case "NoSuchBucket":
		return fmt.Sprintf("there is no bucket %s", s.o.Bucket),
			"Make it, or correct bucket in the state block. Herald makes no bucket: who may read it, and where it is, is yours to decide. Nothing was sent."
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "TokenRefreshRequired",
		"XAdminUserNotFound": // versitygw's word for a key that it does not know
		return "the server does not accept the credentials",
			"Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN, if they are temporary: they end), or the profile " +
				"that AWS_PROFILE names. Nothing more was sent."
	case "RequestTimeTooSkewed", "RequestExpired":
		return "the clock of this machine and that of the server differ by more than the server accepts",
			"Set the clock of this machine; a service that does so (NTP) keeps it right. Nothing more was sent."
	case "AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect", "IllegalLocationConstraintException":
		return fmt.Sprintf("the bucket is not in the region %s", s.region()), regionAdvice(err)
	}
	return s.explainStatus(right, err)
}

func (s *Store) explainStatus(right string, err error) (problem, advice string) {
	switch n := status(err); {
	case n == http.StatusForbidden:
		return "access is denied: the credentials lack " + right,
			fmt.Sprintf("Allow s3:ListBucket on the bucket %s (without it S3 also answers so for an object that is not there), and "+
				"s3:GetObject, s3:PutObject and s3:DeleteObject on what is below it at %s.*; and the key's use, if the bucket "+
				"encrypts with one of KMS. Nothing more was sent.", s.o.Bucket, s.key)
	case n == http.StatusMovedPermanently, n == http.StatusTemporaryRedirect:
		return fmt.Sprintf("the bucket is not in the region %s", s.region()), regionAdvice(err)
	case n == http.StatusNotImplemented:
		return "the server does not know a request that Herald needs",
			"Herald needs conditional writes (If-None-Match and If-Match on PUT), without which two runs could hold one lock. " +
				"Use a newer version of the server, or another store. Nothing was sent."
	case n >= 500, n == http.StatusTooManyRequests:
		return fmt.Sprintf("the server answers with HTTP %d, also when asked again", n),
			"That is a fault, or too great a load, of the server. Wait, and run the command again: what was sent is recorded. Nothing more was sent."
	case n != 0:
		return fmt.Sprintf("the server answers with HTTP %d", n),
			"Check endpoint and use_path_style in the state block: what answers may be no S3. With a server that does not know S3's " +
				"checksums, set checksum = \"required\". Nothing more was sent."
	}
	return s.explainNetwork(err)
}

func (s *Store) explainNetwork(err error) (problem, advice string) {
	var (
		dns     *net.DNSError
		network *net.OpError
		invalid x509.CertificateInvalidError
	)
	where := s.o.Endpoint
	if where == "" {
		where = "the endpoint of S3 in " + s.region()
	}
	switch {
	case errors.As(err, new(*badConfig)):
		return "the configuration of Amazon's SDK cannot be used",
			"Check what AWS_PROFILE, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE and AWS_CA_BUNDLE name. Nothing was sent."
	case errors.Is(err, errNoRegion):
		return "no region is set", "Set region in the state block, or AWS_REGION. Nothing was sent."
	case errors.As(err, new(*v4.SigningError)) || strings.Contains(err.Error(), "credential"):
		return "there are no credentials for S3",
			"Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run where a role is given to the machine. Nothing was sent."
	case errors.As(err, &network) && network.Op == "proxyconnect":
		return "the proxy that the environment names cannot be reached",
			"Check HTTPS_PROXY and HTTP_PROXY, and whether that proxy runs; name the host in NO_PROXY if it is reached without. Nothing more was sent."
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, new(tls.RecordHeaderError)):
		return where + " does not speak TLS", "If it is meant to be reached without, endpoint begins with http://. Nothing more was sent."
	case errors.As(err, new(x509.HostnameError)):
		return fmt.Sprintf("the certificate of %s is for another host", where),
			"Check endpoint in the state block. If it is right, somebody may be between: do not go on. Nothing more was sent."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("the certificate of %s has expired, or is not valid yet", where),
			"Have it renewed, and look at this machine's clock. Nothing more was sent."
	case certificate(err):
		return fmt.Sprintf("the certificate of %s is not trusted", where),
			"If its authority is your own, name its certificate in AWS_CA_BUNDLE (or SSL_CERT_FILE). If not, somebody may be between: do not go on. Nothing more was sent."
	case errors.As(err, &dns):
		return fmt.Sprintf("the host %s is not known", dns.Name),
			"Check endpoint and region in the state block, and that this machine resolves names. A server at an endpoint of your own mostly needs use_path_style = true. Nothing more was sent."
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("%s does not answer in time", where),
			"Check the network between this machine and the server, and run the command again: what was sent is recorded. Nothing more was sent."
	}
	return fmt.Sprintf("%s cannot be reached", where),
		"Check endpoint in the state block, and the network between this machine and the server. Nothing more was sent."
}

// regionAdvice names the bucket's region if the server does.
func regionAdvice(err error) string {
	var r *smithyhttp.ResponseError
	if errors.As(err, &r) && r.Response != nil && r.Response.Response != nil {
		if region := r.Response.Header.Get("X-Amz-Bucket-Region"); region != "" {
			return fmt.Sprintf("It is in %[1]s: set region = %[1]q in the state block. Nothing was sent.", region)
		}
	}
	return "Set region in the state block to the one in which the bucket was made. Nothing was sent."
}

// ignoresConditions is the error for a server that overwrites what it was told
// not to.
func (s *Store) ignoresConditions(header string) error {
	return &state.StoreError{
		Store: "s3", Location: s.url(s.lockKey()),
		Problem: fmt.Sprintf("the server ignores %s when it writes", header),
		Advice: "So two runs could hold the lock at the same time, and a message be sent twice. Use a server that knows S3's " +
			"conditional writes (of versitygw 1.8 or newer), or another store. Nothing was sent.",
	}
}
