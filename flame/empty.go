package flame

import (
	"fmt"
	"strings"
	"time"

	"flame/collapse"
)

// checkEmpty returns an [*EmptyError] if the default type of p has no value.
func checkEmpty(p *collapse.Profile) error {
	if hasValues(p, p.Default) {
		return nil
	}
	var others []string
	for i, t := range p.Types {
		if i != p.Default && hasValues(p, i) {
			others = append(others, t.Type)
		}
	}
	reason := emptyReason(p)
	if len(others) > 0 {
		reason = fmt.Sprintf("all its values of %s are 0, but not those of %s; choose one with -sample_index",
			p.Types[p.Default].Type, strings.Join(others, ", "))
	}
	return &EmptyError{Source: p.Meta.Source, Reason: reason}
}

func hasValues(p *collapse.Profile, typ int) bool {
	for _, column := range [][]int64{p.Self(typ), p.Base(typ)} {
		for _, v := range column {
			if v != 0 {
				return true
			}
		}
	}
	return false
}

// emptyReason says what it means that a profile of this kind has no samples.
func emptyReason(p *collapse.Profile) string {
	within := ""
	if d := p.Meta.Duration; d >= time.Second {
		within = " in " + seconds(d)
	}
	switch typ, period := p.Types[p.Default], p.Meta.PeriodType.Type; {
	case typ.Type == "cpu" || period == "cpu":
		return "the target used no CPU" + within + "; put it under load, or capture for longer with -t"
	case typ.Type == "contentions" || typ.Type == "delay" || period == "contentions":
		return "nothing waited for a lock or channel" + within + ", or the target does not record it; it has to call " +
			"runtime.SetMutexProfileFraction (mutex) or runtime.SetBlockProfileRate (block)"
	case strings.HasSuffix(typ.Type, "_space") || strings.HasSuffix(typ.Type, "_objects") || period == "space":
		return "the heap profile has no samples" + within + "; the target allocated little, or set runtime.MemProfileRate to 0"
	}
	return "the profile has no samples" + within + "; put the target under load, or capture for longer with -t"
}

// seconds is a duration as people say it: "5 s".
func seconds(d time.Duration) string {
	return fmt.Sprintf("%.3g s", d.Round(100*time.Millisecond).Seconds())
}
