package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

const (
	productCount = 2500
	sessionCount = 6000
	warmPages    = 400
	cachedPages  = 1500
)

// shop is the service: everything that its endpoints share.
type shop struct {
	catalog  *catalog
	db       *database
	stock    *inventory
	pages    *cache[int, []byte]
	sessions []*session
	mails    chan receipt
	// turn admits one computing request at a time. It is what bounds the demo at about one core.
	turn chan struct{}
}

// session is live memory: what the service remembers of one visitor.
type session struct {
	id      string
	tenant  string
	visited []int
	basket  map[int]int
}

func newShop() *shop {
	s := &shop{
		catalog: newCatalog(productCount),
		db:      newDatabase(6),
		stock:   newInventory(productCount),
		pages:   newCache[int, []byte](cachedPages),
		mails:   make(chan receipt),
		turn:    make(chan struct{}, 1),
	}
	s.openSessions(sessionCount)
	s.warmCache(warmPages)
	return s
}

func (s *shop) openSessions(n int) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		v := &session{id: fmt.Sprintf("session-%06d", i), tenant: tenants[i%len(tenants)], basket: map[int]int{}}
		v.visited = make([]int, 64)
		for j := range v.visited {
			v.visited[j] = rng.IntN(productCount)
			if j%8 == 0 {
				v.basket[v.visited[j]]++
			}
		}
		s.sessions = append(s.sessions, v)
	}
}

// warmCache renders the first pages before the service opens, as a careful service does after a deployment.
func (s *shop) warmCache(n int) {
	for id := range n {
		s.pages.put(id, s.renderPage(s.catalog.record(id)))
	}
}

// compute runs f when it is this request's turn, and returns f's error or that of a ctx that ended first.
func (s *shop) compute(ctx context.Context, f func() error) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.turn }()
	return f()
}

func (s *shop) serveSearch(ctx context.Context, r *http.Request) (body []byte, err error) {
	words := strings.Fields(r.FormValue("q"))
	if len(words) == 0 || len(words) > 8 {
		return nil, fmt.Errorf("search needs one to eight words in ?q=: %w", errBadRequest)
	}
	err = s.compute(ctx, func() error {
		body, err = s.search(words)
		return err
	})
	return body, err
}

func (s *shop) search(words []string) ([]byte, error) {
	hits, err := s.catalog.match(words)
	if err != nil {
		return nil, err
	}
	best := topN(hits, 50, func(a, b hit) bool { return a.score > b.score })
	return encodeJSON(best)
}

func (s *shop) serveProduct(ctx context.Context, r *http.Request) ([]byte, error) {
	id, err := strconv.Atoi(r.FormValue("id"))
	if err != nil || id < 0 || id >= productCount {
		return nil, fmt.Errorf("no product %q: %w", r.FormValue("id"), errNotFound)
	}
	if page, ok := s.pages.get(id); ok {
		return page, nil
	}
	record, err := s.db.queryProduct(ctx, s.catalog, id)
	if err != nil {
		return nil, err
	}
	var page []byte
	err = s.compute(ctx, func() error {
		page = s.renderPage(record)
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.pages.put(id, page)
	return page, nil
}

// renderPage turns a stored record into a page through a generic JSON tree, the garbage-heavy way.
func (s *shop) renderPage(record []byte) []byte {
	var fields map[string]any
	if err := json.Unmarshal(record, &fields); err != nil {
		return []byte("<p>unreadable record</p>")
	}
	page := make([]byte, 0, 16<<10)
	page = append(page, "<!DOCTYPE html><title>product</title>"...)
	page = renderFields(page, fields, 0)
	return s.appendSimilar(page, fields)
}

func (s *shop) appendSimilar(page []byte, fields map[string]any) []byte {
	id, _ := fields["id"].(float64)
	for _, p := range s.catalog.similar(int(id), 12) {
		page = fmt.Appendf(page, "<a href=\"/shop/product?id=%d\">%s</a>\n", p.ID, p.Name)
	}
	return page
}

func (s *shop) serveReport(ctx context.Context, r *http.Request) (body []byte, err error) {
	sales, err := s.db.querySales(ctx)
	if err != nil {
		return nil, err
	}
	err = s.compute(ctx, func() error {
		body, err = buildReport(sales)
		return err
	})
	return body, err
}

// startWorkers runs the mail senders that take receipts from checkouts.
func (s *shop) startWorkers(ctx context.Context, wg *sync.WaitGroup) {
	for range 4 {
		wg.Go(func() { sendMails(ctx, s.mails) })
	}
}
