package collapse

import (
	"bytes"
	"errors"
	"math"
)

// A decimal is a count as the text has it: units + fraction/10^decimals.
type decimal struct {
	units    int64
	fraction int64 // below 10^decimals
	decimals int   // without trailing zeros, at most maxDecimals
	rounded  bool
}

var (
	errNoCount   = errors.New("it does not end in a space and a count")
	errHugeCount = errors.New("its count is over 9223372036854775807")
)

const maxDecimals = 9

// cutCount splits a line, without space at its end, before the last space and
// parses what follows. The error is errNoCount or errHugeCount.
func cutCount(line []byte) (stack []byte, d decimal, err error) {
	i := len(line)
	for i > 0 && isDigit(line[i-1]) {
		i--
	}
	whole, fraction := line[i:], []byte(nil)
	if i > 0 && line[i-1] == '.' {
		dot := i - 1
		for i = dot; i > 0 && isDigit(line[i-1]); i-- {
		}
		whole, fraction = line[i:dot], line[dot+1:]
	}
	if len(whole) == 0 || i == 0 || !isSpace(line[i-1]) {
		return line, d, errNoCount
	}
	for _, c := range whole {
		digit := int64(c - '0')
		if d.units > (math.MaxInt64-digit)/10 {
			return line, d, errHugeCount
		}
		d.units = d.units*10 + digit
	}
	d.parseFraction(bytes.TrimRight(fraction, "0"))
	return line[:i-1], d, nil
}

func (d *decimal) parseFraction(digits []byte) {
	up := false
	if len(digits) > maxDecimals {
		up = digits[maxDecimals] >= '5'
		digits = digits[:maxDecimals]
		d.rounded = true
	}
	for _, c := range digits {
		d.fraction = d.fraction*10 + int64(c-'0')
	}
	d.decimals = len(digits)
	if up {
		d.fraction++
		if d.fraction == powersOf10[maxDecimals] {
			d.fraction, d.decimals = 0, 0
			d.units = AddSaturating(d.units, 1)
		}
	}
}

var powersOf10 = [maxDecimals + 1]int64{1, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}

// fit gives the column the scale that a value needs, and then no more than lets
// the sum of all values stay in range.
func (f *folded) fit(d decimal) {
	if want := powersOf10[d.decimals]; want > f.scale && !f.rounded {
		factor := want / f.scale
		f.scale = want
		if f.sum <= math.MaxInt64/factor {
			f.b.Rescale(0, factor)
			f.sum *= factor
		} else {
			f.scale /= factor
			f.rounded = true
		}
	}
	for f.scale > 1 && AddSaturating(f.sum, d.stored(f.scale)) == math.MaxInt64 {
		f.scale /= 10
		f.sum /= 10
		f.rounded = true
		for _, columns := range [][][]int64{f.b.self, f.b.base} {
			for _, column := range columns {
				for i, v := range column {
					column[i] = (v + 5) / 10
				}
			}
		}
	}
}

// value returns a value in stored units and counts it in the sum.
func (f *folded) value(d decimal) int64 {
	if d.decimals > 0 || f.scale > 1 {
		f.fit(d)
	}
	f.rounded = f.rounded || d.rounded
	v := d.stored(f.scale)
	f.sum = AddSaturating(f.sum, v)
	return v
}

// stored returns the value in units of 1/scale, rounded half up.
func (d decimal) stored(scale int64) int64 {
	fraction := d.fraction
	if has := powersOf10[d.decimals]; has > scale {
		fraction = (fraction + has/scale/2) / (has / scale)
	} else {
		fraction *= scale / has
	}
	return AddSaturating(mulSat(d.units, scale), fraction)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
