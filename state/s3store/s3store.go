package s3store

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"herald/state"
)

// The values of Options.Checksum.
const (
	ChecksumRequired  = "required"
	ChecksumSupported = "when_supported"
)

// DefaultLease is the length of a lease.
const DefaultLease = 30 * time.Second

// Options say where a record is. Credentials come from where Amazon's own
// programs have them: AWS_ACCESS_KEY_ID, AWS_PROFILE, the machine's role.
type Options struct {
	Bucket string
	// Key is the beginning of the names of all objects, such as herald/spring.
	// An ending .json is left out: the snapshot has it anyway.
	Key    string
	Region string // "": as the environment says
	// Endpoint is the server's address, https://host:port; "" is S3 itself.
	Endpoint     string
	UsePathStyle bool // the bucket is named in the path, not in the host
	// Checksum says when S3's checksums are used: ChecksumRequired, where the
	// protocol asks for them; ChecksumSupported, everywhere. "" is the former
	// with an Endpoint, and what the environment says without.
	Checksum string

	// Lease is the length of the lock's lease; DefaultLease if it is 0. Those
	// who share a record need not have the same.
	Lease time.Duration
	// Sealer encrypts snapshots and segments; nil for none.
	Sealer state.Sealer
	// Now is the clock; time.Now if it is nil.
	Now func() time.Time
	// HTTPClient sends the requests; the SDK's own if it is nil.
	HTTPClient aws.HTTPClient

	pause time.Duration // before a request is repeated for the first time
}

// Store keeps a record in a bucket. It is a state.Store and a state.Unlocker.
type Store struct {
	o   Options
	key string

	mu     sync.Mutex
	client *client // nil as long as none was needed
	proven bool    // that the server knows conditional writes
}

var _ state.Unlocker = (*Store)(nil)

// New returns the store of a record. It contacts nothing.
func New(o Options) *Store {
	if o.Lease <= 0 {
		o.Lease = DefaultLease
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.pause <= 0 {
		o.pause = 100 * time.Millisecond
	}
	return &Store{o: o, key: strings.TrimSuffix(o.Key, ".json")}
}

// Location returns s3:// with the bucket and the key of the snapshot, and the
// endpoint if it is not S3's own.
func (s *Store) Location() string {
	at := s.url(s.snapshotKey())
	if s.o.Endpoint != "" {
		at += " at " + s.o.Endpoint
	}
	return at
}

func (s *Store) url(key string) string    { return "s3://" + s.o.Bucket + "/" + key }
func (s *Store) snapshotKey() string      { return s.key + ".json" }
func (s *Store) backupKey() string        { return s.key + ".json.backup" }
func (s *Store) lockKey() string          { return s.key + ".lock" }
func (s *Store) journalPrefix() string    { return s.key + ".journal/" }
func (s *Store) journalKey(m name) string { return s.journalPrefix() + m.String() }

// region returns the name of the region for a person.
func (s *Store) region() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.client != nil:
		return s.client.s3.Options().Region
	case s.o.Region != "":
		return s.o.Region
	}
	return "that the environment names"
}

// connected returns the client, which is made when it is first needed.
func (s *Store) connected(ctx context.Context) (*client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client != nil {
		return s.client, nil
	}
	c, err := connect(ctx, &s.o)
	if err != nil {
		return nil, err
	}
	s.client = c
	return c, nil
}

// Load reads the record as state.Store says.
func (s *Store) Load(ctx context.Context) (*state.Record, error) {
	c, err := s.connected(ctx)
	if err != nil {
		return nil, s.failure(s.snapshotKey(), "", err)
	}
	r, _, err := s.load(ctx, c)
	return state.Unmarked(r, s.Location(), err)
}
