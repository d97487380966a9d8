package store_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// checkPprof holds that go tool pprof opens a file.
func checkPprof(t *testing.T, key string, data []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "p.pb.gz")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "tool", "pprof", "-top", file).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "15   100%") {
		t.Errorf("go tool pprof -top %s: %v\n%s", key, err, out)
	}
}
