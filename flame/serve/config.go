package serve

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"flame/flame/scrape"
	"flame/flame/store"

	"github.com/prometheus/common/model"
	"github.com/prometheus/exporter-toolkit/web"
)

// Config is the file flame.yml: what to scrape, in Prometheus's shape, and beside
// it what is the service's own.
type Config struct {
	scrape.Config `yaml:",inline"`

	Storage StorageConfig  `yaml:"storage,omitempty"`
	Tokens  []TokenConfig  `yaml:"tokens,omitempty"`
	Capture CaptureOptions `yaml:"capture,omitempty"`
}

// StorageConfig says how long profiles are kept. What is not given is kept for
// ever.
type StorageConfig struct {
	Raw    model.Duration `yaml:"keep_raw,omitempty"`    // single profiles
	Hourly model.Duration `yaml:"keep_hourly,omitempty"` // hourly roll-ups
	Daily  model.Duration `yaml:"keep_daily,omitempty"`  // daily roll-ups
	Size   Size           `yaml:"keep_size,omitempty"`   // of all: the oldest go first
}

// Retention is c for a store.
func (c StorageConfig) Retention() store.Retention {
	return store.Retention{Raw: time.Duration(c.Raw), Hourly: time.Duration(c.Hourly), Daily: time.Duration(c.Daily), Bytes: int64(c.Size)}
}

// A Size is a number of bytes, written as 500MB or 20GiB.
type Size int64

// UnmarshalYAML implements yaml.Unmarshaler.
func (s *Size) UnmarshalYAML(unmarshal func(any) error) error {
	var text string
	if err := unmarshal(&text); err != nil {
		return err
	}
	number := strings.TrimRight(text, "kKMGTiB")
	unit, factor := strings.TrimSuffix(text[len(number):], "B"), int64(1)
	base := int64(1000)
	if u, ok := strings.CutSuffix(unit, "i"); ok {
		unit, base = u, 1024
	}
	power := strings.Index("KMGT", strings.ToUpper(unit)) + 1
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
	if err != nil || n <= 0 || len(unit) > 1 || unit != "" && power == 0 {
		return fmt.Errorf("the size %q is none; write 500MB or 20GiB", text)
	}
	if unit != "" {
		for range power {
			factor *= base
		}
	}
	if n > (1<<62)/factor {
		return fmt.Errorf("the size %q is too large", text)
	}
	*s = Size(n * factor)
	return nil
}

// TokenConfig is a bearer token: its SHA-256, or a file that holds it.
type TokenConfig struct {
	Name   string  `yaml:"name"`
	SHA256 string  `yaml:"sha256,omitempty"`
	File   string  `yaml:"file,omitempty"`
	Scopes []Scope `yaml:"scopes"`
}

// ReadConfig reads a configuration file. Its errors name the file and, where that is
// known, the line. Tokens in files have become their SHA-256.
func ReadConfig(file string) (*Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read configuration %s: %w", file, pathCause(err))
	}
	c := &Config{}
	if err = scrape.Unmarshal(text, c); err == nil {
		err = c.check(filepath.Dir(file))
	}
	if err != nil {
		return nil, fmt.Errorf("read configuration %s: %w", file, err)
	}
	return c, nil
}

func (c *Config) check(dir string) error {
	if err := c.Validate(); err != nil {
		return err
	}
	c.SetDirectory(dir)
	if err := c.Capture.settle(); err != nil {
		return err
	}
	for i := range c.Tokens {
		t := &c.Tokens[i]
		if (t.SHA256 == "") == (t.File == "") {
			return fmt.Errorf("tokens: %q needs a sha256 or a file, and one only", t.Name)
		}
		if t.File == "" {
			continue
		}
		if !filepath.IsAbs(t.File) {
			t.File = filepath.Join(dir, t.File)
		}
		b, err := os.ReadFile(t.File)
		if err != nil {
			return fmt.Errorf("tokens: %q: %w", t.Name, err)
		}
		text := strings.TrimSpace(string(b))
		if len(text) < 16 {
			return fmt.Errorf("tokens: %q: the file %s holds fewer than 16 characters, which is no token", t.Name, t.File)
		}
		t.SHA256 = hashToken(text)
	}
	if len(c.Tokens) == 0 {
		return nil
	}
	return (&Auth{Tokens: c.tokens()}).Validate()
}

func (c *Config) tokens() []Token {
	var all []Token
	for _, t := range c.Tokens {
		all = append(all, Token{t.Name, t.SHA256, t.Scopes})
	}
	return all
}

func pathCause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// WebConfig is what a file of Prometheus's exporter-toolkit says: TLS and users.
// Its sections http_server_config and rate_limit are refused, as nothing here
// would obey them.
type WebConfig struct {
	TLS   *tls.Config // nil for none
	Users map[string]string
}

// ReadWebConfig reads such a file.
func ReadWebConfig(file string) (*WebConfig, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read web configuration %s: %w", file, pathCause(err))
	}
	w, err := parseWebConfig(text, file)
	if err != nil {
		return nil, fmt.Errorf("read web configuration %s: %w", file, err)
	}
	return w, nil
}

func parseWebConfig(text []byte, file string) (*WebConfig, error) {
	c := web.Config{TLSConfig: web.TLSConfig{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS13}}
	if err := scrape.Unmarshal(text, &c); err != nil {
		return nil, err
	}
	if len(c.HTTPConfig.Header) > 0 || c.RateLimiterConfig != (web.RateLimiterConfig{}) {
		return nil, errors.New("flame sets its own headers and limits; leave http_server_config and rate_limit out")
	}
	if err := web.Validate(file); err != nil {
		return nil, err
	}
	w := &WebConfig{Users: map[string]string{}}
	for name, hash := range c.Users {
		w.Users[name] = string(hash)
	}
	if !c.TLSConfig.IsEnabled() {
		return w, nil
	}
	c.TLSConfig.SetDirectory(filepath.Dir(file))
	var err error
	w.TLS, err = web.ConfigToTLSConfig(&c.TLSConfig)
	return w, err
}

// NewAuth makes the Auth of both files; either may be nil. It is nil if neither has
// users or tokens.
func NewAuth(c *Config, w *WebConfig) (*Auth, error) {
	a := &Auth{}
	if c != nil {
		a.Tokens = c.tokens()
	}
	if w != nil {
		a.Users = w.Users
	}
	if len(a.Tokens)+len(a.Users) == 0 {
		return nil, nil
	}
	return a, a.Validate()
}
