package collapse

import (
	"fmt"
	"math"
)

// Mean returns p with the value of each stack divided by its value of the first
// sample type, which counts in all profiles of Go: the size of an object, the
// delay of a contention. The first type stays as it is, and so does a stack with
// no count. Values are rounded. Since means do not add up, the total of a function
// is the sum of the means of its stacks; a report that prints means divides
// totals instead.
func Mean(p *Profile) (*Profile, error) {
	if len(p.Types) < 2 {
		return nil, fmt.Errorf("-mean divides by the first sample type, and the profile has no other than %s", p.Types[0].Type)
	}
	q := *p
	q.Whole = nil
	q.self, q.base = meanColumns(p.self, p.Types), meanColumns(p.base, p.Types)
	return &q, nil
}

func meanColumns(columns [][]int64, types []ValueType) [][]int64 {
	if columns == nil {
		return nil
	}
	out := makeColumns(len(columns[0]), len(columns))
	copy(out[0], columns[0])
	for t := 1; t < len(columns); t++ {
		for n, v := range columns[t] {
			out[t][n] = v
			if count := columns[0][n]; count != 0 {
				out[t][n] = saturate(math.Round(float64(v) / (float64(count) / float64(types[0].Div()))))
			}
		}
	}
	return out
}
