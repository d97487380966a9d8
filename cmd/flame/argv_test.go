package main

import (
	"slices"
	"strings"
	"testing"
)

func TestSplitArgs(t *testing.T) {
	tests := []struct{ line, flags, args string }{
		{"-u host -t 30", "--url=host --seconds=30", ""},
		{"--url=host --time 5", "--url=host --seconds=5", ""},
		{"-t=5 -t5 -f/tmp/x.svg", "--seconds=5 --seconds=5 --file=/tmp/x.svg", ""},
		{"cpu.pb.gz --title X other -p", "--title=X --print=true", "cpu.pb.gz other"},
		{"- -f -", "--file=-", "-"},
		{"-p -- -p --title", "--print=true", "-p --title"},
		{"-inuse_space --inuse-space --INUSE_SPACE", "--inuse_space=true --inuse_space=true --inuse_space=true", ""},
		{"--color java --TITLE X -inver --tit=Y", "--colors=java --title=X --inverted=true --title=Y", ""},
		{"-h -H a:b -i", "--help=true --header=a:b --inverted=true", ""},
		{"--hash=false", "--hash=false", ""},
		{"--title -t --title --", "--title=-t --title=--", ""},
		{"-delay -sample_index 1", "--total_delay=true --sample_index=1", ""},
		{"--max-bytes 1MB", "--max-bytes=1MB", ""},
		{"--title=a=b --title=", "--title=a=b --title=", ""},
	}
	for _, tt := range tests {
		a, err := splitArgs(strings.Fields(tt.line), testSpecs())
		if err != nil {
			t.Errorf("%s: %v", tt.line, err)
			continue
		}
		if got := strings.Join(a.flags, " "); got != tt.flags {
			t.Errorf("%s: flags %s, want %s", tt.line, got, tt.flags)
		}
		if got := strings.Join(a.args, " "); got != tt.args {
			t.Errorf("%s: arguments %s, want %s", tt.line, got, tt.args)
		}
	}
}

func TestSplitArgsErrors(t *testing.T) {
	tests := []struct{ line, want string }{
		{"--titel X", "unknown flag --titel; did you mean --title?"},
		{"-inuse_spcae", "did you mean -inuse_space?"},
		{"--colours=hot", "unknown flag --colours; did you mean --colors?"},
		{"--zzzzzzzzzzzz", "unknown flag --zzzzzzzzzzzz; flame --help lists them"},
		{"-x", "unknown flag -x; flame --help lists them"},
		{"-T", "unknown flag -T; did you mean -t?"},
		{"--flamegraph", "did you mean --flamechart?"},
		{"-top", "unknown flag -top; flame --help lists them"},
		{"--font 12", "short for several: --fonttype, --fontsize, --fontwidth"},
		{"--title", "--title needs a value: TEXT"},
		{"-u", "--url needs a value: TARGET"},
	}
	for _, tt := range tests {
		_, err := splitArgs(strings.Fields(tt.line), testSpecs())
		if err == nil || !strings.Contains(err.Error(), tt.want) || !isUsage(err) {
			t.Errorf("%s: %v, want a usage error with %q", tt.line, err, tt.want)
		}
	}
}

func TestPprofArgs(t *testing.T) {
	good := map[string]string{
		"-inuse_space":                      "--inuse_space=true",
		" --seconds=5   -alloc_objects ":    "--seconds=5 --alloc_objects=true",
		`-sample_index "cpu" -all_frames`:   "--sample_index=cpu --all_frames=true",
		`--sample_index='a b' -total_delay`: "--sample_index=a b --total_delay=true",
		"":                                  "",
	}
	for text, want := range good {
		a, err := splitArgs([]string{"--pprofArgs", text}, testSpecs())
		if got := strings.Join(a.flags, " "); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"-nodecount=5":   "unknown flag -nodecount",
		"-u host":        "no flag of pprof",
		"cpu.pb.gz":      "no flag",
		`-inuse_space "`: "closing",
	} {
		_, err := splitArgs([]string{"--pprofArgs=" + text}, testSpecs())
		if err == nil || !strings.Contains(err.Error(), want) || !isUsage(err) {
			t.Errorf("%q: %v, want a usage error with %q", text, err, want)
		}
	}
}

// Every long name must be reachable, and none may be another's by accident.
func TestFlagNames(t *testing.T) {
	seen := map[string]string{}
	for _, f := range testSpecs() {
		for _, n := range f.names {
			if other, ok := seen[n]; ok {
				t.Errorf("%s and %s are both called %s", other, f.name(), n)
			}
			seen[n] = f.name()
			if got, err := findFlag(n, testSpecs()); err != nil || got.name() != f.name() {
				t.Errorf("%s finds %v, %v", n, got, err)
			}
		}
		if f.usage == "" || f.stage == "" || f.value == nil {
			t.Errorf("%s has no usage, stage or value", f.name())
		}
	}
}

func TestValues(t *testing.T) {
	var n int
	var given bool
	for text, want := range map[string]int{"30": 30, "1m30s": 90, "5s": 5} {
		if err := secondsVar(&n, &given).Set(text); err != nil || n != want || !given {
			t.Errorf("seconds %s: %d, %v", text, n, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "1.5", "500ms", "x", "86401"} {
		if secondsVar(&n, &given).Set(text) == nil {
			t.Errorf("seconds %q is taken", text)
		}
	}
	var b int64
	for text, want := range map[string]int64{"500": 500, "2k": 2048, "64MB": 64 << 20, "1GiB": 1 << 30} {
		if err := bytesVar(&b).Set(text); err != nil || b != want {
			t.Errorf("size %s: %d, %v", text, b, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "1.5", "x", "MB", "99999999999T"} {
		if bytesVar(&b).Set(text) == nil {
			t.Errorf("size %q is taken", text)
		}
	}
}

func TestSplitExt(t *testing.T) {
	for name, want := range map[string][]string{
		"raw.pb.gz": {"raw", ".pb.gz"}, "dir.d/raw": {"dir.d/raw", ""}, "dir/.raw.gz": {"dir/.raw", ".gz"}, "raw": {"raw", ""},
	} {
		stem, ext := splitExt(name)
		if !slices.Equal([]string{stem, ext}, want) {
			t.Errorf("%s: %q %q", name, stem, ext)
		}
	}
}

func testSpecs() []*flagSpec {
	nothing := valueFunc(func(string) error { return nil })
	return append((&options{}).specs(),
		&flagSpec{names: []string{"help", "h"}, usage: "x", stage: "x", value: nothing},
		&flagSpec{names: []string{"version", "v"}, usage: "x", stage: "x", value: nothing})
}

// Whatever is typed, the result is flags that exist, or wrong usage.
func FuzzSplitArgs(f *testing.F) {
	for _, line := range []string{"-u\nhost\n-t\n30", "--pprofArgs\n-inuse_space \"\n-", "-t30\n--\n-x", "--=\n-=\n---", "--color=java\nx\n-p"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words := strings.Split(line, "\n")
		a, err := splitArgs(words, testSpecs())
		if err != nil {
			if !isUsage(err) {
				t.Fatalf("%v is no usage error", err)
			}
			return
		}
		for _, flag := range a.flags {
			name, _, ok := strings.Cut(strings.TrimPrefix(flag, "--"), "=")
			if f, err := findFlag(name, testSpecs()); !ok || err != nil || f.name() != name {
				t.Fatalf("%q became the flag %q", line, flag)
			}
		}
		for _, arg := range a.args {
			if !slices.Contains(words, arg) {
				t.Fatalf("%q became the argument %q", line, arg)
			}
		}
	})
}
