package flame

import (
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
	if b.Normalize {
		if p, err = collapse.Normalize(p, base); err != nil {
			return nil, err
		}
	}
	if b.Subtract {
		return collapse.Subtract(p, base, limits)
	}
	return collapse.Compare(p, base, limits)
}
