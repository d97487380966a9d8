package format_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"flame/collapse"
	"flame/collapse/format"
	"flame/svg"

	"github.com/google/pprof/profile"
)

func sharedFiles(t testing.TB, patterns ...string) []string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the shared profiles (../shared/data) are not here: what needs %s is skipped", strings.Join(patterns, " "))
	}
	var files []string
	for _, p := range patterns {
		found, err := filepath.Glob(filepath.Join(dir, p))
		if err != nil || len(found) == 0 {
			t.Fatalf("no file matches %s (error %v)", p, err)
		}
		files = append(files, found...)
	}
	return files
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func zip(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	if _, err := zw.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func unzip(t testing.TB, data []byte) []byte {
	t.Helper()
	zr, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(zr)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func decode(data []byte) (*collapse.Profile, error) {
	return format.Decode(bytes.NewReader(data), format.Options{})
}

func mustDecode(t testing.TB, data []byte) *collapse.Profile {
	t.Helper()
	p, err := decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.CheckValid(); err != nil {
		t.Fatal(err)
	}
	return p
}

const stacks = "main;work 5\nmain 2\n"

// tinyProfile is a pprof profile as google/pprof writes it.
func tinyProfile(t testing.TB) []byte {
	t.Helper()
	f := &profile.Function{ID: 1, Name: "main"}
	l := &profile.Location{ID: 1, Line: []profile.Line{{Function: f}}}
	p := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "cpu", Unit: "nanoseconds"}},
		Sample:     []*profile.Sample{{Location: []*profile.Location{l}, Value: []int64{7}}},
		Location:   []*profile.Location{l}, Function: []*profile.Function{f},
	}
	var b bytes.Buffer
	if err := p.WriteUncompressed(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tinySVG(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := svg.Write(&b, mustDecode(t, []byte(stacks)), svg.Options{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestDecode: each format, bare or in gzip, once, twice and in two members, whole
// or byte by byte.
func TestDecode(t *testing.T) {
	for _, test := range []struct {
		format string
		data   []byte
		total  int64
	}{
		{"folded", []byte(stacks), 7},
		{"folded", []byte("\ufeff# comment\n" + stacks), 7},
		{"folded", []byte("[unknown];main 7\n"), 7},
		{"folded", []byte("[kernel.kallsyms] 7\n"), 7},
		{"folded", []byte("{main};strlen 7\n"), 7},
		{"folded", []byte("<frozen importlib._bootstrap>:x;<p> 7\n"), 7},
		{"folded", []byte("goroutine;goroutine profile 7\n"), 7},
		{"folded", []byte("go 1.22 trace 7\n"), 7},
		{"folded", []byte("\n\n\nx 7\n"), 7},
		{"folded", []byte("a\xff\xfe;\x00 7\n"), 7},
		{"folded", []byte("\xff\xfd\xfc 7\n"), 7},
		{"folded", []byte("x a;b 7"), 7},
		{"folded", []byte("POSIX;P 7"), 7},
		{"folded", []byte(strings.Repeat("メソッド;", 2000) + "x 7\n"), 7},
		{"pprof", tinyProfile(t), 7},
		{"svg", tinySVG(t), 7},
	} {
		f, err := format.Detect(test.data)
		if err != nil || f.Name != test.format {
			t.Errorf("%.40q is %q (error %v), want %s", test.data, f.Name, err, test.format)
			continue
		}
		half := len(test.data) / 2
		once := zip(t, test.data)
		for name, data := range map[string][]byte{
			"bare": test.data, "gzip": once, "gzip twice": zip(t, once),
			"two members": append(zip(t, test.data[:half]), zip(t, test.data[half:])...),
		} {
			p := mustDecode(t, data)
			if p.Total(0) != test.total {
				t.Errorf("%s, %s: the total is %d, want %d", test.format, name, p.Total(0), test.total)
			}
			slow, err := format.Decode(iotest.OneByteReader(bytes.NewReader(data)), format.Options{})
			if err != nil || !reflect.DeepEqual(slow, p) {
				t.Errorf("%s, %s: byte by byte it is another profile (error %v)", test.format, name, err)
			}
		}
	}
}

func TestDecodeOptions(t *testing.T) {
	for _, data := range [][]byte{[]byte(stacks), zip(t, []byte(stacks)), tinyProfile(t), zip(t, tinyProfile(t)), tinySVG(t)} {
		_, err := format.Decode(bytes.NewReader(data), format.Options{Limits: collapse.Limits{Bytes: 10}})
		var limit *collapse.LimitError
		if !errors.As(err, &limit) {
			t.Errorf("%.20q: error is %v, want a limit", data, err)
		}
	}
	p, err := format.Decode(strings.NewReader("b 1\na 2\nb 4\n"), format.Options{Ordered: true})
	if err != nil || !p.Ordered || p.Len() != 4 {
		t.Errorf("ordered stacks are %+v (error %v)", p, err)
	}
}

// TestDecodeBomb: 4 GB of zeros or stacks in 4 MB are refused by the limit, not
// by the memory.
func TestDecodeBomb(t *testing.T) {
	line := []byte(strings.Repeat("a;b 1\n", 1<<20))
	var b bytes.Buffer
	zw, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	for range 8 {
		if _, err := zw.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	for _, data := range [][]byte{b.Bytes(), zip(t, b.Bytes())} {
		_, err := format.Decode(bytes.NewReader(data), format.Options{Limits: collapse.Limits{Bytes: 20 << 20}})
		var limit *collapse.LimitError
		if !errors.As(err, &limit) {
			t.Errorf("error is %v, want a limit", err)
		}
	}
}

// TestStrangers: each wrong input is refused in one sentence that says what it is
// and what to do.
func TestStrangers(t *testing.T) {
	program := "give the profile, taken from the running program"
	noDebug := "drop debug= from the URL"
	page := "this is an HTML page, not a profile; check the URL: /debug/pprof/profile is a profile, /debug/pprof/ is a page"
	script := "this is the output of perf script, which flame does not read; collapse it first, with FlameGraph's stackcollapse-perf.pl or inferno-collapse-perf, and give it the folded stacks"
	printed := "give it the profile that this was printed from, the .pb.gz file"
	for _, test := range []struct{ data, want string }{
		{"", "it is empty, 0 bytes long; take the profile again"},
		{"\x7fELF\x02\x01\x01", "this is a program (ELF), not a profile; " + program},
		{"MZ\x90\x00\x03", "this is a program (Windows PE), not a profile; " + program},
		{"\xcf\xfa\xed\xfe\x07", "this is a program (Mach-O), not a profile; " + program},
		{"\xca\xfe\xba\xbe\x00", "this is a program (Mach-O or Java class), not a profile; " + program},
		{"PERFILE2h\x00", "this is perf.data, the raw recording of perf; run perf script on it, and collapse it first, with FlameGraph's stackcollapse-perf.pl or inferno-collapse-perf, and give it the folded stacks"},
		{"go 1.22 trace\x00\x00\x00\x01", "this is a Go execution trace, not a profile; open it with go tool trace, or fetch /debug/pprof/profile"},
		{"FLR\x00\x00\x02", "this is a Java Flight Recorder file; convert it with async-profiler's jfrconv to collapsed stacks"},
		{"\x89PNG\r\n\x1a\n", "this is a picture (PNG), not a profile; give it the profile, or the SVG file of flame"},
		{"%PDF-1.7\n", "this is a PDF document, not a profile"},
		{"PK\x03\x04\x14", "this is a zip archive; unpack it first"},
		{"\xfd7zXZ\x00\x00", "this is compressed with xz; unpack it first"},
		{"\x28\xb5\x2f\xfd\x04", "this is compressed with zstd; unpack it first"},
		{"BZh91AY&SY\x00", "this is compressed with bzip2; unpack it first"},
		{strings.Repeat("name\x00", 60)[:257] + "ustar\x0000", "this is a tar archive; unpack it first"},
		{"\xff\xfea\x00 \x001\x00", "this is text in UTF-16, as PowerShell's > writes it; save it as UTF-8, or let the program write the file itself"},
		{"<!DOCTYPE html>\n<html>", page},
		{"\n <html lang=en>404", page},
		{"<html><body>an icon <svg viewBox=\"0 0 1 1\"></svg></body></html>", page},
		{"<pre>\nerror</pre>", page},
		{`{"error": 5}`, "this is JSON, not a profile; give it a pprof profile, folded stacks or an SVG file of flame"},
		{"[\n  {\"ph\": 1}\n", "this is JSON, not a profile; give it a pprof profile, folded stacks or an SVG file of flame"},
		{"goroutine 1 [running]:\nmain.main()\n", "this is a goroutine dump, text for people (debug=2); " + noDebug},
		{"goroutine profile: total 3\n3 @ 0x1 0x2\n#\t0x1\tmain.main+0x2\t/x.go:1\n", "this is a Go profile as text for people (debug=1); " + noDebug},
		{"heap profile: 1: 2 [3: 4] @ heap/1048576\n1: 2 [3: 4] @ 0x1\n#\t0x1\tmain.main+0x2\t/x.go:1\n", "this is a Go profile as text for people (debug=1); " + noDebug},
		{"--- mutex:\ncycles/second=1\n1 1 @ 0x1\n#\t0x1\tmain.main+0x2\t/x.go:1\n", "this is a Go profile as text for people (debug=1); " + noDebug},
		{"PeriodType: cpu nanoseconds\nPeriod: 10000000\n", "this is what go tool pprof -raw prints, not a profile; " + printed},
		{"File: api\nType: cpu\nTime: x\n", "this is a report that go tool pprof printed, not a profile; " + printed},
		{"# ========\n# captured on: Thu\n", script},
		{"dd 29776 666709.771979:   10101010 cpu-clock: \n\t          414b3b fsnotify (/lib/vmlinux)\n", script},
		{"\x00\x01\x02\x03\x80\x81\x82", `this is binary data in no format that flame reads, starting with "\x00\x01\x02\x03\x80\x81\x82"…; give it a pprof profile, folded stacks or an SVG file of flame`},
	} {
		for name, data := range map[string][]byte{"bare": []byte(test.data), "gzip": zip(t, []byte(test.data))} {
			_, err := decode(data)
			var stranger *format.Error
			if !errors.As(err, &stranger) || err.Error() != test.want {
				t.Errorf("%.40q, %s: error is\n%v, want\n%s", test.data, name, err, test.want)
			}
		}
	}
}

func TestBrokenInputs(t *testing.T) {
	whole := zip(t, bytes.Repeat(tinyProfile(t), 1))
	foreign := `<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>`
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-6] ^= 0xff // in the checksum
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"cut off", whole[:len(whole)-12], "the gzip data break off after"},
		{"cut off in the header", whole[:5], "the gzip data break off after 5 bytes, so part of the profile is missing; fetch or copy it again"},
		{"folded, cut off", zip(t, []byte(stacks))[:30], "the gzip data break off after 30 bytes"},
		{"something behind", append(bytes.Clone(whole), "and something else"...), "something that is no gzip data stands in front of the profile or behind it"},
		{"damaged", damaged, "the gzip data are damaged; fetch or copy the profile again, as binary data"},
		{"gzip thrice", zip(t, zip(t, whole)), "this is gzip in gzip in gzip; inflate it first"},
		{"text", []byte("hello\nworld\n"), `read folded stacks: no line is a stack and a count, such as "main;work 5"; line 1 is "hello"`},
		{"404", []byte("404 page not found\n"), `read folded stacks: no line is a stack and a count`},
		{"SVG of another program", []byte(foreign), "read SVG: it was not written by flame"},
	} {
		_, err := decode(test.data)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error is %v, want %s…", test.name, err, test.want)
		}
	}
	broken := errors.New("the disk is on fire")
	if _, err := format.Decode(io.MultiReader(strings.NewReader("a 1\n"), iotest.ErrReader(broken)), format.Options{}); !errors.Is(err, broken) {
		t.Errorf("the reader's error became %v", err)
	}
}

// TestCorpus: every real profile is detected and decoded.
func TestCorpus(t *testing.T) {
	want := map[string]string{"pprof": "pprof", "folded": "folded"}
	for _, file := range sharedFiles(t, "pprof/tiny/*", "pprof/typical/*", "pprof/legacy/*", "pprof/large/*", "folded/*") {
		if strings.HasSuffix(file, ".string") {
			continue
		}
		data := read(t, file)
		head := data
		if data[0] == 0x1f && data[1] == 0x8b {
			head = unzip(t, data)
		}
		dir := filepath.Base(filepath.Dir(file))
		if dir != "folded" {
			dir = "pprof"
		}
		f, err := format.Detect(head[:min(len(head), 64<<10)])
		if err != nil || f.Name != want[dir] {
			t.Errorf("%s is %q (error %v), want %s", file, f.Name, err, want[dir])
			continue
		}
		if strings.Contains(file, "/large/") {
			continue // decoding it is tested where the decoder is
		}
		if p, err := decode(data); err != nil {
			t.Errorf("%s: %v", file, err)
		} else if err := p.CheckValid(); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestForeignCorpus(t *testing.T) {
	for pattern, want := range map[string]string{
		"goroutine/*debug1*":   "debug=1",
		"goroutine/*debug2*":   "debug=2",
		"pprof/raw-text/*":     "go tool pprof -raw",
		"perf/FlameGraph-*":    "perf script",
		"perf/inferno-go*":     "perf script",
		"perf/inferno-cpp*":    "perf script",
		"weird/not-a-profile*": "HTML page",
	} {
		for _, file := range sharedFiles(t, pattern) {
			_, err := decode(read(t, file))
			var stranger *format.Error
			if !errors.As(err, &stranger) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error is %v, want one about %s", file, err, want)
			}
		}
	}
}

// TestLegality: of the awkward profiles flame takes and refuses those that
// google/pprof does, and each refusal is one sentence.
func TestLegality(t *testing.T) {
	for _, file := range sharedFiles(t, "weird/*.pb", "weird/*.pb.gz") {
		data := read(t, file)
		_, oracle := profile.ParseData(data)
		_, err := decode(data)
		if (err == nil) != (oracle == nil) {
			t.Errorf("%s: error is %v, google/pprof's is %v", filepath.Base(file), err, oracle)
		}
		if bad := strings.HasPrefix(filepath.Base(file), "bad-"); bad && err == nil {
			t.Errorf("%s is accepted", filepath.Base(file))
		}
		if err != nil {
			t.Logf("%s: %v", filepath.Base(file), err)
			if s := err.Error(); strings.Contains(s, "\n") || len(s) > 300 {
				t.Errorf("%s: %q is no sentence", filepath.Base(file), s)
			}
		}
	}
}

func TestFormats(t *testing.T) {
	names := map[string]bool{}
	for _, f := range format.Formats() {
		if f.Name == "" || f.Description == "" || names[f.Name] {
			t.Errorf("format %+v has no name or description of its own", f)
		}
		names[f.Name] = true
	}
}

func FuzzDetect(f *testing.F) {
	for _, seed := range []string{stacks, "<html>", "\x1f\x8b\x08", "\x0a\x04\x08\x01\x10\x02", "goroutine 1 [", "{\"", "\xff\xfe", "--- heapz 1 ---\n"} {
		f.Add([]byte(seed))
	}
	f.Add(tinyProfile(f))
	f.Add(zip(f, zip(f, []byte(stacks))))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := format.Decode(bytes.NewReader(data), format.Options{Limits: collapse.Limits{Bytes: 1 << 20, Nodes: 1 << 16}})
		if err == nil {
			if err := p.CheckValid(); err != nil {
				t.Fatal(err)
			}
		} else if err.Error() == "" || p != nil {
			t.Fatalf("error %q with profile %v", err, p)
		}
	})
}
