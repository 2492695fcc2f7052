package s3store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// client is what the store asks of S3. It repeats by itself what failed and may
// be repeated; the SDK repeats nothing.
type client struct {
	s3     *s3.Client
	bucket string
	pause  time.Duration // before the first repetition
}

const (
	tries       = 5                // of one request
	patience    = 10 * time.Second // for one request, and
	perMegabyte = 2 * time.Second  // for each megabyte that it carries
)

// object is one that was read.
type object struct {
	body []byte
	etag string
	meta map[string]string
	age  time.Duration // when it was read, by the server's clock alone; 0 if that is not known
}

// mismatch says that an object was not in the state in which it was to be
// replaced.
type mismatch struct{ found *object } // nil if there is none

func (*mismatch) Error() string { return "the object was changed by something else" }

// connect reads the SDK's configuration: from the environment, and from the
// files that it names.
func connect(ctx context.Context, o *Options) (*client, error) {
	load := []func(*config.LoadOptions) error{config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} })}
	if o.Region != "" {
		load = append(load, config.WithRegion(o.Region))
	}
	if o.HTTPClient != nil {
		load = append(load, config.WithHTTPClient(o.HTTPClient))
	}
	c, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, &badConfig{err}
	}
	if c.Region == "" && o.Endpoint != "" {
		c.Region = "us-east-1" // what servers that know no regions are content with
	}
	if c.Region == "" {
		return nil, errNoRegion
	}
	return &client{bucket: o.Bucket, pause: o.pause, s3: s3.NewFromConfig(c, func(so *s3.Options) {
		so.UsePathStyle = o.UsePathStyle
		so.DisableLogOutputChecksumValidationSkipped = true
		if o.Endpoint != "" {
			so.BaseEndpoint = aws.String(o.Endpoint)
		}
		switch {
		case o.Checksum == ChecksumSupported:
			so.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenSupported
			so.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenSupported
		case o.Checksum == ChecksumRequired || o.Endpoint != "":
			so.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
			so.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		}
	})}, nil
}

// again calls f until it succeeds, or fails in a way that will not pass.
func (c *client) again(ctx context.Context, size int, f func(context.Context) error) error {
	pause := c.pause
	for try := 1; ; try++ {
		err := c.once(ctx, size, f)
		if err == nil || try == tries || ctx.Err() != nil || !passes(err) {
			return err
		}
		// Two that were refused together do not come back together.
		if wait(ctx, pause/2+rand.N(pause)) != nil {
			return err
		}
		pause *= 3
	}
}

func (c *client) once(ctx context.Context, size int, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience+time.Duration(size>>20)*perMegabyte)
	defer cancel()
	return f(ctx)
}

// wait waits, or returns the error of a context that ends before.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// get reads an object. It is nil if there is none.
func (c *client) get(ctx context.Context, key string) (*object, error) {
	var o *object
	err := c.again(ctx, 64<<20, func(ctx context.Context) error {
		var err error
		o, err = c.getOnce(ctx, key)
		return err
	})
	return o, err
}

func (c *client) getOnce(ctx context.Context, key string) (*object, error) {
	out, err := c.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &c.bucket, Key: &key})
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Body.Close() }()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		return nil, &cutOff{err}
	}
	o := &object{body: body, etag: aws.ToString(out.ETag), meta: out.Metadata}
	if now, ok := awsmiddleware.GetServerTime(out.ResultMetadata); ok && out.LastModified != nil {
		o.age = now.Sub(*out.LastModified)
	}
	return o, nil
}

// cutOff says that an answer ended too early.
type cutOff struct{ error }

func (e *cutOff) Unwrap() error { return e.error }

// put writes an object: one that must not be there if etag is empty, otherwise
// in the place of the version with that etag. It returns the etag of the new
// version. Where something else is there, the error is a *mismatch. A write
// whose answer was lost is repeated; if it turns out that it had succeeded, that
// is a success.
func (c *client) put(ctx context.Context, key string, body []byte, etag string, meta map[string]string) (string, error) {
	var written string
	err := c.again(ctx, len(body), func(ctx context.Context) error {
		var err error
		written, err = c.putOnce(ctx, key, body, etag, meta)
		return err
	})
	if !errors.As(err, new(*mismatch)) {
		return written, err
	}
	found, err := c.get(ctx, key)
	switch {
	case err != nil:
		return "", err
	case found != nil && bytes.Equal(found.body, body):
		return found.etag, nil
	}
	return "", &mismatch{found}
}

// putOnce tries once; its mismatch does not say what was found.
func (c *client) putOnce(ctx context.Context, key string, body []byte, etag string, meta map[string]string) (string, error) {
	in := &s3.PutObjectInput{
		Bucket: &c.bucket, Key: &key, Body: bytes.NewReader(body), Metadata: meta, ContentType: aws.String("application/json"),
	}
	if etag == "" {
		in.IfNoneMatch = aws.String("*")
	} else {
		in.IfMatch = &etag
	}
	out, err := c.s3.PutObject(ctx, in)
	switch {
	case err == nil:
		return aws.ToString(out.ETag), nil
	case status(err) == 412, etag != "" && missing(err):
		return "", &mismatch{}
	}
	return "", err
}

// copy gives the version with that etag a second name. A server that cannot is
// left alone.
func (c *client) copy(ctx context.Context, from, to, etag string) error {
	source := c.bucket + "/" + escapePath(from)
	err := c.again(ctx, 0, func(ctx context.Context) error {
		_, err := c.s3.CopyObject(ctx, &s3.CopyObjectInput{Bucket: &c.bucket, Key: &to, CopySource: &source, CopySourceIfMatch: &etag})
		return err
	})
	if status(err) == 501 {
		return nil
	}
	return err
}

// list returns the names of all objects below prefix, without it, in order.
func (c *client) list(ctx context.Context, prefix string) ([]string, error) {
	var names []string
	in := &s3.ListObjectsV2Input{Bucket: &c.bucket, Prefix: &prefix}
	for {
		var out *s3.ListObjectsV2Output
		err := c.again(ctx, 0, func(ctx context.Context) (err error) {
			out, err = c.s3.ListObjectsV2(ctx, in)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, o := range out.Contents {
			names = append(names, strings.TrimPrefix(aws.ToString(o.Key), prefix))
		}
		if !aws.ToBool(out.IsTruncated) || aws.ToString(out.NextContinuationToken) == "" {
			return names, nil
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

const deleteAtOnce = 1000

// remove deletes objects, those that are there.
func (c *client) remove(ctx context.Context, keys []string) error {
	for len(keys) > 0 {
		n := min(len(keys), deleteAtOnce)
		if err := c.removeSome(ctx, keys[:n]); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

func (c *client) removeSome(ctx context.Context, keys []string) error {
	if len(keys) > 2 && c.removeAtOnce(ctx, keys) == nil {
		return nil
	}
	// Not every server can delete many at once.
	return parallel(keys, func(_ int, key string) error {
		return c.again(ctx, 0, func(ctx context.Context) error {
			_, err := c.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &c.bucket, Key: &key})
			if missing(err) {
				return nil
			}
			return err
		})
	})
}

func (c *client) removeAtOnce(ctx context.Context, keys []string) error {
	ids := make([]types.ObjectIdentifier, len(keys))
	for i := range keys {
		ids[i].Key = &keys[i]
	}
	return c.once(ctx, 0, func(ctx context.Context) error {
		out, err := c.s3.DeleteObjects(ctx, &s3.DeleteObjectsInput{
			Bucket: &c.bucket, Delete: &types.Delete{Objects: ids, Quiet: aws.Bool(true)},
		})
		if err == nil && len(out.Errors) > 0 {
			return errors.New(aws.ToString(out.Errors[0].Message))
		}
		return err
	})
}
