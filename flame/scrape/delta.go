package scrape

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/pprof/profile"
)

// compressed returns data as a gzip stream, as it is if it is one.
func compressed(data []byte) ([]byte, error) {
	if len(data) > 1 && data[0] == 0x1f && data[1] == 0x8b {
		return data, nil
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// keepTypes drops the sample types whose names do not begin with prefix, and the
// samples that have nothing then. A profile without any such type is left as it
// is.
func keepTypes(p *profile.Profile, prefix string) {
	var keep []int
	for i, t := range p.SampleType {
		if strings.HasPrefix(t.Type, prefix) {
			keep = append(keep, i)
		}
	}
	if len(keep) == 0 || len(keep) == len(p.SampleType) {
		return
	}
	types := make([]*profile.ValueType, len(keep))
	for n, i := range keep {
		types[n] = p.SampleType[i]
	}
	p.SampleType = types
	if !strings.HasPrefix(p.DefaultSampleType, prefix) {
		p.DefaultSampleType = types[len(types)-1].Type
	}
	p.Sample = slices.DeleteFunc(p.Sample, func(s *profile.Sample) bool {
		values := make([]int64, len(keep))
		empty := true
		for n, i := range keep {
			values[n] = s.Value[i]
			empty = empty && values[n] == 0
		}
		s.Value = values
		return empty
	})
}

// difference returns what cur has more than prev, which was taken at from, so long before. A
// program whose values went down was restarted in between: then all of cur is
// new. Neither argument may be used afterwards.
func difference(prev, cur *profile.Profile, from time.Time, between time.Duration) (*profile.Profile, error) {
	if len(prev.SampleType) != len(cur.SampleType) || restarted(prev, cur) {
		return cur, nil
	}
	types := cur.DefaultSampleType
	if prev.PeriodType == nil || cur.PeriodType == nil { // Merge wants them
		prev.PeriodType, cur.PeriodType = &profile.ValueType{}, &profile.ValueType{}
	}
	for _, s := range prev.Sample {
		for i := range s.Value {
			s.Value[i] = -s.Value[i]
		}
	}
	d, err := profile.Merge([]*profile.Profile{cur, prev})
	if err != nil {
		return nil, fmt.Errorf("subtract snapshots: %w", err)
	}
	d.Sample = slices.DeleteFunc(d.Sample, func(s *profile.Sample) bool {
		left := false
		for i, v := range s.Value {
			s.Value[i] = max(v, 0) // scaled values may lose a unit by rounding
			left = left || v > 0
		}
		return !left
	})
	d = d.Compact()
	d.TimeNanos = from.UnixNano() // the end less between is another where a clock was set meanwhile
	d.DurationNanos = int64(between)
	d.DefaultSampleType = types
	return d, nil
}

// restarted reports whether some total of cur is below that of prev.
func restarted(prev, cur *profile.Profile) bool {
	sums := func(p *profile.Profile) []int64 {
		sum := make([]int64, len(p.SampleType))
		for _, s := range p.Sample {
			for i, v := range s.Value {
				sum[i] += v
			}
		}
		return sum
	}
	before, after := sums(prev), sums(cur)
	for i, v := range before {
		if after[i] < v {
			return true
		}
	}
	return false
}

func encode(p *profile.Profile) ([]byte, error) {
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		return nil, fmt.Errorf("write profile: %w", err)
	}
	return b.Bytes(), nil
}

// A snapshot is the ground on which a cumulative profile is subtracted.
type snapshot struct {
	data []byte // compressed
	at   time.Time
}

// shape makes of what a target sent what is stored, nil if there is nothing yet:
// the first snapshot of a cumulative profile. It replaces *last.
func (p *ProfileConfig) shape(data []byte, at time.Time, last *snapshot) (out []byte, begin time.Time, d time.Duration, err error) {
	if p.keep == "" && !p.delta() {
		out, err = compressed(data)
		return out, at, 0, err
	}
	cur, err := profile.ParseData(data)
	if err != nil {
		return nil, at, 0, fmt.Errorf("read profile: %w", err)
	}
	if p.keep != "" {
		keepTypes(cur, p.keep)
	}
	if !p.delta() {
		out, err = encode(cur)
		return out, at, 0, err
	}
	now, err := encode(cur)
	if err != nil {
		return nil, at, 0, err
	}
	before := *last
	*last = snapshot{now, at}
	if before.data == nil {
		return nil, at, 0, nil
	}
	prev, err := profile.ParseData(before.data)
	if err != nil {
		return nil, at, 0, fmt.Errorf("read snapshot: %w", err)
	}
	between := at.Sub(before.at)
	diff, err := difference(prev, cur, before.at, between)
	if err != nil {
		return nil, at, 0, err
	}
	out, err = encode(diff)
	return out, before.at, between, err
}
