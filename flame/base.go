package flame

import (
	"fmt"
	"slices"
	"time"

	"flame/collapse"
)

// A Base is what a profile is compared with, in the way of pprof's flags.
type Base struct {
	// Sources are merged like those of the profile. Without any nothing is
	// compared.
	Sources []Source
	// Subtract takes the base's values off the profile's (pprof's -base), so that
	// some may be negative. Otherwise the profile keeps both (-diff_base) and is
	// differential: its picture is blue and orange.
	Subtract bool
	// Normalize scales the profile first so that its total is the base's.
	Normalize bool
	// Match says how functions of one side find those of the other. The zero Match
	// takes names as they are.
	Match collapse.NameMatch
}

// detail is how detailed both sides have to be. Percentages of what is left after
// a subtraction are pprof's if only what is equal to the address cancels out.
func (b *Base) detail() collapse.Detail {
	if b.Subtract && len(b.Sources) > 0 {
		return collapse.AddressDetail
	}
	return collapse.NoDetail
}

// apply compares p with the base.
func (b *Base) apply(p, base *collapse.Profile, limits collapse.Limits) (_ *collapse.Profile, err error) {
	for _, side := range []**collapse.Profile{&p, &base} {
		if *side, err = b.Match.Apply(*side); err != nil {
			return nil, err
		}
	}
	note := durationNote(p.Meta.Duration, base.Meta.Duration)
	if b.Normalize {
		if p, err = collapse.Normalize(p, base); err != nil {
			return nil, err
		}
		note = "values are scaled so that the total is that of the base"
	}
	compare := collapse.Compare
	if b.Subtract {
		compare = collapse.Subtract
	}
	if p, err = compare(p, base, limits); err != nil {
		return nil, err
	}
	if note != "" {
		p.Meta.Notes = append(p.Meta.Notes, note)
	}
	if slices.ContainsFunc(p.Self(p.Default), func(v int64) bool { return v < 0 }) {
		p.Meta.Notes = append(p.Meta.Notes, "where the base has more, values are negative, and a picture shows their size; -diff_base shows both sides in colours")
	}
	return p, nil
}

// durationNote warns of a comparison of captures of different lengths, if both
// are known.
func durationNote(d, base time.Duration) string {
	if d < time.Second || base < time.Second || max(d, base) < min(d, base)*11/10 {
		return ""
	}
	return fmt.Sprintf("the profile was taken over %s and what it is compared with over %s; -normalize makes them comparable", seconds(d), seconds(base))
}
