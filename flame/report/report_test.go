package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"flame/collapse"
	"flame/flame/report"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample has recursion, an inlined call, one through what is small, a kernel
// function with the name of another, an address without a symbol, and a name that
// wants to be markup.
const sample = "main;serve;json.Encode 500\n" +
	"main;serve;json.Encode;write_[i] 200\n" +
	"main;write 30\n" +
	"main;fib;fib;fib 100\n" +
	"main;serve;small;deep.Fill 1\n" +
	"main;write_[k] 40\n" +
	"main;<b>|`x`\x1b[31m 20\n" +
	"idle 9\n"

func read(t testing.TB, text string) *collapse.Profile {
	t.Helper()
	p, err := collapse.ReadFolded(strings.NewReader(text), collapse.FoldedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p.Types[0] = collapse.ValueType{Type: "cpu", Unit: "milliseconds"}
	p.Meta.Duration = time.Second
	p.Meta.Comments = []string{"taken by hand", "# a note of the tool"}
	return p
}

type writer interface {
	WriteText(io.Writer) error
	WriteMarkdown(io.Writer) error
	WriteJSON(io.Writer) error
}

func TestGolden(t *testing.T) {
	p := read(t, sample)
	peek, err := report.MakePeek(p, report.Defaults(), regexp.MustCompile("^(serve|write)"))
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]writer{
		"top": report.MakeTop(p, report.Defaults()), "peek": peek, "traces": report.MakeTraces(p, report.Options{}),
	} {
		for ext, write := range map[string]func(io.Writer) error{"txt": r.WriteText, "md": r.WriteMarkdown, "json": r.WriteJSON} {
			var got bytes.Buffer
			if err := write(&got); err != nil {
				t.Fatal(err)
			}
			if ext == "json" && !json.Valid(got.Bytes()) {
				t.Errorf("%s.json is no JSON", name)
			}
			if bytes.ContainsRune(got.Bytes(), '\x1b') {
				t.Errorf("%s.%s has a control character of a name", name, ext)
			}
			golden(t, name+"."+ext, got.Bytes())
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; -update writes it anew. Now it is\n%s", name, got)
	}
}

func TestNoMatch(t *testing.T) {
	_, err := report.MakePeek(read(t, sample), report.Defaults(), regexp.MustCompile("nothing"))
	var none *collapse.NoMatchError
	if !errors.As(err, &none) || none.Expr != "nothing" {
		t.Errorf("the error is %v", err)
	}
}

// A difference counts what came and went, and its shares are of the base.
func TestDifference(t *testing.T) {
	p := read(t, "main;a 10 30\nmain;b 40 5\n")
	top := report.MakeTop(p, report.Options{})
	if top.Graph.Total != 50 {
		t.Errorf("the total is %d, want the base's 50", top.Graph.Total)
	}
	want := map[string][2]int64{"a": {20, 20}, "b": {-35, -35}, "main": {0, -15}}
	for _, r := range top.Rows {
		if want[r.Name] != [2]int64{r.Flat, r.Cum} {
			t.Errorf("%s has %d and %d, want %v", r.Name, r.Flat, r.Cum, want[r.Name])
		}
	}
}

// Flat values add up to the total; no cum is more than it, nor less than the flat;
// and what a function gets from its callers and as a root is its cum.
func TestTopProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		for range rapid.IntRange(1, 20).Draw(t, "stacks") {
			frames := rapid.SliceOfN(rapid.SampledFrom(strings.Split("abcdefg", "")), 1, 8).Draw(t, "stack")
			text.WriteString(strings.Join(frames, ";") + " 7\n")
		}
		p, err := collapse.ReadFolded(strings.NewReader(text.String()), collapse.FoldedOptions{})
		if err != nil {
			t.Fatal(err)
		}
		top := report.MakeTop(p, report.Options{})
		var sum int64
		for _, r := range top.Rows {
			if sum += r.Flat; r.Cum < r.Flat || r.Cum > p.Total(0) {
				t.Fatalf("%+v of %d", r, p.Total(0))
			}
		}
		if sum != p.Total(0) || top.Graph.Accounted() != sum {
			t.Fatalf("flat values are %d in all, the total %d", sum, p.Total(0))
		}
	})
}
