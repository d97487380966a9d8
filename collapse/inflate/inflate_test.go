package inflate

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// deflate compresses data at a level.
func deflate(t testing.TB, data []byte, level int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = w.Write(data); err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// inflate reads all of the input.
func inflate(r io.Reader) ([]byte, error) {
	var z Reader
	if err := z.Reset(r); err != nil {
		return nil, err
	}
	return io.ReadAll(&z)
}

// samples are inputs of all sorts, by name.
func samples() map[string][]byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	random := make([]byte, 300_000)
	skewed := make([]byte, 300_000)
	for i := range random {
		random[i] = byte(rnd.Uint32())
		skewed[i] = byte(rnd.ExpFloat64() * 3) // long codes
	}
	var words strings.Builder
	for words.Len() < 400_000 {
		fmt.Fprintf(&words, "github.com/example/%d.(*T%d).Method;", rnd.IntN(5000), rnd.IntN(50))
	}
	return map[string][]byte{
		"nothing": nil,
		"a byte":  {7},
		"zeros":   make([]byte, 500_000),
		"period":  bytes.Repeat([]byte("abcde"), 50_000),
		"random":  random,
		"skewed":  skewed,
		"words":   []byte(words.String()),
		"mixed":   append(append([]byte(words.String()), random...), make([]byte, 100_000)...),
	}
}

// TestRoundTrip: what compress/gzip deflates, at every level, comes back.
func TestRoundTrip(t *testing.T) {
	for name, data := range samples() {
		for level := gzip.HuffmanOnly; level <= gzip.BestCompression; level++ {
			for readers, r := range map[string]io.Reader{
				"whole":    bytes.NewReader(deflate(t, data, level)),
				"bytes":    iotest.OneByteReader(bytes.NewReader(deflate(t, data, level))),
				"with EOF": iotest.DataErrReader(bytes.NewReader(deflate(t, data, level))),
			} {
				got, err := inflate(r)
				if err != nil || !bytes.Equal(got, data) {
					t.Fatalf("%s, level %d, %s: %d bytes and error %v, want %d bytes", name, level, readers, len(got), err, len(data))
				}
			}
		}
	}
}

// TestMembers: members one after the other are one input, and no match of one
// reaches into the one before.
func TestMembers(t *testing.T) {
	data := samples()["words"]
	one := deflate(t, data, 6)
	got, err := inflate(bytes.NewReader(append(bytes.Clone(one), one...)))
	if err != nil || !bytes.Equal(got, append(bytes.Clone(data), data...)) {
		t.Errorf("two members are %d bytes and error %v", len(got), err)
	}
	var named bytes.Buffer
	w := gzip.NewWriter(&named)
	w.Name, w.Comment, w.Extra = "name", "comment", []byte("extra")
	_, _ = w.Write(data)
	_ = w.Close()
	if got, err = inflate(bytes.NewReader(named.Bytes())); err != nil || !bytes.Equal(got, data) {
		t.Errorf("with a name there are %d bytes and error %v", len(got), err)
	}
	// A match over 7 bytes, 5 of them of the member before: fixed codes, then length
	// 3 and distance 7.
	before := []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}
	bad := append(append(bytes.Clone(one), before...), 0x4b, 0x04, 0x62, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	compare(t, bad)
}

// TestBroken: an input that is cut anywhere, or damaged, is the error that
// compress/gzip has for it.
func TestBroken(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for name, data := range samples() {
		data = data[:min(len(data), 2000)]
		for _, level := range []int{gzip.HuffmanOnly, gzip.NoCompression, 1, 9} {
			whole := deflate(t, data, level)
			for n := range whole {
				if _, err := inflate(bytes.NewReader(whole[:n])); err != io.ErrUnexpectedEOF && (n > 0 || err != io.EOF) {
					t.Fatalf("%s cut at %d of %d: %v", name, n, len(whole), err)
				}
			}
			for range 200 {
				damaged := bytes.Clone(whole)
				damaged[rnd.IntN(len(damaged))] ^= 1 << rnd.IntN(8)
				compare(t, damaged)
			}
			if _, err := inflate(bytes.NewReader(append(bytes.Clone(whole), "garbage, long enough"...))); err != gzip.ErrHeader {
				t.Fatalf("%s with garbage behind it: %v", name, err)
			}
		}
	}
}

// compare holds the reader against compress/gzip.
func compare(t *testing.T, data []byte) {
	t.Helper()
	var want []byte
	zr, wantErr := gzip.NewReader(bytes.NewReader(data))
	if wantErr == nil {
		want, wantErr = io.ReadAll(io.LimitReader(zr, 1<<24))
	}
	var z Reader
	var got []byte
	err := z.Reset(bytes.NewReader(data))
	if err == nil {
		got, err = io.ReadAll(io.LimitReader(&z, 1<<24))
	}
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%x: error is %v, compress/gzip's is %v", data, err, wantErr)
	}
	if err == nil && !bytes.Equal(got, want) {
		t.Fatalf("%x: %d bytes, compress/gzip has %d", data, len(got), len(want))
	}
}

// TestReaderError passes on what went wrong with the source.
func TestReaderError(t *testing.T) {
	boom := errors.New("boom")
	whole := deflate(t, samples()["words"], 6)
	for n := 0; n < len(whole); n += 97 {
		if _, err := inflate(io.MultiReader(bytes.NewReader(whole[:n]), iotest.ErrReader(boom))); err != boom {
			t.Fatalf("after %d bytes: %v", n, err)
		}
	}
}

// FuzzInflate holds the reader against compress/gzip.
func FuzzInflate(f *testing.F) {
	for _, data := range samples() {
		for _, level := range []int{gzip.HuffmanOnly, gzip.NoCompression, 6} {
			f.Add(deflate(f, data[:min(len(data), 500)], level))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		compare(t, data)
		if len(data) > 2 { // the checksums keep the fuzzer out of the codes otherwise
			head := []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}
			compareDeflate(t, append(head, data...))
		}
	})
}

// compareDeflate compares but for the checksum.
func compareDeflate(t *testing.T, data []byte) {
	t.Helper()
	zr, wantErr := gzip.NewReader(bytes.NewReader(data))
	var want []byte
	if wantErr == nil {
		want, wantErr = io.ReadAll(io.LimitReader(zr, 1<<24))
	}
	var z Reader
	var got []byte
	err := z.Reset(bytes.NewReader(data))
	if err == nil {
		got, err = io.ReadAll(io.LimitReader(&z, 1<<24))
	}
	same := fmt.Sprintf("%T", err) == fmt.Sprintf("%T", wantErr)
	if err == io.ErrUnexpectedEOF && wantErr != nil {
		same = true // where the input ends we do not look for other faults
	}
	if !same || !bytes.HasPrefix(want, got) {
		t.Fatalf("%x: %d bytes and error %v, compress/gzip has %d and %v", data, len(got), err, len(want), wantErr)
	}
}

func BenchmarkInflate(b *testing.B) {
	files, _ := filepath.Glob("../../../shared/data/pprof/*/*.gz")
	wide, _ := filepath.Glob("../../../shared/data/weird/wide*.gz")
	for _, file := range append(files, wide...) {
		data, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		if len(data) < 50_000 {
			continue
		}
		b.Run(filepath.Base(file), func(b *testing.B) {
			var z Reader
			buf := make([]byte, 256<<10)
			total := 0
			for b.Loop() {
				if err := z.Reset(bytes.NewReader(data)); err != nil {
					b.Fatal(err)
				}
				total = 0
				for have := 0; ; {
					n, err := z.Fill(buf, have)
					total += n
					if err == io.EOF {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					have = copy(buf, buf[max(0, have+n-Window):have+n])
				}
			}
			b.SetBytes(int64(total))
		})
	}
}
