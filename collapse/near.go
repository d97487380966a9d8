package collapse

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// maxNear is how many names a message lists.
const maxNear = 3

// special are the parts of a regular expression that stand for no letters.
var special = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\\[a-zA-Z]|[\\^$.*+?()\[\]{}|]+`)
})

// NamesNear returns the names of a few functions that somebody who wrote the expression
// may have meant: first those that hold its longest word in whatever case, then
// those with a part that is few edits away.
func (p *Profile) NamesNear(expr string) []string {
	names := make([]string, 0, len(p.frames))
	for i := range p.frames {
		if f := &p.frames[i]; f.Kind != Labels && f.Kind != Unresolved {
			names = append(names, f.Name)
		}
	}
	return near(expr, slices.Compact(names))
}

// nearLabels is NamesNear for labels as -tagfocus matches them.
func (p *Profile) nearLabels(expr string) []string {
	var names []string
	for i := range p.frames {
		for _, l := range p.frames[i].Labels() {
			names = append(names, l.Key+"="+l.Text(""))
		}
	}
	slices.Sort(names)
	if found := near(expr, slices.Compact(names)); len(found) > 0 {
		return found
	}
	return p.labelKeys()
}

// labelKeys returns the first keys of the profile's labels, sorted.
func (p *Profile) labelKeys() []string {
	var keys []string
	for i := range p.frames {
		for _, l := range p.frames[i].Labels() {
			keys = append(keys, l.Key)
		}
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	return keys[:min(len(keys), 2*maxNear)]
}

// near returns the few names that are nearest to what an expression spells.
func near(expr string, names []string) []string {
	word := ""
	for _, w := range special().Split(strings.ToLower(expr), -1) {
		if len(w) > len(word) {
			word = w
		}
	}
	if word == "" {
		return nil
	}
	type candidate struct {
		name  string
		edits int
	}
	var found []candidate
	for _, name := range names {
		if d := distance(word, strings.ToLower(name)); d <= max(1, (len(word)+1)/3) {
			found = append(found, candidate{name, d})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.edits, b.edits), cmp.Compare(len(a.name), len(b.name)), strings.Compare(a.name, b.name))
	})
	var out []string
	for _, c := range found[:min(len(found), maxNear)] {
		out = append(out, c.name)
	}
	return out
}

// distance returns how many edits turn word into the part of text that is most
// like it (Sellers' variant of Levenshtein's distance, where the match may begin
// anywhere).
func distance(word, text string) int {
	if strings.Contains(text, word) {
		return 0
	}
	row := make([]int, len(word)+1)
	for i := range row {
		row[i] = i
	}
	best := row[len(word)]
	for j := range len(text) {
		diagonal := 0
		row[0] = 0
		for i := 1; i <= len(word); i++ {
			cost := 1
			if word[i-1] == text[j] {
				cost = 0
			}
			next := min(row[i]+1, row[i-1]+1, diagonal+cost)
			diagonal, row[i] = row[i], next
		}
		best = min(best, row[len(word)])
	}
	return best
}
