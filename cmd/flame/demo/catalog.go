package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
)

type product struct {
	ID          int      `json:"id"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Category    string   `json:"category"`
	Cents       int64    `json:"cents"`
	Tags        []string `json:"tags"`
	taste       [16]float32
}

type hit struct {
	Product product `json:"product"`
	score   float64
}

// catalog is all products in memory. It does not change after newCatalog.
type catalog struct {
	products []product
	searched int // how many products a search looks through: the rest would only burn more of the reader's battery
}

var (
	adjectives = strings.Fields("copper quiet folding ancient striped heavy walnut tiny glazed amber woven brass salted")
	nouns      = strings.Fields("lamp kettle chair ladder notebook basket mirror compass blanket teapot shelf clock bell")
	categories = strings.Fields("kitchen garden office travel workshop")
)

// newCatalog makes n products, the same ones in every run.
func newCatalog(n int) *catalog {
	rng := rand.New(rand.NewPCG(7, 11))
	pick := func(words []string) string { return words[rng.IntN(len(words))] }
	c := &catalog{products: make([]product, n), searched: min(n, 300)}
	for i := range c.products {
		p := &c.products[i]
		p.ID = i
		p.Name = pick(adjectives) + " " + pick(nouns)
		p.Category = pick(categories)
		p.Cents = 100 + rng.Int64N(50_000)
		var text strings.Builder
		for range 12 {
			fmt.Fprintf(&text, "%s %s ", pick(adjectives), pick(nouns))
		}
		p.Description = text.String()
		p.Tags = []string{pick(adjectives), pick(nouns), p.Category}
		for j := range p.taste {
			p.taste[j] = rng.Float32()
		}
	}
	return c
}

// record is the product as the database would return it: JSON with its reviews and its history of prices.
func (c *catalog) record(id int) []byte {
	p := c.products[id]
	type review struct {
		Stars int    `json:"stars"`
		Text  string `json:"text"`
	}
	reviews := make([]review, 20)
	for i := range reviews {
		reviews[i] = review{Stars: 1 + (id+i)%5, Text: c.products[(id+i)%len(c.products)].Description}
	}
	data, err := encodeJSON(map[string]any{"id": p.ID, "name": p.Name, "cents": p.Cents, "tags": p.Tags, "reviews": reviews})
	if err != nil {
		return nil
	}
	return data
}

// match finds the products that mention any of words. It compiles its pattern for every search, a mistake that many a
// CPU profile has shown.
func (c *catalog) match(words []string) ([]hit, error) {
	pattern, err := compilePattern(words)
	if err != nil {
		return nil, err
	}
	var hits []hit
	for _, p := range c.products[:c.searched] {
		if score := scoreText(pattern, p.Description); score > 0 {
			hits = append(hits, hit{Product: p, score: score})
		}
	}
	return hits, nil
}

func compilePattern(words []string) (*regexp.Regexp, error) {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = regexp.QuoteMeta(w)
	}
	return regexp.Compile(`(?i)\b(` + strings.Join(quoted, "|") + `)\w*`)
}

func scoreText(pattern *regexp.Regexp, text string) float64 {
	score := 0.0
	for i, at := range pattern.FindAllStringIndex(text, -1) {
		score += float64(at[1]-at[0]) / float64(1+i)
	}
	return score
}

// similar returns the n products whose taste is nearest to that of id.
func (c *catalog) similar(id, n int) []product {
	type neighbour struct {
		id       int
		distance float32
	}
	near := make([]neighbour, 0, len(c.products))
	for i := range c.products {
		if i != id {
			near = append(near, neighbour{i, tasteDistance(&c.products[id].taste, &c.products[i].taste)})
		}
	}
	near = topN(near, n, func(a, b neighbour) bool { return a.distance < b.distance })
	return mapSlice(near, func(v neighbour) product { return c.products[v.id] })
}

func tasteDistance(a, b *[16]float32) (sum float32) {
	for i := range a {
		d := a[i] - b[i]
		sum += d * d
	}
	return sum
}

// topN sorts items by before and returns the first n.
func topN[T any](items []T, n int, before func(a, b T) bool) []T {
	slices.SortStableFunc(items, func(a, b T) int {
		switch {
		case before(a, b):
			return -1
		case before(b, a):
			return 1
		}
		return 0
	})
	return items[:min(n, len(items))]
}

func mapSlice[T, U any](in []T, f func(T) U) []U {
	out := make([]U, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

// renderFields appends a decoded JSON tree as nested lists.
func renderFields(page []byte, v any, depth int) []byte {
	switch v := v.(type) {
	case map[string]any:
		page = append(page, "<ul>\n"...)
		for _, key := range slices.Sorted(maps.Keys(v)) {
			page = fmt.Appendf(page, "%*s<li>%s: ", depth, "", key)
			page = renderFields(page, v[key], depth+1)
		}
		return append(page, "</ul>\n"...)
	case []any:
		for _, item := range v {
			page = renderFields(page, item, depth+1)
		}
		return page
	}
	return fmt.Appendf(page, "%v ", v)
}

func encodeJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return buf.Bytes(), nil
}
