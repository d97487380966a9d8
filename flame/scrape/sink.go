package scrape

import (
	"context"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// Taken is one profile that was taken of a target.
type Taken struct {
	Service  string
	Type     string        // the name in the job's profiles: cpu, heap, …
	Labels   labels.Labels // of the target, service and job among them
	Time     time.Time     // when it begins
	Duration time.Duration // what it covers, 0 for a snapshot
	Data     []byte        // pprof, compressed; the receiver owns it
	Notes    []string      // what the user should know of the capture
}

// A Sink keeps profiles. Put is called by many goroutines at once and returns
// when the profile is safe, or will not be.
type Sink interface {
	Put(ctx context.Context, t Taken) error
}
