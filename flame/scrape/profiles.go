package scrape

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// ProfileConfig says how one kind of profile is taken of each target of a job.
// Zero fields have the defaults of the profile's name.
type ProfileConfig struct {
	// Path is where the target serves it, behind the job's path_prefix. It may
	// have a query.
	Path string `yaml:"path,omitempty"`
	// Interval is the time from one to the next.
	Interval model.Duration `yaml:"interval,omitempty"`
	// Duration is how long the target captures, in whole seconds. A snapshot
	// has none.
	Duration model.Duration `yaml:"duration,omitempty"`
	// Delta stores the difference to the snapshot before: right for values that
	// only grow.
	Delta *bool `yaml:"delta,omitempty"`

	// keep is the prefix of the sample types that are kept, "" for all.
	keep string
}

const (
	defaultInterval = model.Duration(time.Minute)
	defaultCapture  = model.Duration(10 * time.Second)
	minInterval     = model.Duration(time.Second)
	maxInterval     = model.Duration(24 * time.Hour)
)

// builtin are the profiles that have names of their own.
var builtin = map[string]ProfileConfig{
	"cpu":          {Path: "/debug/pprof/profile", Duration: defaultCapture},
	"fgprof":       {Path: "/debug/fgprof", Duration: defaultCapture},
	"heap":         {Path: "/debug/pprof/heap", keep: "inuse_"},
	"allocs":       {Path: "/debug/pprof/allocs", Delta: new(true), keep: "alloc_"},
	"goroutine":    {Path: "/debug/pprof/goroutine"},
	"mutex":        {Path: "/debug/pprof/mutex", Delta: new(true)},
	"block":        {Path: "/debug/pprof/block", Delta: new(true)},
	"threadcreate": {Path: "/debug/pprof/threadcreate"},
}

// defaultProfiles are taken by a job that does not say which.
var defaultProfiles = []string{"cpu", "heap", "allocs", "goroutine", "mutex", "block"}

// Profiles are the names that need no path, sorted.
func Profiles() []string { return slices.Sorted(maps.Keys(builtin)) }

// Demandable are the profiles that can be taken of the job's targets on demand:
// its own, and those that need no path. Sorted.
func (j *JobConfig) Demandable() []string {
	names := Profiles()
	for name := range j.Profiles {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// settle fills in the defaults and checks the profiles of a job.
func settle(profiles map[string]*ProfileConfig, interval model.Duration) (map[string]*ProfileConfig, error) {
	if len(profiles) == 0 {
		profiles = map[string]*ProfileConfig{}
		for _, name := range defaultProfiles {
			profiles[name] = nil
		}
	}
	out := map[string]*ProfileConfig{}
	for name, given := range profiles {
		p := builtin[name]
		if given != nil {
			p = given.over(p)
		}
		if p.Interval == 0 {
			p.Interval = interval
		}
		if err := p.check(name); err != nil {
			return nil, fmt.Errorf("profile %s: %w", name, err)
		}
		out[name] = &p
	}
	return out, nil
}

// over returns the defaults with what p says put over them.
func (p *ProfileConfig) over(def ProfileConfig) ProfileConfig {
	if p.Path != "" {
		def.Path = p.Path
	}
	if p.Interval != 0 {
		def.Interval = p.Interval
	}
	if p.Duration != 0 {
		def.Duration = p.Duration
	}
	if p.Delta != nil {
		def.Delta = p.Delta
	}
	return def
}

func (p *ProfileConfig) check(name string) error {
	if !validName(name) {
		return errors.New("a profile's name has letters, digits, _, - and . only")
	}
	if p.Path == "" {
		return fmt.Errorf("it needs a path, as it is none of %s", strings.Join(Profiles(), ", "))
	}
	if !strings.HasPrefix(p.Path, "/") {
		return fmt.Errorf("the path %q must begin with a slash", p.Path)
	}
	if _, err := url.Parse("http://h" + p.Path); err != nil {
		return fmt.Errorf("the path %q is no URL path", p.Path)
	}
	if p.Interval < minInterval || p.Interval > maxInterval {
		return fmt.Errorf("the interval is %s; give one from %s to %s", p.Interval, minInterval, maxInterval)
	}
	d := time.Duration(p.Duration)
	if d < 0 || d%time.Second != 0 {
		return fmt.Errorf("the duration is %s; captures take whole seconds", p.Duration)
	}
	if p.Duration > p.Interval {
		return fmt.Errorf("the duration %s is longer than the interval %s", p.Duration, p.Interval)
	}
	if d > 0 && p.delta() {
		return errors.New("it has a duration and is a delta; a difference of snapshots needs no duration")
	}
	return nil
}

func (p *ProfileConfig) delta() bool { return p.Delta != nil && *p.Delta }

// validName keeps names fit for keys and addresses.
func validName(name string) bool {
	return name != "" && len(name) <= 64 && name[0] != '.' && strings.IndexFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' || r == '.')
	}) < 0
}
