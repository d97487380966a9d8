package svg

import (
	"bufio"
	"bytes"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"flame/collapse"
)

// TestDrandHash checks the generator against numbers that drand48 gives.
func TestDrandHash(t *testing.T) {
	for name, want := range map[string]float64{
		"main.main": 0.443278, // seed 888
		"":          0.170828, // seed 0, as srand48(0) gives first
		"b.aa":      drandHash("aab."),
	} {
		if got := drandHash(name); math.Abs(got-want) > 1e-6 {
			t.Errorf("drandHash(%q) = %f, want %f", name, got, want)
		}
	}
}

func TestNameHash(t *testing.T) {
	hash := func(s string) float64 { f, _ := nameHashes(s); return f }
	// One character: 'a' is 97, 97%10 = 7 of 9, of a greatest sum of 2.
	if got, want := hash("a"), 1-7.0/9/2; got != want {
		t.Errorf("a: %g, want %g", got, want)
	}
	if got := hash(""); got != 1 {
		t.Errorf("empty: %g, want 1", got)
	}
	for _, same := range [][2]string{
		{"libc.so.1`malloc", "malloc"},
		{"abcdef", "abcxyz"}, // three characters count
		{"`a`bc", "bc"},      // a backquote alone has nothing before it
		{"`abc", "`abd"},
		{"x`", ""},
	} {
		if hash(same[0]) != hash(same[1]) {
			t.Errorf("%q and %q differ: %g and %g", same[0], same[1], hash(same[0]), hash(same[1]))
		}
	}
	if hash("libc`malloc") == hash("libc_malloc") {
		t.Error("the module before a backquote counts")
	}
	forward, backward := nameHashes("ab")
	if f, b := nameHashes("ba"); f != backward || b != forward {
		t.Errorf("ab is %g, %g and ba %g, %g", forward, backward, f, b)
	}
	for _, name := range []string{"\xff\xfe", "日本語", strings.Repeat("x", 5000), "\x00"} {
		if f, b := nameHashes(name); f < 0 || f > 1 || b < 0 || b > 1 {
			t.Errorf("%q: %g, %g out of range", name, f, b)
		}
	}
}

func frame(annotated string) collapse.Frame {
	name, kind := collapse.CutAnnotation(annotated)
	return collapse.Frame{Name: name, Kind: kind}
}

// colorOf returns the colour of one frame in a profile of its own.
func colorOf(t *testing.T, annotated string, o ColorOptions) RGB {
	t.Helper()
	c, err := NewColorer(profileOf(t, stackOf{[]string{annotated}, 1}), o)
	if err != nil {
		t.Fatal(err)
	}
	return c.Frame(0)
}

func TestKnownColors(t *testing.T) {
	for _, test := range []struct {
		palette Palette
		hash    bool
		name    string
		want    RGB
	}{
		{"hot", false, "main.main", RGB{227, 101, 24}},
		{"hot", true, "main", RGB{247, 83, 46}},
		{"hot", true, "java", RGB{233, 104, 31}},
		{"mem", false, "main.main", RGB{0, 212, 93}},
		{"io", false, "main.main", RGB{106, 106, 214}},
		{"red", false, "main.main", RGB{224, 85, 85}},
		{"green", false, "main.main", RGB{76, 224, 76}},
		{"blue", false, "main.main", RGB{106, 106, 227}},
		{"yellow", false, "main.main", RGB{199, 199, 58}},
		{"purple", false, "main.main", RGB{218, 106, 218}},
		{"aqua", false, "main.main", RGB{76, 189, 189}},
		{"orange", false, "main.main", RGB{218, 118, 0}},
		{"mem", false, "-", RGB{200, 200, 200}},
		{"red", true, "--", RGB{160, 160, 160}},
		{PackagePalette, false, "--", RGB{160, 160, 160}},
	} {
		if got := colorOf(t, test.name, ColorOptions{Palette: test.palette, Hash: test.hash}); got != test.want {
			t.Errorf("%s of %s is %v, want %v", test.name, test.palette, got, test.want)
		}
	}
}

// TestMixedPalettes checks which flat palette a frame of a language has.
func TestMixedPalettes(t *testing.T) {
	for _, test := range []struct {
		palette Palette
		name    string
		like    Palette
	}{
		{"wakeup", "anything", "aqua"},
		{"chain", "waker_[w]", "aqua"}, {"chain", "own", "blue"}, {"chain", "sys_read_[k]", "blue"},
		{"java", "call_stub_[j]", "green"}, {"java", "foo_[i]", "aqua"}, {"java", "sys_read_[k]", "orange"},
		{"java", "Ljava/lang/Thread", "green"}, {"java", "org/x/Y.z", "green"}, {"java", "orgx/Y.z", "red"},
		{"java", "Foo:::bar", "green"}, {"java", "JavaThread::run", "yellow"}, {"java", "malloc", "red"},
		{"js", "LazyCompile:~f /app.js:12_[j]", "green"}, {"js", "Stub:Entry_[j]", "aqua"}, {"js", "v8::Call", "yellow"},
		{"js", "f app.js", "green"}, {"js", "Builtin:x", "aqua"}, {"js", " ", "green"}, {"js", "sys_read_[k]", "orange"}, {"js", "uv_run", "red"},
		{"perl", "a::b", "yellow"}, {"perl", "Perl_pp", "green"}, {"perl", "x.pl", "green"}, {"perl", "sys_read_[k]", "orange"}, {"perl", "main", "red"},
	} {
		for _, hash := range []bool{false, true} {
			got := colorOf(t, test.name, ColorOptions{Palette: test.palette, Hash: hash})
			if want := colorOf(t, test.name, ColorOptions{Palette: test.like, Hash: hash}); got != want {
				t.Errorf("%q of %s is %v, want %v as of %s", test.name, test.palette, got, want, test.like)
			}
		}
	}
}

func TestRandomIsStable(t *testing.T) {
	seen := make(map[RGB]bool)
	for _, name := range []string{"a", "b", "c", "ab", "ba", "main.main", "main.niam"} {
		c := colorOf(t, name, ColorOptions{Palette: "hot", Random: true})
		if c != colorOf(t, name, ColorOptions{Palette: "hot", Random: true}) {
			t.Errorf("%s has two colours", name)
		}
		seen[c] = true
	}
	if len(seen) < 6 {
		t.Errorf("7 names have %d colours", len(seen))
	}
	both := colorOf(t, "main.main", ColorOptions{Palette: "hot", Random: true, Hash: true})
	if hash := colorOf(t, "main.main", ColorOptions{Palette: "hot", Hash: true}); both != hash {
		t.Errorf("with Hash and Random main.main is %v, want %v as with Hash", both, hash)
	}
}

func TestParsePalette(t *testing.T) {
	for _, name := range Palettes() {
		if p, err := ParsePalette(name); err != nil || string(p) != name {
			t.Errorf("ParsePalette(%q) = %q, %v", name, p, err)
		}
	}
	if p, err := ParsePalette(""); p != PackagePalette || err != nil {
		t.Errorf("the default is %q, %v", p, err)
	}
	_, err := ParsePalette("hotter")
	const want = `no palette "hotter"; there are package, aqua, blue, chain, green, hot, io, java, js, mem, orange, perl, purple, red, wakeup, yellow`
	if err == nil || err.Error() != want {
		t.Errorf("error %v\nwant %s", err, want)
	}
	if _, err := NewColorer(profileOf(t), ColorOptions{Palette: "x"}); err == nil {
		t.Error("NewColorer takes a palette that is none")
	}
	if _, err := NewColorer(profileOf(t), ColorOptions{Type: 1}); err == nil {
		t.Error("NewColorer takes a sample type that is none")
	}
}

func TestBackground(t *testing.T) {
	for name, want := range map[string]Background{
		"yellow":  {RGB{238, 238, 238}, RGB{238, 238, 176}},
		"grey":    {RGB{248, 248, 248}, RGB{232, 232, 232}},
		"#102030": {RGB{16, 32, 48}, RGB{16, 32, 48}},
	} {
		if got, err := ParseBackground(name); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", name, got, err, want)
		}
	}
	for _, name := range []string{"", "red", "#12345", "#1234567", "#gggggg", "#+12345", "rgb(1,2,3)"} {
		if _, err := ParseBackground(name); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
	for palette, like := range map[Palette]string{"hot": "yellow", "mem": "green", "chain": "blue", "red": "grey", "java": "yellow"} {
		if palette.Background() != backgrounds[like] {
			t.Errorf("the background of %s is not %s", palette, like)
		}
	}
}

func TestDiffColor(t *testing.T) {
	for _, test := range []struct {
		delta, most int64
		want        RGB
	}{
		{0, 10, RGB{255, 255, 255}},
		{10, 10, RGB{255, 0, 0}},
		{7, 10, RGB{255, 63, 63}},
		{-5, 10, RGB{105, 105, 255}},
		{-10, 10, RGB{0, 0, 255}},
		{1, 1, RGB{255, 0, 0}},
		{math.MaxInt64, math.MaxInt64, RGB{255, 0, 0}},
		{math.MinInt64, math.MaxInt64, RGB{0, 0, 255}},
		{1, math.MaxInt64, RGB{255, 210, 210}},
		{0, 0, RGB{255, 255, 255}},
	} {
		if got := DiffColor(test.delta, test.most); got != test.want {
			t.Errorf("DiffColor(%d, %d) = %v, want %v", test.delta, test.most, got, test.want)
		}
	}
}

// TestDifferentialColors checks the colours of nodes, and that negating a
// difference mirrors them.
func TestDifferentialColors(t *testing.T) {
	b := collapse.NewBuilder(1, collapse.Limits{})
	main := b.Child(collapse.Root, b.FrameText([]byte("main")))
	for _, s := range []struct {
		name       string
		self, base int64
	}{{"a", 20, 10}, {"b", 0, 5}, {"c", 7, 7}, {"-", 3, 0}} {
		n := b.Child(main, b.FrameText([]byte(s.name)))
		b.Add(n, 0, s.self)
		b.AddBase(n, 0, s.base)
	}
	p, err := b.Profile([]collapse.ValueType{{Type: "samples", Unit: "count"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	white, grey := RGB{255, 255, 255}, RGB{200, 200, 200}
	for negate, want := range map[bool][]RGB{
		false: {white, white, grey, {255, 0, 0}, {105, 105, 255}, white},
		true:  {white, white, grey, {0, 0, 255}, {255, 105, 105}, white},
	} {
		c, err := NewColorer(p, ColorOptions{Palette: "hot", Negate: negate})
		if err != nil {
			t.Fatal(err)
		}
		for n, w := range want {
			if got := c.Node(collapse.NodeID(n)); got != w {
				t.Errorf("negate %v: node %d is %v, want %v", negate, n, got, w)
			}
		}
	}
}

// TestPackagePalette checks every colour that flame's palette can give: text of
// #111 can be read on it, and there are few.
func TestPackagePalette(t *testing.T) {
	colors := map[RGB]bool{rootColor: true, unknownColor: true, separatorGrey: true, emptyGrey: true}
	for _, tints := range [][]tint{ownTints[:], stdTints[:], {runtimeTint, gcTint, kernelTint, jitTint}} {
		for _, tint := range tints {
			for i, c := range tint {
				if colors[c] {
					t.Errorf("%v is there twice", c)
				}
				if i > 0 && luminance(c) <= luminance(tint[i-1]) {
					t.Errorf("%v is no lighter than %v", c, tint[i-1])
				}
				colors[c] = true
			}
		}
	}
	if len(colors) > 16*3+4 {
		t.Errorf("%d colours", len(colors))
	}
	for c := range colors {
		if ratio := contrast(c, RGB{17, 17, 17}); ratio < 4.5 {
			t.Errorf("#111 on %v has a contrast of %.2f, want 4.5", c, ratio)
		}
	}
	dir := sharedData(t)
	for _, file := range []string{"folded/server.cpu.folded.gz", "perf/expected/perf-java-stacks-01-collapsed-all.txt.gz"} {
		lines := bufio.NewScanner(strings.NewReader(string(readShared(t, filepath.Join(dir, file)))))
		for lines.Scan() {
			for _, name := range strings.Split(lines.Text(), ";") {
				if c := packageColor(frame(name)); !colors[c] {
					t.Fatalf("%s is %v, which is not in the palette", name, c)
				}
			}
		}
	}
}

// luminance and contrast are those of WCAG 2.
func luminance(c RGB) float64 {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

func contrast(a, b RGB) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// TestPackageHues checks that functions get the hue of what they belong to.
func TestPackageHues(t *testing.T) {
	in := func(c RGB, tints ...tint) bool {
		return slices.ContainsFunc(tints, func(t tint) bool { return slices.Contains(t[:], c) })
	}
	for _, group := range []struct {
		what  string
		tints []tint
		names string
	}{
		{"the collector", []tint{gcTint}, "runtime.gcBgMarkWorker runtime.scanobject runtime.gcAssistAlloc runtime.gcDrain runtime.(*gcWork).put " +
			"runtime.bgsweep runtime.gcBgMarkWorker.func2 GCTaskThread::run PSPromotionManager::drain_stacks_depth v8::internal::MarkCompactCollector::Run"},
		{"the runtime", []tint{runtimeTint}, "runtime.mallocgc runtime.schedule runtime.(*mcache).refill internal/runtime/maps.(*Map).getWithKey " +
			"runtime/internal/atomic.Load cmpbody start_thread __libc_start_main runtime.goexit"},
		{"the standard library", stdTints[:], "fmt.Println net/http.(*Server).Serve encoding/json.Marshal runtime/pprof.StartCPUProfile " +
			"vendor/golang.org/x/net/http2/hpack.f golang.org/x/net/http2.f std::vector<int>::push_back core::ops::function::FnOnce::call_once " +
			"java/util/HashMap.get java.util.HashMap.get Ljava/lang/Thread;::run_[j] [libc.so.6]"},
		{"the program", ownTints[:], "main.main github.com/x/y.F command-line-arguments.f malloc curl_easy_perform org/mozilla/Foo.bar_[j] " +
			"tokio::runtime::task::raw::poll v8::internal::Invoke mymod/scan.scanobject gcc_main mycorp/runtime.schedule"},
		{"the kernel", []tint{kernelTint}, "sys_read_[k] runtime.scanobject_[k] [kernel.kallsyms] [vmlinux]"},
		{"compiled code", []tint{jitTint}, "StubRoutine_[j] Interpreter2_[j]"},
	} {
		for _, name := range strings.Fields(group.names) {
			if c := packageColor(frame(name)); !in(c, group.tints...) {
				t.Errorf("%s is %v, no colour of %s", name, c, group.what)
			}
		}
	}
	if packageColor(frame("[unknown]")) != unknownColor || packageColor(collapse.Frame{Name: "0x12", Kind: collapse.Unresolved}) != unknownColor {
		t.Error("what has no name is not grey")
	}
	for _, one := range [][]string{ // one package each
		{"main.main", "main.(*T).m", "main.f[...]", "main.init.0"},
		{"java/util/HashMap.get", "java.util.List.of", "Ljava/util/Map;::x_[i]"},
		{"curl_easy_perform", "curl_multi_wait"},
	} {
		hue := func(name string) int {
			return slices.IndexFunc(slices.Concat(ownTints[:], stdTints[:]), func(t tint) bool { return in(packageColor(frame(name)), t) })
		}
		for _, name := range one[1:] {
			if hue(name) != hue(one[0]) {
				t.Errorf("%s and %s have two hues", one[0], name)
			}
		}
	}
}

var rgbText = regexp.MustCompile(`^rgb\(\d{1,3},\d{1,3},\d{1,3}\)$`)

func FuzzColors(f *testing.F) {
	for _, name := range []string{"main.main", "a::b<c>(d)", "<a::b as c>::d", "`", "[x]_[k]", "java/util/Map.get", "\xff\x00", "f (a.py:1)", "operator<", "x/"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		fr := frame(name)
		PackageOf(name)
		for palette, pick := range perlPalettes {
			for _, o := range []ColorOptions{{}, {Hash: true}, {Random: true}} {
				if c := perlColor(pick, o)(fr); !rgbText.MatchString(c.String()) {
					t.Errorf("%s of %q: %v", palette, name, c)
				}
			}
		}
		if c := packageColor(fr); contrast(c, RGB{17, 17, 17}) < 4.5 {
			t.Errorf("%q: %v is too dark for text", name, c)
		}
	})
}

func BenchmarkColorer(b *testing.B) {
	names := bytes.Split(readShared(b, filepath.Join(sharedData(b), "folded", "compile.merged.folded.gz")), []byte(";"))
	builder := collapse.NewBuilder(1, collapse.Limits{})
	for _, name := range names {
		builder.Child(collapse.Root, builder.FrameText(name))
	}
	p, err := builder.Profile([]collapse.ValueType{{Type: "samples", Unit: "count"}}, 0)
	if err != nil {
		b.Fatal(err)
	}
	for _, palette := range []Palette{PackagePalette, "hot", "java"} {
		b.Run(string(palette), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := NewColorer(p, ColorOptions{Palette: palette, Hash: true}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(p.Frames()))*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mframes/s")
		})
	}
}
