package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"time"
)

// A work is what a worker does: measure the stages on one input. It is a process
// of its own, for it needs as much memory as they do.
type work struct{ profile, folded, input string }

// A report is what comes of it.
type report struct {
	Sizes  sizes
	Rows   []row
	Floors []time.Duration // of wholes
}

// worker has another process of this program do the work and returns its report.
func (b *bench) worker(ctx context.Context, filter, profile, folded string, more ...string) (*report, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := append([]string{"-worker", profile, "-folded", folded, "-filter", filter, "-runs", fmt.Sprint(b.runs)}, more...)
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("measure %s: %w", profile, err)
	}
	r := &report{}
	return r, json.Unmarshal(out, r)
}

func (w work) run(out io.Writer, filter string, runs int) error {
	match, err := regexp.Compile(filter)
	if err != nil {
		return err
	}
	s, err := prepare(w.profile, w.folded)
	if err != nil {
		return err
	}
	r := report{Sizes: s.sizes()}
	for _, st := range stages {
		if !match.MatchString(w.input+"/"+st.name) || st.most > 0 && len(s.gzipped) > st.most {
			continue
		}
		measured, err := st.measure(s, runs)
		if err != nil {
			return err
		}
		r.Rows = append(r.Rows, measured)
	}
	for _, whole := range wholes {
		var all []time.Duration
		for range runs {
			floor, err := inProcess(func() error { return whole.floor(w.profile, w.folded, r.Sizes) })
			if err != nil && w.folded != "" {
				return err
			}
			all = append(all, floor.Wall)
		}
		r.Floors = append(r.Floors, median(all))
	}
	return json.NewEncoder(out).Encode(r)
}

// measure measures one stage, each run in turn with its floor and its peer.
func (st stage) measure(s *subject, runs int) (row, error) {
	r := row{Stage: st.name}
	if st.bytes != nil {
		r.Bytes = st.bytes(s)
	}
	if st.nodes {
		r.Nodes = s.profile.Len()
	}
	var own, theirs []result
	var ratios []float64
	for range runs {
		a, err := inProcess(func() error { return st.run(s) })
		if err != nil {
			return r, err
		}
		own = append(own, a)
		if st.floor != nil {
			floor, err := inProcess(func() error { return st.floor(s) })
			if err != nil {
				return r, err
			}
			r.Floors = append(r.Floors, ratio(a, floor))
		}
		if st.peer != nil {
			other, err := inProcess(func() error { return st.peer(s) })
			if err != nil {
				return r, err
			}
			ratios, theirs = append(ratios, ratio(other, a)), append(theirs, other)
		}
	}
	r.Result = medians(own)
	if st.peer != nil {
		r.Peers = append(r.Peers, peerCell("google/pprof/profile", ratios, theirs))
	}
	return r, nil
}
