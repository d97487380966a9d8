package serve

import (
	"context"

	"flame/flame/scrape"
	"flame/flame/store"
)

// Sink puts what a scraper takes into a store.
type Sink struct{ Store *store.Store }

// Put implements scrape.Sink.
func (s Sink) Put(ctx context.Context, t scrape.Taken) error {
	_, err := s.Store.Put(ctx, store.Profile{Labels: t.Labels.Map(), Type: t.Type, Time: t.Time, Duration: t.Duration, Data: t.Data})
	return err
}
