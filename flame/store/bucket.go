package store

import (
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/thanos-io/objstore"
	"github.com/thanos-io/objstore/providers/s3"
)

// OpenBucket opens the bucket that a person names: a directory, which is made if
// need be, or one of S3 or what speaks its protocol:
//
//	s3://BUCKET/PREFIX?region=eu-central-1
//	s3://BUCKET?endpoint=localhost:9000&insecure=true
//
// The credentials come from the variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
// and AWS_SESSION_TOKEN, from ~/.aws/credentials, or from the machine's role. The
// region is AWS_REGION's where none is given. The name is never to hold a secret:
// it is shown in messages.
func OpenBucket(name string) (objstore.Bucket, error) {
	scheme, _, ok := strings.Cut(name, "://")
	switch {
	case !ok:
		return OpenLocal(name)
	case scheme != "s3":
		return nil, fmt.Errorf("open store %s: there are stores in a directory and in s3://BUCKET, not in %s://", name, scheme)
	}
	u, err := url.Parse(name)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	c, err := s3Config(u)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", u.Redacted(), err)
	}
	b, err := s3.NewBucketWithConfig(silent{}, c, "flame", nil)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", u.Redacted(), err)
	}
	return objstore.NewPrefixedBucket(b, strings.Trim(u.Path, "/")), nil
}

// silent is the log of the S3 client: what matters comes as an error.
type silent struct{}

func (silent) Log(...any) error { return nil }

func s3Config(u *url.URL) (s3.Config, error) {
	c := s3.DefaultConfig
	c.PutUserMetadata = map[string]string{}
	c.Bucket = u.Host
	c.Region = os.Getenv("AWS_REGION")
	if u.User != nil {
		return c, fmt.Errorf("credentials do not belong into its name; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	for key, values := range u.Query() {
		value := values[len(values)-1]
		switch key {
		case "endpoint":
			c.Endpoint = value
		case "region":
			c.Region = value
		case "insecure":
			insecure, err := strconv.ParseBool(value)
			if err != nil {
				return c, fmt.Errorf("insecure=%s is neither true nor false", value)
			}
			c.Insecure = insecure
		default:
			return c, fmt.Errorf("there is no option %q; there are endpoint, region and insecure", key)
		}
	}
	if c.Endpoint == "" {
		if c.Region == "" {
			return c, fmt.Errorf("neither a region nor an endpoint is given: add ?region=…")
		}
		c.Endpoint = "s3." + c.Region + ".amazonaws.com"
	}
	return c, nil
}
