package demo

import (
	"container/list"
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// database is a store at the end of a network that is not there: every query waits for one of a few connections, then
// for the answer. None of it costs CPU; the wall clock sees all of it.
type database struct {
	pool chan *conn
}

type conn struct {
	rng *rand.Rand
}

func newDatabase(conns int) *database {
	db := &database{pool: make(chan *conn, conns)}
	for i := range conns {
		db.pool <- &conn{rng: rand.New(rand.NewPCG(uint64(i), 3))}
	}
	return db
}

// withConn calls f with a connection that is f's alone, or fails when ctx ends first.
func (db *database) withConn(ctx context.Context, f func(*conn) error) error {
	select {
	case c := <-db.pool:
		defer func() { db.pool <- c }()
		return f(c)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (db *database) queryProduct(ctx context.Context, c *catalog, id int) (record []byte, err error) {
	err = db.withConn(ctx, func(conn *conn) error { return conn.roundTrip(ctx, 6*time.Millisecond) })
	if err != nil {
		return nil, err
	}
	return c.record(id), nil
}

func (db *database) insertOrder(ctx context.Context) error {
	return db.withConn(ctx, func(c *conn) error { return c.roundTrip(ctx, 12*time.Millisecond) })
}

func (db *database) querySales(ctx context.Context) (sales []sale, err error) {
	err = db.withConn(ctx, func(c *conn) error {
		if err := c.roundTrip(ctx, 40*time.Millisecond); err != nil {
			return err
		}
		sales = make([]sale, 3000)
		for i := range sales {
			sales[i] = sale{categories[c.rng.IntN(len(categories))], tenants[c.rng.IntN(len(tenants))], c.rng.Int64N(90_000)}
		}
		return nil
	})
	return sales, err
}

// roundTrip waits for an answer that takes d, give or take a half.
func (c *conn) roundTrip(ctx context.Context, d time.Duration) error {
	return sleep(ctx, d/2+time.Duration(c.rng.Int64N(int64(d))))
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// inventory holds one lock while it writes its journal: the contention that the mutex profile shows.
type inventory struct {
	mu   sync.Mutex
	left []int
}

func newInventory(products int) *inventory {
	return &inventory{left: make([]int, products)}
}

func (v *inventory) reserve(ctx context.Context, lines []line) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, l := range lines {
		v.left[l.Product] -= l.Count
	}
	return v.writeJournal(ctx)
}

func (v *inventory) writeJournal(ctx context.Context) error {
	return sleep(ctx, 4*time.Millisecond)
}

// cache keeps the values used last, capacity of them. It is safe for concurrent use.
type cache[K comparable, V any] struct {
	mu       sync.Mutex
	capacity int
	entries  map[K]*list.Element
	recent   *list.List // of *cacheEntry[K, V], the most recently used first
}

type cacheEntry[K comparable, V any] struct {
	key   K
	value V
}

func newCache[K comparable, V any](capacity int) *cache[K, V] {
	return &cache[K, V]{capacity: capacity, entries: map[K]*list.Element{}, recent: list.New()}
}

func (c *cache[K, V]) get(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok {
		return value, false
	}
	c.recent.MoveToFront(e)
	return e.Value.(*cacheEntry[K, V]).value, true
}

func (c *cache[K, V]) put(key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.entries[key]; ok {
		e.Value.(*cacheEntry[K, V]).value = value
		c.recent.MoveToFront(e)
		return
	}
	c.entries[key] = c.recent.PushFront(&cacheEntry[K, V]{key, value})
	if c.recent.Len() > c.capacity {
		oldest := c.recent.Remove(c.recent.Back()).(*cacheEntry[K, V])
		delete(c.entries, oldest.key)
	}
}

// sendMails takes receipts until ctx is done, a while for each.
func sendMails(ctx context.Context, mails <-chan receipt) {
	for {
		select {
		case <-mails:
			if sleep(ctx, 5*time.Millisecond) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// startIdle parks n goroutines until ctx is done, in equal parts in a select, a channel receive, a condition variable
// and a timer: what the goroutine profile of a service mostly consists of.
func startIdle(ctx context.Context, wg *sync.WaitGroup, n int) {
	feed := newPriceFeed()
	if n > 0 {
		wg.Go(func() { <-ctx.Done(); feed.close() })
	}
	kinds := []func(){
		func() { watchSession(ctx) },
		func() { followReplica(ctx.Done()) },
		func() { feed.awaitPrice() },
		func() { refreshRates(ctx) },
	}
	for i := range n {
		wg.Go(kinds[i%len(kinds)])
	}
}

func watchSession(ctx context.Context) {
	var events chan struct{} // never ready: this visitor has gone home
	select {
	case <-events:
	case <-ctx.Done():
	}
}

func followReplica(changes <-chan struct{}) {
	receiveChange(changes)
}

func receiveChange(changes <-chan struct{}) {
	<-changes
}

func refreshRates(ctx context.Context) {
	for sleep(ctx, time.Hour) == nil {
	}
}

// priceFeed wakes its subscribers when a price changes, which in this demo it never does.
type priceFeed struct {
	mu      sync.Mutex
	changed *sync.Cond
	closed  bool
}

func newPriceFeed() *priceFeed {
	f := &priceFeed{}
	f.changed = sync.NewCond(&f.mu)
	return f
}

func (f *priceFeed) awaitPrice() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for !f.closed {
		f.changed.Wait()
	}
}

func (f *priceFeed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.changed.Broadcast()
}
