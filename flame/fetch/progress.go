package fetch

import (
	"sync"
	"time"
)

// Phase is what a fetch is doing.
type Phase string

// The phases in their order; a busy profiler leads from capturing to waiting
// and back to connecting.
const (
	PhaseConnecting Phase = "connecting" // resolving, dialling, handshaking
	PhaseCapturing  Phase = "capturing"  // the request is sent, the target works
	PhaseReceiving  Phase = "receiving"  // the profile arrives
	PhaseWaiting    Phase = "waiting"    // for a busy profiler, before the next try
	PhaseDone       Phase = "done"       // the last call, after success
	PhaseFailed     Phase = "failed"     // the last call, after an error
)

// Progress is the state of one fetch. See [Options.OnProgress].
type Progress struct {
	Target  string        // redacted
	Phase   Phase         //
	Elapsed time.Duration // since this phase began
	Total   time.Duration // the capture's length, 0 for a snapshot
	Bytes   int64         // received so far in this try, compressed
	Retries int           // tries that found the profiler busy
}

// progressEvery is the time between calls while nothing changes: often enough
// for a smooth bar.
const progressEvery = 200 * time.Millisecond

// reporter serialises the calls of one fetch. All methods are safe for
// concurrent use: the transport's hooks call from goroutines of their own.
type reporter struct {
	call func(Progress)
	stop chan struct{}
	done chan struct{}

	mu     sync.Mutex
	p      Progress
	since  time.Time
	closed bool
}

func newReporter(call func(Progress), t Target) *reporter {
	r := &reporter{call: call, stop: make(chan struct{}), done: make(chan struct{})}
	r.p = Progress{Target: t.String(), Phase: PhaseConnecting, Total: t.duration}
	r.since = time.Now()
	if call == nil {
		close(r.done)
		return r
	}
	r.emit()
	go func() {
		defer close(r.done)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-r.stop:
				return
			case <-tick.C:
				r.update(func(*Progress) bool { return true })
			}
		}
	}()
	return r
}

// emit calls out; r.mu is held, or the reporter not shared yet.
func (r *reporter) emit() {
	if r.call != nil {
		p := r.p
		p.Elapsed = time.Since(r.since)
		r.call(p)
	}
}

// update changes the state under the lock and calls out when change says so.
func (r *reporter) update(change func(*Progress) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	before := r.p.Phase
	tell := change(&r.p)
	if r.p.Phase != before {
		r.since = time.Now()
		tell = true
	}
	if tell {
		r.emit()
	}
}

func (r *reporter) phase(to Phase) {
	r.update(func(p *Progress) bool { p.Phase = to; return false })
}

// sent is the hook for a written request. It may come late, after the answer.
func (r *reporter) sent() {
	r.update(func(p *Progress) bool {
		if p.Phase == PhaseConnecting {
			p.Phase = PhaseCapturing
		}
		return false
	})
}

func (r *reporter) received(n int) {
	r.update(func(p *Progress) bool {
		p.Bytes += int64(n)
		p.Phase = PhaseReceiving
		return false
	})
}

// again starts the next try.
func (r *reporter) again(t Target) {
	r.update(func(p *Progress) bool {
		p.Phase, p.Bytes, p.Total = PhaseConnecting, 0, t.duration
		return false
	})
}

func (r *reporter) now() (Phase, int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.p.Phase, r.p.Bytes
}

// close makes the last call; none comes after it returned.
func (r *reporter) close(failed bool) {
	to := PhaseDone
	if failed {
		to = PhaseFailed
	}
	r.phase(to)
	r.mu.Lock()
	already := r.closed
	r.closed = true
	r.mu.Unlock()
	if !already {
		close(r.stop)
	}
	<-r.done
}
