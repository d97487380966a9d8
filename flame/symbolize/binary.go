package symbolize

import (
	"cmp"
	"debug/elf"
	"debug/gosym"
	"debug/macho"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// A program is an executable or library with what it knows of its addresses.
type program struct {
	ids      []string // build ids, in every way profiles write them
	segments []segment
	symbols  []symbol // by address
	lines    *gosym.Table
	units    *units
}

// A segment is a part of the file that is loaded to be executed.
type segment struct{ offset, size, address uint64 }

// A symbol is a function of the symbol table; size 0 means up to the next one.
type symbol struct {
	address, size uint64
	name          string
}

// A frame is one function at an address, in the program's own addresses.
type frame struct {
	name string // as the program has it, perhaps mangled
	file string
	line int64
}

// open reads the tables of a program.
func open(path string) (*program, error) {
	if f, err := elf.Open(path); err == nil {
		defer f.Close()
		return fromELF(f)
	} else if cause := (*fs.PathError)(nil); errors.As(err, &cause) {
		return nil, cause.Err
	}
	f, err := macho.Open(path)
	if err != nil {
		return nil, errors.New("it is no program that flame can read symbols of; these are ELF and Mach-O")
	}
	defer f.Close()
	return fromMachO(f)
}

func fromELF(f *elf.File) (*program, error) {
	p := &program{}
	for _, s := range f.Sections {
		if s.Type != elf.SHT_NOTE {
			continue
		}
		if data, err := s.Data(); err == nil {
			p.addNotes(data, f.ByteOrder)
		}
	}
	for _, s := range f.Progs {
		if s.Type == elf.PT_LOAD && s.Flags&elf.PF_X != 0 {
			p.segments = append(p.segments, segment{s.Off, s.Filesz, s.Vaddr})
		}
	}
	for _, read := range []func() ([]elf.Symbol, error){f.Symbols, f.DynamicSymbols} {
		symbols, err := read()
		if err != nil { // it has none
			continue
		}
		for _, s := range symbols {
			if elf.ST_TYPE(s.Info) == elf.STT_FUNC && s.Value != 0 && s.Section != elf.SHN_UNDEF {
				p.symbols = append(p.symbols, symbol{s.Value, s.Size, s.Name})
			}
		}
	}
	table, text := f.Section(".gopclntab"), f.Section(".text")
	if table != nil && text != nil {
		if data, err := table.Data(); err == nil {
			p.addGo(data, text.Addr)
		}
	}
	if data, err := f.DWARF(); err == nil {
		p.units = newUnits(data)
	}
	return p.finish()
}

func fromMachO(f *macho.File) (*program, error) {
	p := &program{}
	for _, l := range f.Loads {
		if raw := l.Raw(); len(raw) >= 24 && f.ByteOrder.Uint32(raw) == 0x1b { // LC_UUID
			p.ids = append(p.ids, hex.EncodeToString(raw[8:24]))
		}
	}
	if s := f.Segment("__TEXT"); s != nil {
		p.segments = append(p.segments, segment{s.Offset, s.Filesz, s.Addr})
	}
	const code = 0x0e // of a section: N_SECT
	if f.Symtab != nil {
		for _, s := range f.Symtab.Syms {
			if s.Type&0x0e == code && s.Type&0xe0 == 0 && s.Sect == 1 && s.Value != 0 {
				name := s.Name
				if len(name) > 1 && name[0] == '_' { // the C compiler's
					name = name[1:]
				}
				p.symbols = append(p.symbols, symbol{s.Value, 0, name})
			}
		}
	}
	table, text := f.Section("__gopclntab"), f.Section("__text")
	if table != nil && text != nil {
		if data, err := table.Data(); err == nil {
			p.addGo(data, text.Addr)
		}
	}
	if data, err := f.DWARF(); err == nil {
		p.units = newUnits(data)
	}
	return p.finish()
}

// addGo reads Go's line table, which may be broken in a file from anyone.
func (p *program) addGo(data []byte, text uint64) {
	defer func() {
		if recover() != nil { // package gosym trusts its input
			p.lines = nil
		}
	}()
	if table, err := gosym.NewTable(nil, gosym.NewLineTable(data, text)); err == nil {
		p.lines = table
	}
}

func (p *program) finish() (*program, error) {
	slices.SortStableFunc(p.symbols, func(a, b symbol) int { return cmp.Compare(a.address, b.address) })
	if len(p.symbols) == 0 && p.lines == nil && p.units == nil {
		return nil, errors.New("it has no symbols: it was stripped; give the program as it was built, or its debug file")
	}
	return p, nil
}

// addNotes reads the build ids: GNU's, and Go's own, which profiles also have in
// hexadecimal.
func (p *program) addNotes(data []byte, order binary.ByteOrder) {
	const gnuBuildID, goBuildID = 3, 4
	for len(data) >= 12 {
		nameSize, size, kind := order.Uint32(data), order.Uint32(data[4:]), order.Uint32(data[8:])
		name := 12 + (uint64(nameSize)+3)&^3
		end := name + (uint64(size)+3)&^3
		if uint64(len(data)) < name+uint64(size) {
			return
		}
		owner, content := string(data[12:12+nameSize]), data[name:name+uint64(size)]
		switch {
		case owner == "GNU\x00" && kind == gnuBuildID:
			p.ids = append(p.ids, hex.EncodeToString(content))
		case owner == "Go\x00\x00" && kind == goBuildID:
			p.ids = append(p.ids, string(content), hex.EncodeToString(content))
		}
		data = data[min(end, uint64(len(data))):]
	}
}

// frames are the functions at an address, the innermost first.
func (p *program) frames(address uint64) []frame {
	if p.units != nil {
		if frames := p.units.frames(address); len(frames) > 0 {
			return frames
		}
	}
	if f, ok := p.goFrame(address); ok {
		return []frame{f}
	}
	i, found := slices.BinarySearchFunc(p.symbols, address, func(s symbol, a uint64) int { return cmp.Compare(s.address, a) })
	if !found {
		i--
	}
	if i < 0 || p.symbols[i].size > 0 && address >= p.symbols[i].address+p.symbols[i].size {
		return nil
	}
	return []frame{{name: p.symbols[i].name}}
}

func (p *program) goFrame(address uint64) (f frame, ok bool) {
	if p.lines == nil {
		return f, false
	}
	defer func() {
		if recover() != nil { // see addGo
			ok = false
		}
	}()
	file, line, fn := p.lines.PCToLine(address)
	if fn == nil {
		return f, false
	}
	return frame{fn.Name, file, int64(line)}, true
}

// place is the program's own address for one in memory, by where the file is
// mapped.
func (p *program) place(address, start, offset uint64) (uint64, error) {
	at := address - start + offset
	for _, s := range p.segments {
		if s.offset <= at && at < s.offset+s.size {
			return at - s.offset + s.address, nil
		}
	}
	return 0, fmt.Errorf("address %#x is in no code of the program", address)
}
