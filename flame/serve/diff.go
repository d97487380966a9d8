package serve

import (
	"net/http"
	"slices"

	"flame/collapse"
)

// difference returns after with before as its base. If normal is set the base is
// scaled so that both have the same total: two times of different lengths, or two
// different loads, are then compared by their shares.
func difference(before, after *collapse.Profile, normal bool) (*collapse.Profile, error) {
	unlike := func(err error) error {
		return fail(http.StatusUnprocessableEntity, "compare profiles of one type", "%v", err)
	}
	base := before
	if normal {
		var err error
		if base, err = collapse.Normalize(before, after); err != nil {
			return nil, unlike(err)
		}
	}
	d, err := collapse.Compare(after, base, collapse.Limits{})
	if err != nil {
		return nil, unlike(err)
	}
	if normal {
		q := *d
		q.Meta.Notes = append(slices.Clone(d.Meta.Notes), "before is scaled to the total of after")
		d = &q
	}
	return d, nil
}
