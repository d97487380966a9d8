package svg

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible returns s as text that any XML document can hold and that shows what
// is in it. XML 1.0 has no way to write most control characters, not even
// escaped, and a browser refuses the whole file over one; so
//
//   - C0 controls and DEL become their Unicode control pictures (␀, ␉, ␊ …);
//   - bytes that are no UTF-8, C1 controls and non-characters become U+FFFD;
//   - the marks that reorder text and the Unicode line breaks become \u202e and
//     the like: a name must not rearrange the text around it.
//
// It changes nothing in what it returned before. Markup is still markup: see
// appendEscaped.
func Visible(s string) string {
	clean := true
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] >= 0x7f {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 8)
	for _, r := range s {
		switch {
		case r < 0x20:
			b.WriteRune(0x2400 + r)
		case r == 0x7f:
			b.WriteRune('␡')
		case r < 0x7f:
			b.WriteByte(byte(r))
		case reorders(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		case r < 0xa0 || r&0xfffe == 0xfffe || 0xfdd0 <= r && r <= 0xfdef:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r) // U+FFFD for invalid UTF-8, as range has it
		}
	}
	return b.String()
}

// reorders reports whether r is one of the marks that change the direction of
// text, or ends a line.
func reorders(r rune) bool {
	return r == 0x61c || r == 0x200e || r == 0x200f || 0x2028 <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069
}

// isolate returns text that stands within other text so that its letters'
// direction stays its own: between U+2068 and U+2069 if it has any from right to
// left. s has been through [Visible], so it has no such marks itself.
func isolate(s string) string {
	for _, r := range s {
		if r >= 0x590 && unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko,
			unicode.Samaritan, unicode.Mandaic, unicode.Adlam, unicode.Hanifi_Rohingya, unicode.Mende_Kikakui) {
			return "\u2068" + s + "\u2069"
		}
	}
	return s
}

// appendText appends Visible(s), escaped.
func appendText(b []byte, s string) []byte { return appendEscaped(b, Visible(s)) }

// appendEscaped appends s, which has been through [Visible], as character data
// that is safe in element content, and in attribute values between either kind
// of quotes.
func appendEscaped(b []byte, s string) []byte {
	last := 0
	for i := 0; i < len(s); i++ {
		var esc string
		switch s[i] {
		case '&':
			esc = "&amp;"
		case '<':
			esc = "&lt;"
		case '>':
			esc = "&gt;"
		case '"':
			esc = "&quot;"
		case '\'':
			esc = "&#39;"
		default:
			continue
		}
		b = append(append(b, s[last:i]...), esc...)
		last = i + 1
	}
	return append(b, s[last:]...)
}

// fit returns name for a box that has room for the given number of characters,
// "" if it has none for three. What is said last in a name tells functions
// apart, so the package goes first: of
//
//	github.com/a/b/pkg.(*T).Method
//
// remain in turn pkg.(*T).Method, (*T).Method and Method. What is too long even
// then is cut on the right and ends in "..".
func fit(name string, room int) string {
	if room < 3 {
		return ""
	}
	// A name of 10 kB is looked at no further than it could be shown: to its
	// right end for a package to drop, to room for the cut.
	if len(name) <= room || utf8.RuneCountInString(name) <= room {
		return name
	}
	short := name
	for _, at := range shortenings(name) {
		short = name[at:]
		if utf8.RuneCountInString(short) <= room {
			return short
		}
	}
	runes := 0
	for i := range short {
		if runes == room-2 {
			return short[:i] + ".."
		}
		runes++
	}
	return short
}

// shortenings returns where a qualified Go name may begin when it is shortened,
// from longest to shortest: after the package's directory, after the package,
// after the receiver. Names in other shapes have fewer or none: cutting them
// there would say something else.
func shortenings(name string) []int {
	// Type arguments and parameters may hold slashes and dots of their own.
	plain := name
	if i := strings.IndexAny(plain, "[( <"); i >= 0 && !strings.HasPrefix(plain[i:], "(*") {
		plain = plain[:i]
	}
	path, _, receiver := strings.Cut(plain, ".(*")
	slash := strings.LastIndexByte(path, '/') + 1
	var at []int
	if slash > 0 {
		at = append(at, slash)
	}
	dot := strings.IndexByte(plain[slash:], '.')
	foreign := strings.HasPrefix(name, "/") || strings.Contains(plain, "::") ||
		slash == 0 && !receiver && strings.Count(plain, ".") > 3 // Java's packages
	pkg := slash + dot + 1
	if dot <= 0 || foreign || pkg == len(plain) {
		return at
	}
	at = append(at, pkg)
	if end := strings.Index(plain[pkg:], ")."); receiver && end >= 0 && pkg+end+2 < len(name) {
		at = append(at, pkg+end+2)
	}
	return at
}
