package svg

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// A NameAttr is what a name-attribute file says of one function.
type NameAttr struct {
	Title  string // replaces the frame's tooltip; "" if not given
	Href   string // where a click on the frame leads; "" if not given
	Target string // the window for Href: "_top" unless given
}

// NameAttrs are the attributes by annotated name (flamegraph.pl --nameattr).
type NameAttrs struct {
	ByName map[string]NameAttr
	Notes  []string // what the file asks for and does not get, in plain words
}

// ReadNameAttrs reads lines of the form
//
//	FUNCTION<TAB>title=TEXT<TAB>href=URL<TAB>target=WINDOW
//
// Values may stand in double quotes. flamegraph.pl puts what it reads into the
// picture as it is; here it is text and nothing else. A link may go to http or
// https, or be relative; the attributes id, class, g_extra and a_extra, which
// need raw markup, are left out. The notes say what was. A line without a tab or
// an attribute without "=" is an error that names the line.
func ReadNameAttrs(r io.Reader) (*NameAttrs, error) {
	a := &NameAttrs{ByName: make(map[string]NameAttr)}
	ignored := make(map[string]int) // note -> times
	lines := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := lines.ReadString('\n')
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("read name attributes: %w", err)
		}
		if text := strings.TrimRight(line, "\r\n"); strings.TrimSpace(text) != "" {
			fields := strings.Split(text, "\t")
			if len(fields) < 2 {
				return nil, fmt.Errorf("read name attributes: line %d is not FUNCTION<TAB>key=value: %.60q", n, text)
			}
			attr := a.ByName[fields[0]]
			for _, field := range fields[1:] {
				note, err := attr.set(field)
				if err != nil {
					return nil, fmt.Errorf("read name attributes: line %d: %w", n, err)
				}
				if note != "" {
					ignored[note]++
				}
			}
			if attr.Target == "" {
				attr.Target = "_top"
			}
			a.ByName[fields[0]] = attr
		}
		if err == io.EOF {
			break
		}
	}
	for _, note := range slices.Sorted(maps.Keys(ignored)) {
		a.Notes = append(a.Notes, fmt.Sprintf("name attributes: %s (%d times)", note, ignored[note]))
	}
	return a, nil
}

// set takes one key=value; note says why it is left out.
func (a *NameAttr) set(field string) (note string, err error) {
	if field == "" {
		return "", nil
	}
	key, value, ok := strings.Cut(field, "=")
	if !ok {
		return "", fmt.Errorf("%.60q is not key=value", field)
	}
	if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
		value = value[1 : len(value)-1]
	}
	switch key = strings.TrimSpace(key); key {
	case "title":
		a.Title = value
	case "href":
		if !SafeHref(value) {
			return "left out a link that is neither http, https nor relative", nil
		}
		a.Href = value
	case "target":
		if !safeTarget(value) {
			return "left out a target that is no window name", nil
		}
		a.Target = value
	case "id", "class", "g_extra", "a_extra":
		return "left out " + key + ", which would be markup", nil
	default:
		return fmt.Sprintf("left out the unknown attribute %.30q", key), nil
	}
	return "", nil
}

// SafeHref reports whether a link can do no more than lead somewhere: it is
// relative, or its scheme is http or https, and it has no spaces or control
// characters, which browsers drop before they look at the scheme.
func SafeHref(href string) bool {
	if href == "" || strings.ContainsFunc(href, func(r rune) bool { return r <= ' ' || r >= 0x7f && r < 0xa0 }) {
		return false
	}
	end := strings.IndexAny(href, ":/?#")
	if end < 0 || href[end] != ':' {
		return true
	}
	scheme := strings.ToLower(href[:end])
	return scheme == "http" || scheme == "https"
}

func safeTarget(s string) bool {
	for _, r := range s {
		if r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return s != ""
}
