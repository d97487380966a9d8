package scrape

import (
	"context"
	"sync"
)

// locks are locks by name that can be waited for with a context. The zero value is
// ready for use.
type locks struct {
	mu   sync.Mutex
	held map[string]*namedLock
}

type namedLock struct {
	turn  chan struct{} // holds one value while the lock is held
	users int
}

// lock waits for the lock of that name.
func (l *locks) lock(ctx context.Context, name string) (unlock func(), err error) {
	l.mu.Lock()
	if l.held == nil {
		l.held = map[string]*namedLock{}
	}
	n := l.held[name]
	if n == nil {
		n = &namedLock{turn: make(chan struct{}, 1)}
		l.held[name] = n
	}
	n.users++
	l.mu.Unlock()

	leave := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if n.users--; n.users == 0 {
			delete(l.held, name)
		}
	}
	select {
	case n.turn <- struct{}{}:
		return func() { <-n.turn; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
