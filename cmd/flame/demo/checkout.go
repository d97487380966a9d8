package demo

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"text/template"
)

// order is the body of a checkout.
type order struct {
	Email   string `json:"email"`
	Address string `json:"address"`
	Lines   []line `json:"lines"`
}

// line is one article or a bundle of further lines.
type line struct {
	Product int    `json:"product"`
	Count   int    `json:"count"`
	Bundle  []line `json:"bundle,omitempty"`
}

// maxBundleDepth bounds how deep bundles nest, and with it the recursion of pricing.
const maxBundleDepth = 8

// receipt is what a checkout answers and mails.
type receipt struct {
	Email string `json:"email"`
	Cents int64  `json:"cents"`
	Seal  string `json:"seal"`
}

func (s *shop) serveCheckout(ctx context.Context, r *http.Request) ([]byte, error) {
	var o order
	var rec receipt
	err := s.compute(ctx, func() (err error) {
		if o, err = decodeOrder(r); err == nil {
			rec, err = s.checkout(&o)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := s.stock.reserve(ctx, o.Lines); err != nil {
		return nil, err
	}
	if err := s.db.insertOrder(ctx); err != nil {
		return nil, err
	}
	select {
	case s.mails <- rec:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return encodeJSON(rec)
}

func decodeOrder(r *http.Request) (o order, err error) {
	if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
		return o, fmt.Errorf("read order: %w: %w", errBadRequest, err)
	}
	return o, o.validate()
}

func (o *order) validate() error {
	if o.Email == "" || len(o.Lines) == 0 {
		return fmt.Errorf("an order needs an e-mail address and lines: %w", errBadRequest)
	}
	return validateLines(o.Lines, 0)
}

func validateLines(lines []line, depth int) error {
	if depth > maxBundleDepth && len(lines) > 0 {
		return fmt.Errorf("bundles nest deeper than %d: %w", maxBundleDepth, errBadRequest)
	}
	for _, l := range lines {
		if l.Product < 0 || l.Product >= productCount || l.Count < 1 || l.Count > 1000 {
			return fmt.Errorf("no such line: %d of product %d: %w", l.Count, l.Product, errBadRequest)
		}
		if err := validateLines(l.Bundle, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// checkout computes all that an order needs before anything is stored.
func (s *shop) checkout(o *order) (receipt, error) {
	p := newPricer(s.catalog)
	cents := p.orderTotal(o)
	if fraudScore(o.Address) == 0 {
		return receipt{}, fmt.Errorf("address is on the list of frauds: %w", errBadRequest)
	}
	text, err := renderReceipt(o, cents)
	if err != nil {
		return receipt{}, err
	}
	packed, err := compressText(text)
	if err != nil {
		return receipt{}, err
	}
	return receipt{Email: o.Email, Cents: cents, Seal: sealReceipt(packed)}, nil
}

// pricer prices an order through a chain of rules, each a closure over the next.
type pricer struct {
	catalog *catalog
	rule    func(cents int64, l line) int64
}

func newPricer(c *catalog) *pricer {
	flat := func(cents int64, _ line) int64 { return cents }
	return &pricer{catalog: c, rule: withVoucher(withVolume(withTax(flat)))}
}

func withTax(next func(int64, line) int64) func(int64, line) int64 {
	return func(cents int64, l line) int64 { return next(cents+cents*19/100, l) }
}

func withVolume(next func(int64, line) int64) func(int64, line) int64 {
	return func(cents int64, l line) int64 { return next(cents-cents*int64(min(l.Count, 20))/100, l) }
}

func withVoucher(next func(int64, line) int64) func(int64, line) int64 {
	return func(cents int64, l line) int64 {
		// A voucher is looked up by its digest, as it would be in a store of secrets.
		sum := sha256.Sum256(strconv.AppendInt(nil, int64(l.Product), 10))
		for range 20 {
			sum = sha256.Sum256(sum[:])
		}
		return next(cents-int64(sum[0]%8), l)
	}
}

func (p *pricer) orderTotal(o *order) (cents int64) {
	for _, l := range o.Lines {
		cents += p.lineTotal(l)
	}
	return cents
}

func (p *pricer) lineTotal(l line) int64 {
	cents := p.catalog.products[l.Product].Cents * int64(l.Count)
	return p.rule(cents+p.bundleTotal(l.Bundle), l)
}

func (p *pricer) bundleTotal(lines []line) (cents int64) {
	for _, l := range lines {
		cents += p.lineTotal(l)
	}
	return cents
}

var fraudAddresses = sync.OnceValue(func() []string {
	out := make([]string, 240)
	for i := range out {
		out[i] = fmt.Sprintf("%d %s %s lane, %s", 3*i+1, adjectives[i%13], nouns[i*5%13], categories[i%5])
	}
	return out
})

// fraudScore is the edit distance from address to the nearest known bad one.
func fraudScore(address string) int {
	best := len(address) + 1
	for _, bad := range fraudAddresses() {
		best = min(best, editDistance(address, bad))
	}
	return best
}

func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

var receiptTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("receipt").Parse(receiptText))
})

const receiptText = `Receipt for {{.Order.Email}}, {{.Order.Address}}
{{range .Order.Lines}}{{.Count}} of {{.Product}}{{range .Bundle}} with {{.Count}} of {{.Product}}{{end}}
{{end}}Total {{.Cents}}
`

func renderReceipt(o *order, cents int64) ([]byte, error) {
	var buf bytes.Buffer
	err := receiptTemplate().Execute(&buf, struct {
		Order *order
		Cents int64
	}{o, cents})
	if err != nil {
		return nil, fmt.Errorf("render receipt: %w", err)
	}
	return buf.Bytes(), nil
}

// compressText makes a new writer for each text: hundreds of kilobytes that live for a millisecond.
func compressText(text []byte) ([]byte, error) {
	var buf bytes.Buffer
	zw := gzip.NewWriter(&buf)
	if _, err := zw.Write(text); err != nil {
		return nil, fmt.Errorf("compress text: %w", err)
	}
	if err := zw.Close(); err != nil {
		return nil, fmt.Errorf("compress text: %w", err)
	}
	return buf.Bytes(), nil
}

// sealReceipt signs data with a key stretched over many rounds.
func sealReceipt(data []byte) string {
	mac := hmac.New(sha256.New, []byte("demo"))
	sum := data
	for range 1500 {
		mac.Reset()
		mac.Write(sum)
		sum = mac.Sum(nil)
	}
	return hex.EncodeToString(sum)
}

type sale struct {
	category string
	tenant   string
	cents    int64
}

// buildReport sums sales by category and tenant and returns them as compressed CSV.
func buildReport(sales []sale) ([]byte, error) {
	groups := groupBy(sales, func(v sale) string { return v.category + "/" + v.tenant })
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		group := topN(groups[key], 20, func(a, b sale) bool { return a.cents > b.cents })
		for _, v := range group {
			if err := w.Write([]string{key, v.tenant, strconv.FormatInt(v.cents, 10)}); err != nil {
				return nil, fmt.Errorf("write report: %w", err)
			}
		}
	}
	w.Flush()
	return compressText(buf.Bytes())
}

func groupBy[K comparable, V any](items []V, key func(V) K) map[K][]V {
	groups := map[K][]V{}
	for _, v := range items {
		k := key(v)
		groups[k] = append(groups[k], v)
	}
	return groups
}
