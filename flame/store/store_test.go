package store_test

import (
	"testing"

	"flame/flame/store"
	"flame/flame/store/storetest"

	"github.com/thanos-io/objstore"
)

func TestLocalBucket(t *testing.T) {
	storetest.Run(t, func(t *testing.T) objstore.Bucket {
		b, err := store.OpenLocal(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return b
	})
}

func TestInMemoryBucket(t *testing.T) {
	storetest.Run(t, func(*testing.T) objstore.Bucket { return objstore.NewInMemBucket() })
}
