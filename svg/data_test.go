package svg

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"flame/collapse"
	"flame/collapse/pprof"
)

// dataFile opens a file of the shared collection, inflated if it ends in .gz and
// is no profile, or skips the test.
func dataFile(t testing.TB, name string) io.Reader {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "shared", "data", filepath.FromSlash(name)))
	if err != nil {
		t.Skipf("skipped: the shared data are not here: %v", err)
	}
	if !strings.HasSuffix(name, ".gz") || strings.HasSuffix(name, ".pb.gz") {
		return bytes.NewReader(b)
	}
	zr, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return zr
}

func dataProfile(t testing.TB, name string) *collapse.Profile {
	t.Helper()
	p, err := pprof.Decode(dataFile(t, name), pprof.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// fromFolded makes a profile of folded lines in their simplest form: a stack, a
// space, and one value (or, if differential, two) at the end.
func fromFolded(t testing.TB, text string, differential, ordered bool) *collapse.Profile {
	t.Helper()
	b := collapse.NewBuilder(1, collapse.Limits{})
	b.Ordered = ordered
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		stack, count := cutLast(t, lines.Text())
		base := int64(0)
		if differential {
			stack, base = cutLast(t, stack)
		}
		n := collapse.Root
		for _, name := range strings.Split(stack, ";") {
			n = b.Child(n, b.FrameText([]byte(name)))
		}
		b.Add(n, 0, count)
		if differential {
			b.AddBase(n, 0, base)
		}
	}
	p, err := b.Profile([]collapse.ValueType{{Type: "samples", Unit: "count"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func cutLast(t testing.TB, s string) (string, int64) {
	t.Helper()
	i := strings.LastIndexByte(s, ' ')
	v, err := strconv.ParseInt(s[i+1:], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return s[:i], v
}

func mustWrite(t testing.TB, p *collapse.Profile, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, p, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
