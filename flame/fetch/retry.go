package fetch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// busy waits for a profiler that another capture holds. Waiting is worth at most
// the capture's own length: who shares a target usually captures as long.
type busy struct {
	client *Client
	budget time.Duration
	waited time.Duration
	tries  int
}

// busyDelay doubles from a quarter second to five seconds. It is jittered, so
// that two who collided once do not collide for ever.
func busyDelay(try int) time.Duration {
	d := min(250*time.Millisecond<<min(try, 10), 5*time.Second)
	return time.Duration(float64(d) * (0.5 + rand.Float64()))
}

// wait sleeps before the next try, or reports that patience is over. It ends
// early, with true, when ctx does.
func (b *busy) wait(ctx context.Context, r *reporter) bool {
	d := min(b.client.delay(b.tries), b.budget-b.waited)
	if d <= 0 {
		return false
	}
	b.tries++
	b.waited += d
	r.update(func(p *Progress) bool {
		p.Phase, p.Retries = PhaseWaiting, b.tries
		return false
	})
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return true
}

func (b *busy) notes() []string {
	if b.tries == 0 {
		return nil
	}
	return []string{fmt.Sprintf("the target's profiler was busy: this capture began after %d %s and %s of waiting", b.tries, plural(b.tries, "retry", "retries"), round(b.waited))}
}

// explain adds the retries to the error that ended them.
func (b *busy) explain(e *Error) *Error {
	if b.tries > 0 && errors.Is(e, ErrBusy) {
		e.Err = &cause{fmt.Sprintf("%s, and still after %d %s in %s", e.Err, b.tries, plural(b.tries, "retry", "retries"), round(b.waited)), e.Err}
	}
	return e
}

func plural(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}
