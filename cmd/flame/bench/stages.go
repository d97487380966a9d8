package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"sync/atomic"

	"flame/collapse"
	"flame/collapse/pprof"
	"flame/flame"
	"flame/svg"

	"github.com/google/pprof/profile"
	"github.com/klauspost/compress/gzip"
)

// A subject is one input in all its forms.
type subject struct {
	gzipped []byte
	wire    []byte // the same inflated
	folded  []byte
	profile *collapse.Profile
	picture []byte // the SVG file of it
}

func prepare(profile, folded string) (*subject, error) {
	s := &subject{}
	var err error
	if s.gzipped, err = os.ReadFile(profile); err != nil {
		return nil, err
	}
	if folded != "" {
		if s.folded, err = os.ReadFile(folded); err != nil {
			return nil, err
		}
	}
	z, err := gzip.NewReader(bytes.NewReader(s.gzipped))
	if err != nil {
		return nil, err
	}
	if s.wire, err = io.ReadAll(z); err != nil {
		return nil, err
	}
	if s.profile, err = pprof.Decode(bytes.NewReader(s.gzipped), pprof.Options{}); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = svg.Write(&out, s.profile, svg.Options{})
	s.picture = out.Bytes()
	return s, err
}

// sizes is what whole processes are measured by.
type sizes struct {
	Profile, Folded, Picture int // bytes
	Nodes                    int
}

func (s *subject) sizes() sizes {
	return sizes{Profile: len(s.gzipped), Folded: len(s.folded), Picture: len(s.picture), Nodes: s.profile.Len()}
}

// A stage is one step of the flow, measured in this process.
type stage struct {
	name  string
	most  int                  // bytes of the gzipped profile that it is measured with; 0 for any
	peer  func(*subject) error // the same by package profile of google/pprof
	bytes func(*subject) int   // what MB/s counts; nil for nothing
	nodes bool                 // nodes a second say something
	floor func(*subject) error
	run   func(*subject) error
}

// loadFiles is how many copies of the input are decoded and merged.
const (
	loadFiles = 20
	loadName  = "load 20"
)

var stages = []stage{
	{name: "inflate", bytes: wireBytes, run: func(s *subject) error { return inflate(s.gzipped) }},
	{
		name: "decode", bytes: wireBytes, nodes: true,
		floor: func(s *subject) error { return inflateAndWalk(s.gzipped) },
		run: func(s *subject) error {
			_, err := pprof.Decode(bytes.NewReader(s.gzipped), pprof.Options{})
			return err
		},
		peer: func(s *subject) error {
			_, err := profile.ParseData(s.gzipped)
			return err
		},
	},
	{
		name: "collapse", bytes: func(s *subject) int { return len(s.folded) }, nodes: true,
		floor: func(s *subject) error { return walk(s.folded) },
		run: func(s *subject) error {
			_, err := collapse.ReadFolded(bytes.NewReader(s.folded), collapse.FoldedOptions{})
			return err
		},
	},
	{
		name: "merge", nodes: true,
		run: func(s *subject) error {
			_, err := collapse.Merge([]*collapse.Profile{s.profile, s.profile}, collapse.Limits{})
			return err
		},
	},
	{
		name: loadName, most: 2 << 20,
		bytes: func(s *subject) int { return loadFiles * len(s.wire) },
		run: func(s *subject) error {
			var sources []flame.Source
			for range loadFiles {
				sources = append(sources, flame.Reader("copy", bytes.NewReader(s.gzipped)))
			}
			_, err := flame.Load(context.Background(), flame.Options{}, sources...)
			return err
		},
		floor: func(s *subject) error {
			for range loadFiles {
				if err := inflateAndWalk(s.gzipped); err != nil {
					return err
				}
			}
			return nil
		},
		peer: func(s *subject) error {
			var all []*profile.Profile
			for range loadFiles {
				p, err := profile.ParseData(s.gzipped)
				if err != nil {
					return err
				}
				all = append(all, p)
			}
			_, err := profile.Merge(all)
			return err
		},
	},
	{
		name: "layout", nodes: true,
		run: func(s *subject) error {
			svg.NewLayout(s.profile, svg.LayoutOptions{MinWeight: svg.MinPixels(0.1, 1200)})
			return nil
		},
	},
	{
		name: "write", bytes: func(s *subject) int { return len(s.picture) }, nodes: true,
		floor: func(s *subject) error { return copyOf(s.picture) },
		run:   func(s *subject) error { return svg.Write(io.Discard, s.profile, svg.Options{}) },
	},
}

func stageNames() []string {
	var names []string
	for _, s := range stages {
		names = append(names, s.name)
	}
	return names
}

func wireBytes(s *subject) int { return len(s.wire) }

func inflate(gzipped []byte) error {
	z, err := gzip.NewReader(bytes.NewReader(gzipped))
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, z)
	return err
}

// inflateAndWalk is the floor of decoding: every byte is inflated and looked at.
func inflateAndWalk(gzipped []byte) error {
	z, err := gzip.NewReader(bytes.NewReader(gzipped))
	if err != nil {
		return err
	}
	r := bufio.NewReaderSize(z, 64<<10)
	for {
		if _, err := r.Peek(1); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		block, _ := r.Peek(r.Buffered())
		if err := walk(block); err != nil {
			return err
		}
		_, _ = r.Discard(len(block))
	}
}

// sink keeps the compiler from leaving work out.
var sink atomic.Int64

// walk looks at each byte once: it counts those that end a number of the wire
// format.
func walk(b []byte) error {
	n := 0
	for _, c := range b {
		n += int(^c >> 7)
	}
	sink.Add(int64(n))
	return nil
}

func copyOf(b []byte) error {
	sink.Add(int64(len(bytes.Clone(b))))
	return nil
}
