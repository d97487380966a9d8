package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
)

// A flagSpec is one flag as the command line and the help know it.
type flagSpec struct {
	names []string // the first is the canonical one
	arg   string   // what its value is called in the help; "" for a switch
	stage string   // the heading it stands under in the help
	usage string   // one line
	value flagValue
	// words completes the value in a shell: the accepted set.
	words []string
	// pprof says that the flag is pprof's too, so that --pprofArgs may hold it.
	pprof bool
}

func (f *flagSpec) name() string { return f.names[0] }

// display is the flag as a message shows it.
func (f *flagSpec) display() string { return f.displayName(f.name()) }

// displayName is one of the flag's names with its dashes: one for single letters
// and for pprof's own flags, as people know them.
func (f *flagSpec) displayName(name string) string {
	if len(name) == 1 || f.pprof && f.names[0] != "seconds" {
		return "-" + name
	}
	return "--" + name
}

// An argv is a command line taken apart: package flag stops at the first
// argument and knows neither abbreviations nor suggestions.
type argv struct {
	flags []string // "--name=value", canonical names
	args  []string // everything else
}

// given returns those of the flags that the command line has. Package cli takes
// milliseconds to look each of all flags up among all.
func (a argv) given(specs []*flagSpec) []*flagSpec {
	var given []*flagSpec
	for _, f := range specs {
		if slices.ContainsFunc(a.flags, func(flag string) bool { return strings.HasPrefix(flag, "--"+f.name()+"=") }) {
			given = append(given, f)
		}
	}
	return given
}

// splitArgs takes a command line apart. Flags may stand before, between and
// after the arguments, with one dash or two; "--" ends them and "-" is an
// argument. Long names may be abbreviated as far as they stay unique, in any
// case, with dashes or underscores (Perl's Getopt::Long, which flamegraph.pl
// uses, takes all that too). A value is attached by "=" or is the next word; a
// number may follow a short flag directly (-t30).
func splitArgs(words []string, specs []*flagSpec) (argv, error) {
	var a argv
	for i := 0; i < len(words); i++ {
		w := words[i]
		if w == "--" {
			a.args = append(a.args, words[i+1:]...)
			break
		}
		if len(w) < 2 || w[0] != '-' {
			a.args = append(a.args, w)
			continue
		}
		name, value, attached := strings.Cut(strings.TrimPrefix(w[1:], "-"), "=")
		f, err := findFlag(name, specs)
		if f == nil && err == nil && !strings.HasPrefix(w, "--") {
			if short, rest := shortFlag(w[1:], specs); short != nil {
				f, value, attached = short, rest, true
			}
		}
		switch {
		case err != nil:
			return a, err
		case f == nil:
			return a, unknownFlag(w, name, specs)
		case f.arg == "" && !attached:
			value = "true"
		case !attached && i+1 == len(words):
			return a, usageErrorf("%s needs a value: %s", f.display(), f.arg)
		case !attached:
			i++
			value = words[i]
		}
		if f.name() == "pprofArgs" {
			flags, err := splitPprofArgs(value, specs)
			if err != nil {
				return a, err
			}
			a.flags = append(a.flags, flags...)
			continue
		}
		a.flags = append(a.flags, "--"+f.name()+"="+value)
	}
	return a, nil
}

// splitPprofArgs reads the value of --pprofArgs, go-torch's way of handing flags
// to "go tool pprof". Those that choose a sample type or the duration mean the
// same here; the rest would change pprof's own reports and is refused.
func splitPprofArgs(text string, specs []*flagSpec) ([]string, error) {
	words, err := shellWords(text)
	if err != nil {
		return nil, usageErrorf("--pprofArgs %q: %w", text, err)
	}
	a, err := splitArgs(words, specs)
	if err != nil {
		return nil, fmt.Errorf("--pprofArgs: %w", err)
	}
	if len(a.args) > 0 {
		return nil, usageErrorf("--pprofArgs holds %q, which is no flag; give files and hosts as arguments of flame", a.args[0])
	}
	for _, flag := range a.flags {
		name, _, _ := strings.Cut(flag[2:], "=")
		if f, _ := findFlag(name, specs); f == nil || !f.pprof {
			return nil, usageErrorf("--pprofArgs holds --%s, which is no flag of pprof; give it to flame itself", name)
		}
	}
	return a.flags, nil
}

// shellWords splits text at white space outside quotes.
func shellWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	quote, inWord := rune(0), false
	for _, r := range text {
		switch {
		case r == quote && quote != 0:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'':
			quote, inWord = r, true
		case unicode.IsSpace(r):
			if inWord {
				words = append(words, word.String())
			}
			word.Reset()
			inWord = false
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("the closing %c is missing", quote)
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// findFlag returns the flag of that name: exactly, then in another spelling,
// then the only one it abbreviates. It returns nil if there is none, and an
// error if there are several.
func findFlag(name string, specs []*flagSpec) (*flagSpec, error) {
	for _, f := range specs {
		if slices.Contains(f.names, name) {
			return f, nil
		}
	}
	if len(name) < 2 {
		return nil, nil // -h and -H are different flags
	}
	want := fold(name)
	var found []*flagSpec
	var longest []string
	for _, f := range specs {
		for _, n := range f.names {
			if fold(n) == want {
				return f, nil
			}
			if strings.HasPrefix(fold(n), want) && !slices.Contains(found, f) {
				found = append(found, f)
				longest = append(longest, f.display())
			}
		}
	}
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
		return found[0], nil
	}
	return nil, usageErrorf("flag -%s is short for several: %s", name, strings.Join(longest, ", "))
}

// fold makes spellings of one flag equal: pprof writes underscores, others dashes.
func fold(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), "_", "-")
}

// shortFlag reads a one-letter flag with its value attached. Text that is all
// letters is more likely a misspelt long flag.
func shortFlag(word string, specs []*flagSpec) (*flagSpec, string) {
	for _, f := range specs {
		if f.arg != "" && slices.Contains(f.names, word[:1]) && strings.ContainsAny(word[1:], "0123456789./:") {
			return f, word[1:]
		}
	}
	return nil, ""
}

func unknownFlag(word, name string, specs []*flagSpec) error {
	if i := strings.IndexByte(word, '='); i > 0 {
		word = word[:i]
	}
	best, distance := nearest(name, specs)
	if best == "" || distance > max(min(2, len(name)/2), len(name)*2/5) {
		return usageErrorf("unknown flag %s; flame --help lists them", word)
	}
	return usageErrorf("unknown flag %s; did you mean %s?", word, best)
}

// nearest is the flag whose name takes the fewest edits to get to, as a message
// shows it. Among single letters only case is an error that means something.
func nearest(name string, specs []*flagSpec) (best string, distance int) {
	distance = math.MaxInt
	for _, f := range specs {
		for _, n := range f.names {
			d := editDistance(fold(name), fold(n))
			if d >= distance || (len(n) == 1) != (len(name) == 1) || len(n) == 1 && d > 0 {
				continue
			}
			best, distance = f.displayName(n), d
		}
	}
	return best, distance
}

// editDistance is Levenshtein's, with a swap of neighbours counted as one edit.
func editDistance(a, b string) int {
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// A usageError is a command line that flame cannot make sense of: exit code 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usageErrorf(format string, a ...any) error {
	return usageError{fmt.Errorf(format, a...)}
}

func isUsage(err error) bool {
	var u usageError
	return errors.As(err, &u)
}
