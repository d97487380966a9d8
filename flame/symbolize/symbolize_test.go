package symbolize_test

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"flame/flame/symbolize"

	"github.com/google/pprof/profile"
)

// build makes a program with a tool, or skips the test where there is none.
func build(t *testing.T, tool string, args ...string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the comparison is for ELF programs")
	}
	path, err := exec.LookPath(tool)
	if err != nil {
		t.Skipf("%s is not here, which builds the program to be symbolised", tool)
	}
	if out, err := exec.Command(path, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", tool, err, out)
	}
}

// A Go profile whose functions are taken away gets the very same back: those that
// the runtime had found itself.
func TestGoProgram(t *testing.T) {
	dir := t.TempDir()
	program, out := filepath.Join(dir, "spin"), filepath.Join(dir, "spin.pb.gz")
	build(t, "go", "build", "-o", program, "../../testdata/spin")
	if msg, err := exec.Command(program, "-o", out, "-t", "300ms").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, msg)
	}
	want, p := parse(t, out), strip(parse(t, out))
	result, err := symbolize.Profile(p, program)
	if err != nil {
		t.Fatal(err)
	}
	if result.Found == 0 || len(result.Notes) > 0 {
		t.Fatalf("%+v", result)
	}
	if err := p.CheckValid(); err != nil {
		t.Fatal(err)
	}
	for i, l := range want.Location {
		if l.Mapping != want.Mapping[0] {
			continue // the kernel's vdso
		}
		if got, want := lines(p.Location[i]), lines(l); got != want {
			t.Errorf("%#x is %s, want %s", l.Address, got, want)
		}
	}

	// Stripped, it still has Go's own table, which does not know what is inlined.
	build(t, "go", "build", "-ldflags=-s -w", "-o", program, "../../testdata/spin")
	p = strip(parse(t, out))
	p.Mapping[0].BuildID = "" // the other program's, and the code is the same
	if result, err = symbolize.Profile(p, program); err != nil || result.Found == 0 {
		t.Fatalf("%+v %v", result, err)
	}
	found := false
	for _, l := range p.Location {
		found = found || strings.HasPrefix(lines(l), "main.logicCode main.go:")
	}
	if !found {
		t.Error("main.logicCode is not found in a stripped program")
	}

	// Another build is left alone, and said to be one.
	p = strip(parse(t, out))
	result, err = symbolize.Profile(p, program)
	if err != nil || result.Found > 0 || len(result.Notes) != 1 || !strings.Contains(result.Notes[0], "is not the program of the profile: its build id is ") {
		t.Errorf("%+v %v", result, err)
	}
}

func parse(t *testing.T, file string) *profile.Profile {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.ParseData(data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// strip takes all functions away.
func strip(p *profile.Profile) *profile.Profile {
	p.Function = nil
	for _, l := range p.Location {
		l.Line = nil
	}
	return p
}

// lines writes the lines of a location as "innermost file:line, caller file:line".
func lines(l *profile.Location) string {
	var parts []string
	for _, line := range l.Line {
		parts = append(parts, fmt.Sprintf("%s %s:%d", line.Function.Name, filepath.Base(line.Function.Filename), line.Line))
	}
	return strings.Join(parts, ", ")
}

const cProgram = `
#include <stdio.h>
static volatile unsigned long sink;
static inline __attribute__((always_inline)) unsigned long square(unsigned long x) {
	return x * x + sink;
}
static inline __attribute__((always_inline)) unsigned long twice(unsigned long x) {
	return square(x) + square(x + 1);
}
__attribute__((noinline)) unsigned long work(unsigned long n) {
	unsigned long sum = 0;
	for (unsigned long i = 0; i < n; i++)
		sum += twice(i);
	return sum;
}
int main(void) {
	printf("%lu\n", work(1000));
	return 0;
}
`

// Every address of a C program's functions, mapped anywhere, is what addr2line of
// binutils says it is.
func TestCProgram(t *testing.T) {
	dir := t.TempDir()
	source, program := filepath.Join(dir, "work.c"), filepath.Join(dir, "work")
	if err := os.WriteFile(source, []byte(cProgram), 0o666); err != nil {
		t.Fatal(err)
	}
	build(t, "cc", "-g", "-O2", "-o", program, source)
	p, own := addresses(t, program, "work", "main")
	result, err := symbolize.Profile(p, program)
	if err != nil {
		t.Fatal(err)
	}
	if result.Found != len(p.Location) || result.Missing > 0 {
		t.Fatalf("%+v of %d", result, len(p.Location))
	}
	inlined := 0
	for _, l := range p.Location {
		inlined = max(inlined, len(l.Line))
	}
	if inlined < 3 {
		t.Errorf("at most %d functions are at an address: square is inlined into twice, and that into work", inlined)
	}
	tool, err := exec.LookPath("addr2line")
	if err != nil {
		t.Log("addr2line is not here: the comparison with it is left out")
		return
	}
	for i, l := range p.Location {
		out, err := exec.Command(tool, "-e", program, "-f", "-i", "-s", fmt.Sprintf("%#x", own[i])).Output()
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		words := strings.Split(strings.TrimSpace(string(out)), "\n")
		for j := 0; j+1 < len(words); j += 2 {
			place, _, _ := strings.Cut(words[j+1], " ")
			want = append(want, words[j]+" "+place)
		}
		if got := lines(l); got != strings.Join(want, ", ") {
			t.Errorf("%#x is %s, addr2line: %s", own[i], got, strings.Join(want, ", "))
		}
	}

	// Without DWARF there is the symbol table.
	build(t, "cc", "-O2", "-o", program, source)
	p, _ = addresses(t, program, "work")
	if _, err := symbolize.Profile(p, program); err != nil || lines(p.Location[0]) != "work .:0" {
		t.Errorf("%q %v", lines(p.Location[0]), err)
	}
	// Without that there is nothing, and the error says so.
	build(t, "cc", "-O2", "-s", "-static-pie", "-o", program, source)
	_, err = symbolize.Profile(strip(p), program)
	if err == nil || !strings.Contains(err.Error(), "it was stripped") {
		t.Errorf("a stripped program gives %v", err)
	}
}

// The names of C++ are those that people write.
func TestCppNames(t *testing.T) {
	dir := t.TempDir()
	source, program := filepath.Join(dir, "shop.cc"), filepath.Join(dir, "shop")
	if err := os.WriteFile(source, []byte("namespace shop { template<class T> struct Cart { __attribute__((noinline)) int add(T x) { return x * 3; } }; }\nint main(int n, char**) { return shop::Cart<int>().add(n); }\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	build(t, "c++", "-g", "-O1", "-o", program, source)
	p, _ := addresses(t, program, "_ZN4shop4CartIiE3addEi")
	if _, err := symbolize.Profile(p, program); err != nil || lines(p.Location[0]) != "shop::Cart::add shop.cc:1" {
		t.Errorf("%q %v", lines(p.Location[0]), err)
	}
}

// addresses is a profile with every address of some functions, as if the program
// was mapped at a random place, and the addresses that the program itself has for
// them.
func addresses(t *testing.T, program string, functions ...string) (*profile.Profile, []uint64) {
	t.Helper()
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	const start = 0x555555554000
	m := &profile.Mapping{ID: 1, Start: start, Limit: start + 1<<20, File: program}
	p := &profile.Profile{Mapping: []*profile.Mapping{m}, SampleType: []*profile.ValueType{{Type: "cpu", Unit: "nanoseconds"}}}
	var own []uint64
	for _, s := range symbols {
		for _, name := range functions {
			if s.Name != name {
				continue
			}
			for at := s.Value; at < s.Value+s.Size; at++ {
				var offset uint64
				for _, seg := range f.Progs {
					if seg.Type == elf.PT_LOAD && seg.Vaddr <= at && at < seg.Vaddr+seg.Filesz {
						offset = at - seg.Vaddr + seg.Off
					}
				}
				own = append(own, at)
				p.Location = append(p.Location, &profile.Location{ID: uint64(len(own)), Mapping: m, Address: start + offset})
			}
		}
	}
	if len(own) == 0 {
		t.Fatalf("%s has none of %v", program, functions)
	}
	return p, own
}

// What is no profile comes back as it is, and so does one that has all functions.
func TestNothingToDo(t *testing.T) {
	for _, data := range [][]byte{[]byte("main;work 3\n"), complete(t)} {
		got, result, err := symbolize.Data(data, "/no/such/program")
		if err != nil || result.Found+result.Missing > 0 || !bytes.Equal(got, data) {
			t.Errorf("%q becomes %q: %+v %v", data, got, result, err)
		}
	}
}

func complete(t *testing.T) []byte {
	fn := &profile.Function{ID: 1, Name: "main"}
	l := &profile.Location{ID: 1, Address: 4, Line: []profile.Line{{Function: fn}}}
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "n", Unit: "count"}}, Function: []*profile.Function{fn},
		Location: []*profile.Location{l}, Sample: []*profile.Sample{{Location: []*profile.Location{l}, Value: []int64{1}}}}
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A file that is no program, or a damaged one, is an error and no panic.
func TestBrokenPrograms(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "program")
	for i, data := range [][]byte{nil, []byte("#!/bin/sh\n"), whole[:100], whole[:len(whole)/2], damaged(whole, 7), damaged(whole, 1001)} {
		if err := os.WriteFile(path, data, 0o777); err != nil {
			t.Fatal(err)
		}
		p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "n", Unit: "count"}}}
		for a := range uint64(50) {
			p.Location = append(p.Location, &profile.Location{ID: a + 1, Address: 0x401000 + a*4096})
		}
		if _, err := symbolize.Profile(p, path); err == nil && i < 3 {
			t.Errorf("case %s is no error", strconv.Itoa(i))
		}
	}
}

// damaged is a program with every nth byte after its head another one.
func damaged(whole []byte, n int) []byte {
	data := bytes.Clone(whole)
	for i := 4096; i < len(data); i += n {
		data[i] ^= 0x55
	}
	return data
}
