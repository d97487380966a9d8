package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/profiler"
	"github.com/chromedp/chromedp"
)

// profile writes the browser's CPU profiles of load, zoom and search, for the
// performance panel of a browser, and the functions that took most of the time
// to standard error.
func (b *bench) profile(ctx context.Context, browser string, v viewer, name, path, function string) error {
	return withBrowser(ctx, browser, func(ctx context.Context) error {
		return openTab(ctx, v, func(t *tab) error {
			if _, err := chromedp.Call(t.ctx, profiler.Enable, cdp.Empty{}); err != nil {
				return err
			}
			if _, err := chromedp.Call(t.ctx, profiler.SetSamplingInterval, profiler.SetSamplingIntervalParams{Interval: 200}); err != nil {
				return err
			}
			steps := []struct {
				name string
				does func() error
			}{
				{"load", func() error { _, err := t.load(path); return err }},
				{"zoom", func() error { _, err := t.zoom(function); return err }},
				{"search", func() error {
					_, err := eval[float64](t, fmt.Sprintf(`benchmark.search(() => { const term = %q; %s })`, term, t.viewer.search))
					return err
				}},
			}
			for _, step := range steps {
				if _, err := chromedp.Call(t.ctx, profiler.Start, cdp.Empty{}); err != nil {
					return err
				}
				if err := step.does(); err != nil {
					return err
				}
				got, err := chromedp.Call(t.ctx, profiler.Stop, cdp.Empty{})
				if err != nil {
					return fmt.Errorf("profile %s: %w", step.name, err)
				}
				text, err := json.Marshal(got.Profile)
				if err != nil {
					return err
				}
				if err := os.WriteFile(filepath.Join(b.profiles, name+"."+step.name+".cpuprofile"), text, 0o600); err != nil {
					return err
				}
				fmt.Fprintf(os.Stderr, "  %s: %s\n", step.name, hottest(got.Profile))
				time.Sleep(500 * time.Millisecond)
			}
			return nil
		})
	})
}

// hottest lists the functions with the most time of their own.
func hottest(p *profiler.Profile) string {
	names := map[int64]string{}
	for _, n := range p.Nodes {
		names[n.ID] = fmt.Sprintf("%s:%d", n.CallFrame.FunctionName, n.CallFrame.LineNumber+1)
	}
	self := map[string]int64{}
	for i, id := range p.Samples {
		if i+1 < len(p.TimeDeltas) {
			self[names[id]] += p.TimeDeltas[i+1]
		}
	}
	var list []string
	for name := range self {
		list = append(list, name)
	}
	slices.SortFunc(list, func(a, b string) int { return int(self[b] - self[a]) })
	var parts []string
	for _, name := range list[:min(len(list), 16)] {
		if self[name] >= 500 {
			parts = append(parts, fmt.Sprintf("%s %.1f ms", name, float64(self[name])/1e3))
		}
	}
	return strings.Join(parts, ", ")
}
