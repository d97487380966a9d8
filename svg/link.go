package svg

import (
	"net/url"
	"strconv"
	"strings"
)

// FocusLink returns what follows the name of a flame graph in an address so that
// it opens with only the stacks through one function, "#f=KEY". The grammar is
// the viewer's (viewer/link.ts): the key is a hash of the name, which counts, and
// the name, which people read.
func FocusLink(function string) string {
	hash := uint32(0x811c9dc5) // FNV-1a
	for i := 0; i < len(function); i++ {
		hash = (hash ^ uint32(function[i])) * 0x01000193
	}
	short := []rune(strings.ToValidUTF8(function, "\ufffd"))
	if len(short) > 60 {
		short = short[:60]
	}
	// As JavaScript's encodeURIComponent, and the characters that end a link in
	// running text.
	name := strings.NewReplacer("+", "%20", "~", "%7e", "%2A", "%2a").Replace(url.QueryEscape(string(short)))
	return "#f=" + strconv.FormatUint(uint64(hash), 36) + "-" + name
}
