package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

var tenants = []string{"acme", "globex", "initech", "umbrella"}

// load is the crowd of clients. They speak HTTP to the service's own listener, so the profiles hold both ends of each
// connection.
type load struct {
	client *http.Client
	jobs   chan struct{}
}

// startLoad drives the service at addr until ctx is done.
func startLoad(ctx context.Context, wg *sync.WaitGroup, addr net.Addr, o Options) {
	if o.Rate == 0 || o.Clients == 0 {
		return
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	transport := &http.Transport{
		// The host in the URLs means nothing: every connection goes to the listener, and to no proxy.
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, addr.Network(), reachable(addr))
		},
		MaxIdleConnsPerHost: o.Clients,
	}
	l := &load{client: &http.Client{Transport: transport, Timeout: 20 * time.Second}, jobs: make(chan struct{})}
	var clients sync.WaitGroup
	for i := range o.Clients {
		clients.Go(func() { l.runClient(ctx, rand.New(rand.NewPCG(uint64(i), 5))) })
	}
	wg.Go(func() {
		l.dispatch(ctx, o.Rate)
		clients.Wait()
		transport.CloseIdleConnections()
	})
}

// reachable is the address at which this machine reaches a listener at addr, which may be bound to all interfaces.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	loopback := net.IPv6loopback
	if tcp.IP.To4() != nil {
		loopback = net.IPv4(127, 0, 0, 1)
	}
	return (&net.TCPAddr{IP: loopback, Port: tcp.Port}).String()
}

// dispatch hands out rate jobs a second on average, at random moments as visitors come, and lets those go that find no
// client free. Even spacing would keep requests from ever meeting at a lock.
func (l *load) dispatch(ctx context.Context, rate int) {
	rng := rand.New(rand.NewPCG(13, 17))
	mean := float64(time.Second) / float64(rate)
	for sleep(ctx, time.Duration(mean*rng.ExpFloat64())) == nil {
		select {
		case l.jobs <- struct{}{}:
		default:
		}
	}
}

func (l *load) runClient(ctx context.Context, rng *rand.Rand) {
	for {
		select {
		case <-l.jobs:
			// A request that fails is a request the demo did not need; the next one comes soon.
			_ = l.request(ctx, rng)
		case <-ctx.Done():
			return
		}
	}
}

func (l *load) request(ctx context.Context, rng *rand.Rand) error {
	req, err := newRequest(ctx, rng)
	if err != nil {
		return err
	}
	req.Header.Set("X-Tenant", tenants[rng.IntN(len(tenants))])
	resp, err := l.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// newRequest picks what a visitor does next.
func newRequest(ctx context.Context, rng *rand.Rand) (*http.Request, error) {
	const base = "http://demo"
	switch n := rng.IntN(100); {
	case n < 30:
		words := url.Values{"q": {adjectives[rng.IntN(len(adjectives))] + " " + nouns[rng.IntN(len(nouns))]}}
		return http.NewRequestWithContext(ctx, http.MethodGet, base+"/shop/search?"+words.Encode(), nil)
	case n < 60:
		// Squaring makes low numbers popular, so that the cache is worth having.
		id := int(float64(productCount) * rng.Float64() * rng.Float64())
		return http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/shop/product?id=%d", base, id), nil)
	case n < 92:
		body, err := json.Marshal(newOrder(rng))
		if err != nil {
			return nil, err
		}
		return http.NewRequestWithContext(ctx, http.MethodPost, base+"/shop/checkout", bytes.NewReader(body))
	}
	return http.NewRequestWithContext(ctx, http.MethodGet, base+"/shop/report", nil)
}

func newOrder(rng *rand.Rand) order {
	o := order{
		Email:   fmt.Sprintf("visitor%d@example.com", rng.IntN(sessionCount)),
		Address: fmt.Sprintf("%d %s street, %s", rng.IntN(200), nouns[rng.IntN(len(nouns))], categories[rng.IntN(len(categories))]),
	}
	for range 10 + rng.IntN(10) {
		o.Lines = append(o.Lines, newLine(rng, 0))
	}
	return o
}

func newLine(rng *rand.Rand, depth int) line {
	l := line{Product: rng.IntN(productCount), Count: 1 + rng.IntN(9)}
	for depth < 4 && rng.IntN(2) == 0 {
		l.Bundle = append(l.Bundle, newLine(rng, depth+1))
		depth++
	}
	return l
}
