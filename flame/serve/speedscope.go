package serve

import (
	"encoding/json"
	"io"

	"flame/collapse"
	"flame/svg"
)

// The file format of speedscope, https://www.speedscope.app/file-format-schema.json:
// one profile for each sample type, stacks as lists of frames from the root.
type speedscopeFile struct {
	Schema   string              `json:"$schema"`
	Name     string              `json:"name,omitempty"`
	Exporter string              `json:"exporter"`
	Active   int                 `json:"activeProfileIndex"`
	Shared   speedscopeShared    `json:"shared"`
	Profiles []speedscopeProfile `json:"profiles"`
}

type speedscopeShared struct {
	Frames []speedscopeFrame `json:"frames"`
}

type speedscopeFrame struct {
	Name string `json:"name"`
	File string `json:"file,omitempty"`
	Line int64  `json:"line,omitempty"`
}

type speedscopeProfile struct {
	Type    string    `json:"type"`
	Name    string    `json:"name"`
	Unit    string    `json:"unit"`
	Start   float64   `json:"startValue"`
	End     float64   `json:"endValue"`
	Samples [][]int   `json:"samples"`
	Weights []float64 `json:"weights"`
}

// speedscopeUnits are those that it knows; others are "none".
var speedscopeUnits = map[string]string{
	"nanoseconds": "nanoseconds", "microseconds": "microseconds", "milliseconds": "milliseconds", "seconds": "seconds", "bytes": "bytes",
}

// writeSpeedscope writes all sample types of p.
func writeSpeedscope(w io.Writer, p *collapse.Profile, name string) error {
	f := speedscopeFile{Schema: "https://www.speedscope.app/file-format-schema.json", Name: name, Exporter: "flame", Active: p.Default}
	f.Shared.Frames = []speedscopeFrame{}
	for _, x := range p.Frames() {
		f.Shared.Frames = append(f.Shared.Frames, speedscopeFrame{svg.Visible(x.Name), svg.Visible(x.File), x.Line})
	}
	stacks := make([][]int, p.Len())
	for n := 1; n < p.Len(); n++ {
		up := stacks[p.Parents()[n]]
		stacks[n] = append(up[:len(up):len(up)], int(p.NodeFrames()[n]))
	}
	for t, typ := range p.Types {
		x := speedscopeProfile{Type: "sampled", Name: typ.Type, Unit: speedscopeUnits[typ.Unit], Samples: [][]int{}, Weights: []float64{}}
		if x.Unit == "" {
			x.Unit = "none"
		}
		for n, v := range p.Self(t) {
			if v <= 0 { // it has no place for what became less
				continue
			}
			stack := stacks[n]
			if stack == nil {
				stack = []int{}
			}
			weight := float64(v) / float64(typ.Div())
			x.Samples, x.Weights, x.End = append(x.Samples, stack), append(x.Weights, weight), x.End+weight
		}
		f.Profiles = append(f.Profiles, x)
	}
	return json.NewEncoder(w).Encode(f)
}
