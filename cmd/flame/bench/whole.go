package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// A whole is a run of flame from start to exit, beside those of peers.
type whole struct {
	name  string
	flame []string // its arguments; see expand
	peers []peer
	bytes func(sizes) int
	floor func(profile, folded string, size sizes) error // run by a worker
}

// A peer is another program that does the same, or part of it.
type peer struct {
	name  string
	needs []string // programs that must be on PATH
	argv  []string // see expand
	most  int      // nodes it is tried on, where more take it many minutes and gigabytes
}

// expand puts the input's files in place of PROFILE and FOLDED.
func expand(argv []string, profile, folded string) []string {
	out := make([]string, len(argv))
	for i, a := range argv {
		switch a {
		case "PROFILE":
			a = profile
		case "FOLDED":
			a = folded
		}
		out[i] = a
	}
	return out
}

var inferno = peer{name: "inferno-flamegraph", needs: []string{"inferno-flamegraph"}, argv: []string{"inferno-flamegraph", "FOLDED"}}
var perl = peer{name: "flamegraph.pl", needs: []string{"flamegraph.pl"}, argv: []string{"flamegraph.pl", "FOLDED"}, most: 1e6}

var wholes = []whole{
	{
		name: "pprof to svg", flame: []string{"-q", "-p", "PROFILE"},
		// The peers get their input for nothing: they cannot read profiles.
		peers: []peer{
			inferno, perl,
			{name: "go tool pprof -raw", needs: []string{"go"}, argv: []string{"go", "tool", "pprof", "-raw", "PROFILE"}},
			{
				name:  "pprof -raw | stackcollapse-go.pl | flamegraph.pl",
				needs: []string{"go", "sh", "stackcollapse-go.pl", "flamegraph.pl"},
				most:  1e6,
				argv:  []string{"sh", "-c", `go tool pprof -raw "$0" | stackcollapse-go.pl | flamegraph.pl`, "PROFILE"},
			},
		},
		bytes: func(s sizes) int { return s.Profile },
		floor: func(profile, _ string, size sizes) error {
			gzipped, err := os.ReadFile(profile)
			if err != nil {
				return err
			}
			if err := inflateAndWalk(gzipped); err != nil {
				return err
			}
			return copyOf(make([]byte, size.Picture))
		},
	},
	{
		name: "folded to svg", flame: []string{"-q", "-p", "FOLDED"},
		peers: []peer{inferno, perl},
		bytes: func(s sizes) int { return s.Folded },
		floor: func(_, folded string, size sizes) error {
			f, err := os.Open(folded)
			if err != nil {
				return err
			}
			defer f.Close()
			buf := make([]byte, 1<<20)
			for {
				n, err := f.Read(buf)
				if err == io.EOF {
					return copyOf(make([]byte, size.Picture))
				}
				if err != nil {
					return err
				}
				if err := walk(buf[:n]); err != nil {
					return err
				}
			}
		},
	},
}

func wholeNames() []string {
	var names []string
	for _, w := range wholes {
		names = append(names, w.name)
	}
	return names
}

// whole measures a whole run and its peers.
func (b *bench) whole(ctx context.Context, t *table, w whole, size sizes, floor time.Duration, profile, folded string) error {
	flame := append([]string{b.flame}, expand(w.flame, profile, folded)...)
	if _, err := process(ctx, flame...); err != nil { // a first run warms the caches
		return err
	}
	r := row{Stage: w.name, Bytes: w.bytes(size), Nodes: size.Nodes}
	var own []result
	for range b.runs {
		a, err := process(ctx, flame...)
		if err != nil {
			return err
		}
		own = append(own, a)
		if floor > 0 {
			r.Floors = append(r.Floors, a.Wall.Seconds()/floor.Seconds())
		}
	}
	for _, p := range w.peers {
		if p.most > 0 && size.Nodes > p.most {
			continue
		}
		cell, more, err := b.peer(ctx, p, flame, expand(p.argv, profile, folded))
		if err != nil {
			return err
		}
		own = append(own, more...)
		if cell != "" {
			r.Peers = append(r.Peers, cell)
		}
	}
	r.Result = medians(own)
	t.add(r)
	return nil
}

// peer runs flame and a peer in turn and says how they compare; nothing if the
// peer is not here.
func (b *bench) peer(ctx context.Context, p peer, flame, argv []string) (cell string, own []result, err error) {
	for _, name := range p.needs {
		if _, err := exec.LookPath(name); err != nil {
			return "", nil, nil
		}
	}
	var ratios []float64
	var theirs []result
	for i := 0; i < b.runs; i++ {
		a, err := process(ctx, flame...)
		if err != nil {
			return "", nil, err
		}
		own = append(own, a)
		other, err := process(ctx, argv...)
		if err == errSlow {
			return fmt.Sprintf("%s: over 60 s, %.0fx and more", p.name, ratio(other, a)), own, nil
		}
		if err != nil {
			return p.name + ": " + lastLine(err.Error()), own, nil
		}
		ratios, theirs = append(ratios, ratio(other, a)), append(theirs, other)
		if other.Wall.Seconds() > 10 && i >= 2 {
			break // three runs are enough of what takes so long
		}
	}
	return peerCell(p.name, ratios, theirs), own, nil
}

// ratio is how many times longer a took than b.
func ratio(a, b result) float64 { return a.Wall.Seconds() / max(b.Wall.Seconds(), 1e-9) }

func lastLine(s string) string {
	lines := bytes.Split(bytes.TrimSpace([]byte(s)), []byte("\n"))
	return string(lines[len(lines)-1])
}

// start says what is measured: the program's size, and how long it takes to start.
func (b *bench) start(ctx context.Context, t *table) error {
	info, err := os.Stat(b.flame)
	if err != nil {
		return err
	}
	var runs []result
	for range max(b.runs, 3) * 3 {
		r, err := process(ctx, b.flame, "--version")
		if err != nil {
			return err
		}
		runs = append(runs, r)
	}
	m := medians(runs)
	t.head = append(t.head, fmt.Sprintf("flame is %s and starts in %s (flame --version, CPU %s).", showBytes(float64(info.Size())), showTime(m.Wall), showTime(m.CPU)))
	return nil
}
