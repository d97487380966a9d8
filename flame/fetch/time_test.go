package fetch

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"
)

// pipeClient talks to a target in the same bubble, whose clock is not the real
// one: minutes pass at once. handle writes the whole answer.
func pipeClient(t *testing.T, o Options, handle func(w io.Writer)) *Client {
	o.Proxy = func(*http.Request) (*url.URL, error) { return nil, nil }
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	c.base.DialContext = func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			if _, err := http.ReadRequest(bufio.NewReader(far)); err == nil {
				handle(far)
			}
		}()
		return near, nil
	}
	return c
}

// TestSlowBody: the deadline is for silence, not for a slow network.
func TestSlowBody(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
	for _, c := range []struct {
		name         string
		answer, each time.Duration // silence before the answer and each byte
		want         string
	}{
		{"quick", 30 * time.Second, 0, ""},
		{"slow", 59 * time.Second, 29 * time.Second, ""},
		{"late", 61 * time.Second, 0, "no answer within 1m0s (30s of capture and 30s more)"},
		{"early head, late body", 0, 59 * time.Second, "1 byte arrived, then nothing for 30s"},
		{"head only", 40 * time.Second, 31 * time.Second, "the answer began, then nothing came for 30s"},
		{"too slow in all", 30 * time.Second, 29 * time.Second, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := Options{}
				if c.name == "too slow in all" {
					o.MaxTransfer, c.want = 2*time.Minute, "arrived in 2m0s and the profile was still not complete"
				}
				client := pipeClient(t, o, func(w io.Writer) {
					time.Sleep(c.answer)
					io.WriteString(w, head)
					for range 10 {
						time.Sleep(c.each)
						if _, err := io.WriteString(w, "x"); err != nil {
							return
						}
					}
				})
				r, err := client.Fetch(context.Background(), mustParse(t, "h", TargetOptions{}))
				if c.want != "" {
					wantError(t, err, c.want)
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("%v is not a deadline", err)
					}
				} else if err != nil || len(r.Data) != 10 {
					t.Errorf("%v", err)
				}
				time.Sleep(time.Hour) // let the target's goroutine end
			})
		})
	}
}

// TestBusyPatience: the default delays, whatever their jitter, make up the
// capture's length and not more.
func TestBusyPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		c := pipeClient(t, Options{}, func(w io.Writer) {
			tries++
			io.WriteString(w, "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\n\r\nCould not enable CPU profiling: cpu profiling already in use\n")
		})
		start := time.Now()
		_, err := c.Fetch(context.Background(), mustParse(t, "h", TargetOptions{}))
		wantError(t, err, "retries in 30s", "Pyroscope")
		if !errors.Is(err, ErrBusy) || time.Since(start) != 30*time.Second {
			t.Errorf("gave up after %s: %v", time.Since(start), err)
		}
		if tries < 6 || tries > 30 {
			t.Errorf("%d tries in 30 s", tries)
		}
	})
}
