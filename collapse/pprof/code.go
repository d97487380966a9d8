package pprof

import (
	"errors"
	"fmt"

	"flame/collapse"
)

// The messages about the program's code: mappings, functions, and locations with
// their lines.

func (d *decoder) mapping(b []byte) error {
	var m mapping
	for i := 0; i < len(b); {
		tag, v, next := cut(b, i)
		var err error
		switch tag {
		case 1 << 3:
			m.id = v
		case 5 << 3:
			m.file = int64(v)
		case 6 << 3: // build id
			err = d.unusedString(v)
		default:
			err = skip(b, i, tag, 1<<1|1<<5|1<<6)
		}
		if err != nil {
			return err
		}
		i = next
	}
	if m.id == 0 {
		return errors.New("a mapping has the reserved id 0")
	}
	d.mappings = append(d.mappings, m)
	return nil
}

func (d *decoder) function(b []byte) error {
	var id uint64
	var fn function
	for i := 0; i < len(b); {
		tag, v, next := cut(b, i)
		switch tag {
		case 1 << 3:
			id = v
		case 2 << 3:
			fn.name = int64(v)
		case 3 << 3:
			fn.system = int64(v)
		case 4 << 3:
			fn.file = int64(v)
		case 5 << 3:
			fn.start = int64(v)
		default:
			if err := skip(b, i, tag, 1<<1|1<<2|1<<3|1<<4|1<<5); err != nil {
				return err
			}
		}
		i = next
	}
	if id == 0 {
		return errors.New("a function has the reserved id 0")
	}
	at := d.functionIndex(id)
	if d.functions[at].defined {
		return fmt.Errorf("two functions have the id %d", id)
	}
	fn.defined = true
	d.functions[at] = fn
	return nil
}

func (d *decoder) functionIndex(id uint64) uint32 {
	i, known := d.funcIDs.index(id)
	if !known {
		reserve(&d.functions, 1)
		d.functions = append(d.functions, function{})
	}
	return i
}

func (d *decoder) location(b []byte) error {
	var id uint64
	loc := location{lineFirst: uint32(len(d.lines))}
	for i := 0; i < len(b); {
		tag, v, next := cut(b, i)
		var err error
		switch tag {
		case 1 << 3:
			id = v
		case 2 << 3:
			loc.mapping = v
		case 3 << 3:
			loc.address = v
		case 4<<3 | wireBytes:
			err = d.line(b[next-int(v) : next])
		default:
			err = skip(b, i, tag, 1<<1|1<<2|1<<3|1<<4)
		}
		if err != nil {
			return err
		}
		i = next
	}
	if id == 0 {
		return errors.New("a location has the reserved id 0")
	}
	loc.lineCount = uint32(len(d.lines)) - loc.lineFirst
	if _, known := d.locIDs.index(id); known {
		return fmt.Errorf("two locations have the id %d", id)
	}
	reserve(&d.locations, 1)
	d.locations = append(d.locations, loc)
	return nil
}

func (d *decoder) line(b []byte) error {
	var fn uint64
	var at place
	for i := 0; i < len(b); {
		tag, v, next := cut(b, i)
		switch tag {
		case 1 << 3:
			fn = v
		case 2 << 3:
			at.line = int64(v)
		case 3 << 3:
			at.column = int64(v)
		default:
			if err := skip(b, i, tag, 1<<1|1<<2|1<<3); err != nil {
				return err
			}
		}
		i = next
	}
	if fn == 0 {
		return errors.New("a line has no function")
	}
	reserve(&d.lines, 1)
	d.lines = append(d.lines, d.functionIndex(fn))
	if d.o.Detail >= collapse.LineDetail {
		reserve(&d.places, 1)
		d.places = append(d.places, at)
	}
	return nil
}
