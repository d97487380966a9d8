package pprof

import "flame/collapse"

// A place is where in its function a line is.
type place struct{ line, column int64 }

// detailed appends the frames of a location with lines as the Detail asks for
// them, the outermost caller first.
func (r *resolver) detailed(l *location) {
	d := r.d
	for j := l.lineCount; j > 0; j-- {
		at := l.lineFirst + j - 1
		fn := &d.functions[d.lines[at]]
		f := r.functionFrame(fn)
		f.Module, f.Inline = r.module(l.mapping), j < l.lineCount
		if f.Inline && d.o.Inlined && f.Kind == collapse.Normal {
			f.Kind = collapse.Inlined
		}
		if d.o.Detail >= collapse.LineDetail {
			f.Line, f.StartLine = d.places[at].line, fn.start
		}
		if d.o.Detail >= collapse.AddressDetail {
			f.Address, f.Column = l.address, d.places[at].column
			if f.Kind == collapse.Unresolved && f.File == "" && f.Name == unknownName {
				f.Name = addressName(binaryName(f.Module), l.address)
			}
		}
		r.frames = append(r.frames, r.out.Frame(f))
	}
}
