package store_test

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"flame/flame/store"
	"flame/flame/store/storetest"

	"github.com/thanos-io/objstore"
)

// TestS3Bucket runs the suite on the S3 bucket that FLAME_TEST_S3 names, as
// s3://BUCKET?endpoint=127.0.0.1:7070&insecure=true. Each test has a prefix of its own
// there. It passes on versitygw v1.8.0 (versitygw --port 127.0.0.1:7070 posix --nometa DIR).
func TestS3Bucket(t *testing.T) {
	name := os.Getenv("FLAME_TEST_S3")
	if name == "" {
		t.Skip("FLAME_TEST_S3 names no bucket: the store is not tested on S3")
	}
	bucket, options, _ := strings.Cut(name, "?")
	var n atomic.Int64
	storetest.Run(t, func(t *testing.T) objstore.Bucket {
		b, err := store.OpenBucket(fmt.Sprintf("%s/test-%d-%d?%s", bucket, time.Now().UnixNano(), n.Add(1), options))
		if err != nil {
			t.Fatal(err)
		}
		return b
	})
}

// TestOpenBucket holds that a name which is none says so.
func TestOpenBucket(t *testing.T) {
	t.Setenv("AWS_REGION", "")
	for name, want := range map[string]string{
		"gs://bucket":                            "not in gs://",
		"s3://bucket":                            "add ?region=",
		"s3://bucket?regoin=x":                   `no option "regoin"`,
		"s3://key:secret@bucket?region=x":        "credentials do not belong",
		"s3://bucket?region=x&insecure=perhaps":  "neither true nor false",
		"s3://bucket?endpoint=h:1&insecure=true": "",
	} {
		b, err := store.OpenBucket(name)
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", name, err, want)
		case err != nil && strings.Contains(err.Error(), "secret"):
			t.Errorf("%s: the error tells the secret: %v", name, err)
		case err == nil:
			b.Close()
		}
	}
}
