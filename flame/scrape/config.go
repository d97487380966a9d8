package scrape

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/discovery"
	_ "github.com/prometheus/prometheus/discovery/dns"  // dns_sd_configs
	_ "github.com/prometheus/prometheus/discovery/file" // file_sd_configs
	_ "github.com/prometheus/prometheus/discovery/http" // http_sd_configs
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/model/relabel"
	"go.yaml.in/yaml/v2"
)

// Config says what to take from where. It is read as a part of a larger file
// too, inline; call [Config.Validate] then.
type Config struct {
	Global GlobalConfig `yaml:"global,omitempty"`
	Jobs   []*JobConfig `yaml:"scrape_configs,omitempty"`
}

// GlobalConfig holds what all jobs share.
type GlobalConfig struct {
	// Interval is that of profiles that have none. Default 1m.
	Interval model.Duration `yaml:"scrape_interval,omitempty"`
	// ExternalLabels are set on every target that lacks them.
	ExternalLabels map[string]string `yaml:"external_labels,omitempty"`
}

// JobConfig is one entry of scrape_configs.
type JobConfig struct {
	Name     string         `yaml:"job_name"`
	Interval model.Duration `yaml:"scrape_interval,omitempty"`
	Scheme   string         `yaml:"scheme,omitempty"` // default http
	// PathPrefix stands before the path of each profile.
	PathPrefix string     `yaml:"path_prefix,omitempty"`
	Params     url.Values `yaml:"params,omitempty"`
	// Profiles are those to take. A job without any takes cpu, heap, allocs,
	// goroutine, mutex and block.
	Profiles map[string]*ProfileConfig `yaml:"profiles,omitempty"`
	// MaxBytes bounds one profile as received. Default 64 MiB.
	MaxBytes int64 `yaml:"body_size_limit,omitempty"`

	HTTPClientConfig config.HTTPClientConfig `yaml:",inline"`
	Discovery        discovery.Configs       `yaml:"-"`
	Relabel          []*relabel.Config       `yaml:"relabel_configs,omitempty"`

	// Transport makes the requests instead of one from HTTPClientConfig: a
	// program that takes its own profiles needs no network.
	Transport http.RoundTripper `yaml:"-"`
}

const defaultMaxBytes = 64 << 20

// UnmarshalYAML implements yaml.Unmarshaler.
func (j *JobConfig) UnmarshalYAML(unmarshal func(any) error) error {
	*j = JobConfig{HTTPClientConfig: config.DefaultHTTPClientConfig}
	if err := discovery.UnmarshalYAMLWithInlineConfigs(j, unmarshal); err != nil {
		return err
	}
	return j.HTTPClientConfig.Validate()
}

// NewStatic returns a job of a fixed list of targets, as --target makes it.
func NewStatic(name string, addresses ...string) *JobConfig {
	group := &targetgroup.Group{Source: name}
	for _, a := range addresses {
		group.Targets = append(group.Targets, model.LabelSet{model.AddressLabel: model.LabelValue(a)})
	}
	return &JobConfig{
		Name:             name,
		HTTPClientConfig: config.DefaultHTTPClientConfig,
		Discovery:        discovery.Configs{discovery.StaticConfig{group}},
	}
}

// Parse reads a configuration. Files that it names are relative to dir. Unknown
// keys are errors, which name their lines.
func Parse(text []byte, dir string) (*Config, error) {
	c := &Config{}
	if err := Unmarshal(text, c); err != nil {
		return nil, err
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c.SetDirectory(dir)
	return c, nil
}

// SetDirectory makes the files that c names relative to dir.
func (c *Config) SetDirectory(dir string) {
	for _, j := range c.Jobs {
		j.HTTPClientConfig.SetDirectory(dir)
		j.Discovery.SetDirectory(dir)
	}
}

// Unmarshal decodes YAML strictly. Its errors name lines and keys, not Go types.
func Unmarshal(text []byte, into any) error {
	err := yaml.UnmarshalStrict(text, into)
	if err == nil {
		return nil
	}
	var wrong *yaml.TypeError
	if !errors.As(err, &wrong) {
		return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	lines := make([]string, len(wrong.Errors))
	for i, text := range wrong.Errors {
		text = unknownKey.ReplaceAllString(text, `unknown key "$1"`)
		text = repeatedKey.ReplaceAllString(text, `the key "$1" stands twice`)
		lines[i] = wrongType.ReplaceAllString(text, "cannot read $1 here")
	}
	return errors.New(strings.Join(lines, "; "))
}

var (
	unknownKey  = regexp.MustCompile(`field (\S+) not found in type .*`)
	repeatedKey = regexp.MustCompile(`(?:key|field) "?(\S+?)"? already set in (?:map|type .*)`)
	wrongType   = regexp.MustCompile("cannot unmarshal (!!\\w+(?: `[^`]*`)?) into .*")
)

// Validate checks c and fills in the defaults.
func (c *Config) Validate() error {
	if c.Global.Interval == 0 {
		c.Global.Interval = defaultInterval
	}
	for name := range c.Global.ExternalLabels {
		if !model.LegacyValidation.IsValidLabelName(name) {
			return fmt.Errorf("external_labels: %q is no label name", name)
		}
	}
	seen := map[string]bool{}
	for i, j := range c.Jobs {
		if j == nil {
			return fmt.Errorf("scrape_configs: entry %d is empty", i+1)
		}
		if err := j.validate(c.Global); err != nil {
			return fmt.Errorf("job %q: %w", j.Name, err)
		}
		if seen[j.Name] {
			return fmt.Errorf("job %q: there are two of that name", j.Name)
		}
		seen[j.Name] = true
	}
	return nil
}

func (j *JobConfig) validate(global GlobalConfig) (err error) {
	if j.Name == "" {
		return errors.New("job_name is missing")
	}
	if j.Interval == 0 {
		j.Interval = global.Interval
	}
	if j.Scheme == "" {
		j.Scheme = "http"
	}
	if j.Scheme != "http" && j.Scheme != "https" {
		return fmt.Errorf("the scheme is %q; it must be http or https", j.Scheme)
	}
	if j.PathPrefix != "" && !strings.HasPrefix(j.PathPrefix, "/") {
		return fmt.Errorf("the path_prefix %q must begin with a slash", j.PathPrefix)
	}
	if j.MaxBytes == 0 {
		j.MaxBytes = defaultMaxBytes
	}
	if j.MaxBytes < 0 {
		return fmt.Errorf("the body_size_limit is %d bytes", j.MaxBytes)
	}
	if j.Profiles, err = settle(j.Profiles, j.Interval); err != nil {
		return err
	}
	for i, r := range j.Relabel {
		if r == nil {
			return fmt.Errorf("relabel_configs: entry %d is empty", i+1)
		}
		if err := r.Validate(model.LegacyValidation); err != nil {
			return fmt.Errorf("relabel_configs: entry %d: %w", i+1, err)
		}
	}
	if len(j.Relabel) > 0 {
		return nil
	}
	return j.checkStatic()
}

// checkStatic refuses addresses that are URLs, which only relabelling could make
// into addresses.
func (j *JobConfig) checkStatic() error {
	for _, d := range j.Discovery {
		static, ok := d.(discovery.StaticConfig)
		if !ok {
			continue
		}
		for _, group := range static {
			for _, t := range group.Targets {
				if err := checkAddress(string(t[model.AddressLabel])); err != nil {
					return fmt.Errorf("static_configs: %w", err)
				}
			}
		}
	}
	return nil
}

func checkAddress(a string) error {
	if a == "" {
		return errors.New("a target has no address")
	}
	if strings.ContainsAny(a, "/@?#") {
		return fmt.Errorf("the target %q is not host:port; a path belongs in path_prefix, a scheme in scheme", a)
	}
	return nil
}
