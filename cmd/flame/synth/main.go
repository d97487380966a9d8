// Command synth writes a large made-up CPU profile, the same bytes for the same
// flags: what tests and benchmarks measure flame on where no captured profile is
// large enough.
//
//	go run ./cmd/flame/synth -stacks 1000000 -o big.pb.gz
//
// The stacks are like those of a busy Go service: a skewed call graph, recursion,
// most of them seen once and a few thousands of times. All are different, and
// none is held in memory but the one being written. 100,000 of them make a call
// tree of about 455,000 nodes, 1,000,000 one of about 6.3 million.
package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	stacks := flag.Int("stacks", 100_000, "how many different stacks")
	seed := flag.Uint64("seed", 1, "another number makes another profile")
	path := flag.String("o", "-", "`file` to write, - for standard output: pprof if it ends in .pb or .pb.gz, else folded stacks; .gz compresses")
	flag.Parse()
	if err := run(*path, *stacks, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "synth:", err)
		os.Exit(1)
	}
}

func run(path string, stacks int, seed uint64) (err error) {
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: name the output with -o", flag.Arg(0))
	}
	if stacks < 1 {
		return errors.New("-stacks must be at least 1")
	}
	var out io.Writer = os.Stdout
	if path != "-" {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	return write(out, path, stacks, seed)
}

// write writes a profile in the format that a path's extension names.
func write(out io.Writer, path string, stacks int, seed uint64) error {
	buffered := bufio.NewWriterSize(out, 1<<18)
	var w io.Writer = buffered
	var packer *gzip.Writer
	if plain, ok := strings.CutSuffix(path, ".gz"); ok {
		packer = gzip.NewWriter(buffered)
		w, path = packer, plain
	}
	p := newProgram(stacks, seed)
	var s sink = &foldedSink{w: w, names: p.names}
	if strings.HasSuffix(path, ".pb") {
		s = &pprofSink{w: w, names: p.names}
	}
	g := newGenerator(p, seed, s.stack)
	g.generate(stacks)
	err := errors.Join(g.err, s.close())
	if packer != nil {
		err = errors.Join(err, packer.Close())
	}
	return errors.Join(err, buffered.Flush())
}
