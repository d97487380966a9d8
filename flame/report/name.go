package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"flame/collapse"
)

// frameName is how a report calls a frame: the function, in a detailed profile with
// the file, line and address that tell it apart. An address without a symbol counts
// for the binary it is in. The kinds that a name can be told by keep their
// annotation, so that one function of the kernel and one of the program are two.
func frameName(f *collapse.Frame, detailed bool) string {
	switch {
	case f.Kind == collapse.Unresolved:
		name := f.Name
		if binary, _, ok := strings.Cut(f.Name, "] 0x"); ok && strings.HasPrefix(binary, "[") {
			name = binary + "]"
		} else if strings.HasPrefix(f.Name, "0x") || f.Name == "[unknown]" {
			name = "<unknown>"
		}
		if detailed && f.Address != 0 {
			return fmt.Sprintf("%016x %s", f.Address, name)
		}
		return name
	case f.Kind == collapse.Kernel || f.Kind == collapse.JIT || f.Kind == collapse.Waker:
		return f.Annotated()
	case detailed:
		return f.Printable()
	}
	return f.Name
}

// Visible returns a name as text that cannot do anything to a terminal: control
// characters, bytes that are no UTF-8 and the marks that reorder text are written
// as escapes.
func Visible(s string) string {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = 0x20 <= s[i] && s[i] < 0x7f
	}
	if plain {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case r < 0x20 || 0x7f <= r && r < 0xa0:
			fmt.Fprintf(&b, `\x%02x`, r)
		case unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
		s = s[n:]
	}
	return b.String()
}
