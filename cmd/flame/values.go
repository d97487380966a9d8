package main

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A flagValue takes the text of a flag (package flag's Value). Its errors say
// what would be accepted: they end a sentence that begins with the flag.
type flagValue interface {
	Set(string) error
	String() string
}

// valueFunc is a flagValue without state of its own.
type valueFunc func(string) error

func (f valueFunc) Set(s string) error { return f(s) }
func (f valueFunc) String() string     { return "" }

func textVar(p *string) flagValue {
	return valueFunc(func(s string) error { *p = s; return nil })
}

func listVar(p *[]string) flagValue {
	return valueFunc(func(s string) error { *p = append(*p, s); return nil })
}

func switchVar(p *bool) flagValue {
	return valueFunc(func(s string) (err error) {
		if *p, err = strconv.ParseBool(s); err != nil {
			return errors.New("it is a switch and takes no value but true or false")
		}
		return nil
	})
}

// Of the numbers' ranges package svg knows more (see its Options.Validate).
func intVar(p *int) flagValue {
	return valueFunc(func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return errors.New("give a whole number above 0")
		}
		*p = n
		return nil
	})
}

func int64Var(p *int64) flagValue {
	return valueFunc(func(s string) error {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 1 {
			return errors.New("give a whole number above 0")
		}
		*p = n
		return nil
	})
}

func floatVar(p *float64) flagValue {
	return valueFunc(func(s string) error {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || !(f > 0 && f <= math.MaxFloat64) {
			return errors.New("give a number above 0")
		}
		*p = f
		return nil
	})
}

// countVar takes a number of rows, 0 for all.
func countVar(p *int) flagValue {
	return valueFunc(func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < -1 {
			return errors.New("give a whole number, 0 for all")
		}
		*p = max(n, 0) // pprof's -1 is its default
		return nil
	})
}

// fractionVar takes a part of a whole.
func fractionVar(p *float64) flagValue {
	return valueFunc(func(s string) error {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || !(0 <= f && f <= 1) {
			return errors.New("give a fraction from 0 to 1, such as 0.005")
		}
		*p = f
		return nil
	})
}

func enumVar(p *string, set []string) flagValue {
	return valueFunc(func(s string) error {
		if !slices.Contains(set, s) {
			return fmt.Errorf("choose one of %s", strings.Join(set, ", "))
		}
		*p = s
		return nil
	})
}

func regexpVar(p **regexp.Regexp) flagValue {
	return valueFunc(func(s string) (err error) {
		if *p, err = regexp.Compile(s); err != nil {
			return fmt.Errorf("it is no regular expression: %w", err)
		}
		return nil
	})
}

// secondsVar takes whole seconds, or a duration in Go's notation.
func secondsVar(p *int, given *bool) flagValue {
	return valueFunc(func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil {
			d, derr := time.ParseDuration(s)
			if err = derr; err == nil && d%time.Second != 0 {
				err = strconv.ErrRange
			}
			n = int(d / time.Second)
		}
		if err != nil || n < 1 || n > 24*60*60 {
			return errors.New("give whole seconds from 1 to 86400, such as 30, or 5m")
		}
		*p, *given = n, true
		return nil
	})
}

// bytesVar takes a size: a number of bytes, or one with a unit of 1024.
func bytesVar(p *int64) flagValue {
	return valueFunc(func(s string) error {
		number := strings.TrimRight(strings.ToLower(s), "ib")
		shift := 0
		if i := strings.IndexAny(number, "kmgt"); i >= 0 && i == len(number)-1 {
			shift = 10 * (1 + strings.IndexByte("kmgt", number[i]))
			number = number[:i]
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n < 1 || n > math.MaxInt64>>shift {
			return errors.New("give a size such as 500000, 64MB or 1GiB")
		}
		*p = n << shift
		return nil
	})
}
