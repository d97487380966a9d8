package svg

import (
	"regexp"
	"strings"

	"flame/collapse"
)

// A ramp gives a colour for three numbers in [0, 1].
type ramp func(v1, v2, v3 float64) RGB

// along returns base + range*v, cut to a whole number.
func along(base, span int, v float64) uint8 { return uint8(base + int(float64(span)*v)) }

// The ramps of flamegraph.pl.
var (
	hot    ramp = func(v1, v2, v3 float64) RGB { return RGB{along(205, 50, v3), along(0, 230, v1), along(0, 55, v2)} }
	mem    ramp = func(v1, v2, v3 float64) RGB { return RGB{0, along(190, 50, v2), along(0, 210, v1)} }
	ioRamp ramp = func(v1, v2, v3 float64) RGB { return RGB{along(80, 60, v1), along(80, 60, v1), along(190, 55, v2)} }
	red    ramp = func(v, _, _ float64) RGB { return RGB{along(200, 55, v), along(50, 80, v), along(50, 80, v)} }
	green  ramp = func(v, _, _ float64) RGB { return RGB{along(50, 60, v), along(200, 55, v), along(50, 60, v)} }
	blue   ramp = func(v, _, _ float64) RGB { return RGB{along(80, 60, v), along(80, 60, v), along(205, 50, v)} }
	yellow ramp = func(v, _, _ float64) RGB { return RGB{along(175, 55, v), along(175, 55, v), along(50, 20, v)} }
	purple ramp = func(v, _, _ float64) RGB { return RGB{along(190, 65, v), along(80, 60, v), along(190, 65, v)} }
	aqua   ramp = func(v, _, _ float64) RGB { return RGB{along(50, 60, v), along(165, 55, v), along(165, 55, v)} }
	orange ramp = func(v, _, _ float64) RGB { return RGB{along(190, 65, v), along(90, 65, v), 0} }
)

// perlPalettes are flamegraph.pl's, each as the ramp it takes for a frame. The
// annotated name is in folded text's spelling.
var perlPalettes = map[Palette]func(f collapse.Frame, annotated string) ramp{
	"hot": always(hot), "mem": always(mem), "io": always(ioRamp),
	"red": always(red), "green": always(green), "blue": always(blue), "yellow": always(yellow),
	"purple": always(purple), "aqua": always(aqua), "orange": always(orange),
	"wakeup": always(aqua), "chain": chainRamp,
	"java": javaRamp, "js": jsRamp, "perl": perlRamp,
}

func always(r ramp) func(collapse.Frame, string) ramp {
	return func(collapse.Frame, string) ramp { return r }
}

// perlColor returns the colour function of one of flamegraph.pl's palettes.
func perlColor(pick func(collapse.Frame, string) ramp, o ColorOptions) func(collapse.Frame) RGB {
	return func(f collapse.Frame) RGB {
		name := f.Annotated()
		r := pick(f, name)
		switch {
		case o.Hash:
			forward, backward := nameHashes(name)
			return r(forward, backward, backward)
		case o.Random:
			return r(randomHashes(name))
		}
		v := drandHash(name)
		return r(v, v, v)
	}
}

func chainRamp(f collapse.Frame, name string) ramp {
	if f.Kind == collapse.Waker || strings.Contains(name, "_[w]") {
		return aqua
	}
	return blue
}

var javaPackage = regexp.MustCompile(`^L?(java|javax|jdk|net|org|com|io|sun)/`)

func javaRamp(f collapse.Frame, name string) ramp {
	switch {
	case f.Kind == collapse.JIT:
		return green
	case f.Kind == collapse.Inlined:
		return aqua
	case javaPackage.MatchString(name), strings.Contains(name, ":::"):
		return green
	case strings.Contains(name, "::"):
		return yellow // C++
	case f.Kind == collapse.Kernel:
		return orange
	}
	return red // native code
}

func jsRamp(f collapse.Frame, name string) ramp {
	switch {
	case f.Kind == collapse.JIT && strings.Contains(name, "/"):
		return green // of a file
	case f.Kind == collapse.JIT:
		return aqua // built in
	case strings.Contains(name, "::"):
		return yellow // C++
	case strings.Contains(name, ".js"):
		return green
	case strings.Contains(name, ":"):
		return aqua
	case name == " ":
		return green // cannot be told
	case f.Kind == collapse.Kernel:
		return orange
	}
	return red
}

func perlRamp(f collapse.Frame, name string) ramp {
	switch {
	case strings.Contains(name, "::"):
		return yellow
	case strings.Contains(name, "Perl"), strings.Contains(name, ".pl"):
		return green
	case f.Kind == collapse.Kernel:
		return orange
	}
	return red
}
