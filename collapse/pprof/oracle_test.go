package pprof_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"flame/collapse"
	"flame/collapse/pprof"

	"github.com/google/pprof/profile"
)

// corpus returns the files that match the patterns below the folder of shared
// profiles, and skips the test where there is none. Short runs get the small ones:
// google/pprof takes minutes for all, under the race detector ten times that.
func corpus(t testing.TB, patterns ...string) []string {
	t.Helper()
	var files []string
	for _, p := range patterns {
		m, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "data", p))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range m {
			st, err := os.Stat(f)
			if err != nil || !st.Mode().IsRegular() || strings.HasSuffix(f, ".string") || testing.Short() && st.Size() > 16<<10 {
				continue
			}
			files = append(files, f)
		}
	}
	if len(files) == 0 {
		t.Skip("the shared profiles (../shared/data) are not here: the comparison with google/pprof on real profiles is skipped")
	}
	return files
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// mapNode is the plain tree of the oracle: a map of children by name.
type mapNode struct {
	children map[string]*mapNode
	self     []int64
}

func newMapNode(columns int) *mapNode {
	return &mapNode{children: map[string]*mapNode{}, self: make([]int64, columns)}
}

// mapTree builds the call tree that google/pprof's view of a profile gives.
func mapTree(p *profile.Profile) *mapNode {
	root := newMapNode(len(p.SampleType))
	files := map[uint64]string{}
	for _, m := range p.Mapping {
		if m.File != "" {
			files[m.ID] = "[" + m.File[strings.LastIndexByte(m.File, '/')+1:] + "] "
		}
	}
	for _, s := range p.Sample {
		n := root
		down := func(name string) {
			child := n.children[name]
			if child == nil {
				child = newMapNode(len(p.SampleType))
				n.children[name] = child
			}
			n = child
		}
		for i := len(s.Location) - 1; i >= 0; i-- {
			l := s.Location[i]
			if len(l.Line) == 0 {
				file := ""
				if l.Mapping != nil {
					file = files[l.Mapping.ID]
				}
				down(fmt.Sprintf("%s%#x", file, l.Address))
			}
			for j := len(l.Line) - 1; j >= 0; j-- {
				switch f := l.Line[j].Function; {
				case f.Name != "":
					down(f.Name)
				case f.SystemName != "":
					down(f.SystemName)
				default:
					down("[unknown]")
				}
			}
		}
		for c, v := range s.Value {
			n.self[c] = collapse.AddSaturating(n.self[c], v)
		}
	}
	return root
}

func (n *mapNode) count() int {
	c := 1
	for _, child := range n.children {
		c += child.count()
	}
	return c
}

// compare walks both trees and reports the first difference.
func compare(p *collapse.Profile, at collapse.NodeID, want *mapNode, path string) error {
	for c := range p.Types {
		if got := p.Self(c)[at]; got != want.self[c] {
			return fmt.Errorf("%s: self of type %d is %d, want %d", path, c, got, want.self[c])
		}
	}
	seen := 0
	for child := at + 1; child < p.Ends()[at]; child = p.Ends()[child] {
		name := p.Frames()[p.NodeFrames()[child]].Name
		w := want.children[name]
		if w == nil {
			return fmt.Errorf("%s has a child %q", path, name)
		}
		if err := compare(p, child, w, path+";"+name); err != nil {
			return err
		}
		seen++
	}
	if seen != len(want.children) {
		return fmt.Errorf("%s has %d children, want %d", path, seen, len(want.children))
	}
	return nil
}

// checkAgainstOracle compares everything that both decoders know.
func checkAgainstOracle(t testing.TB, data []byte) {
	t.Helper()
	want, wantErr := profile.ParseData(data)
	if wantErr == nil {
		wantErr = want.RemoveUninteresting()
	}
	if wantErr == nil && len(want.SampleType) == 0 {
		return // an empty message: google/pprof lets it pass, we say it is none
	}
	got, err := pprof.Decode(bytes.NewReader(data), pprof.Options{})
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("flame says %v, google/pprof %v", err, wantErr)
	}
	if err != nil {
		return
	}
	if err := got.CheckValid(); err != nil {
		t.Fatal(err)
	}
	checkTypes(t, got, want)
	tree := mapTree(want)
	if got.Len() != tree.count() {
		t.Errorf("%d nodes, want %d", got.Len(), tree.count())
	}
	if err := compare(got, collapse.Root, tree, "root"); err != nil {
		t.Error(err)
	}
	if got.Meta.Time.IsZero() != (want.TimeNanos == 0) || !got.Meta.Time.IsZero() && got.Meta.Time.UnixNano() != want.TimeNanos {
		t.Errorf("time %v, want %d", got.Meta.Time, want.TimeNanos)
	}
	if got.Meta.Duration.Nanoseconds() != want.DurationNanos || got.Meta.Period != want.Period {
		t.Errorf("duration %v, period %d; want %d, %d", got.Meta.Duration, got.Meta.Period, want.DurationNanos, want.Period)
	}
	want.Comments = slices.DeleteFunc(want.Comments, func(c string) bool { return strings.HasPrefix(c, "flame: ") })
	if fmt.Sprint(got.Meta.Comments) != fmt.Sprint(want.Comments) {
		t.Errorf("comments %q, want %q", got.Meta.Comments, want.Comments)
	}
}

func checkTypes(t testing.TB, got *collapse.Profile, want *profile.Profile) {
	t.Helper()
	if len(got.Types) != len(want.SampleType) {
		t.Fatalf("%d sample types, want %d", len(got.Types), len(want.SampleType))
	}
	for i, st := range want.SampleType {
		if got.Types[i].Type != st.Type || got.Types[i].Unit != st.Unit {
			t.Errorf("type %d is %v, want %v", i, got.Types[i], st)
		}
		var total int64
		for _, s := range want.Sample {
			total = collapse.AddSaturating(total, s.Value[i])
		}
		if got.Total(i) != total {
			t.Errorf("total of %s is %d, want %d", st.Type, got.Total(i), total)
		}
	}
	if i, err := want.SampleIndexByName(""); err == nil && i != got.Default {
		t.Errorf("default type %d, want %d", got.Default, i)
	}
}

// TestOracle holds the decoder against google/pprof on every profile we have:
// the same are accepted, and trees, totals, types and times are equal.
func TestOracle(t *testing.T) {
	for _, file := range corpus(t, "pprof/tiny/*", "pprof/typical/*", "pprof/large/*", "pprof/legacy/*", "weird/*.pb*") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			checkAgainstOracle(t, read(t, file))
		})
	}
}

// TestReencoded holds the decoder against profiles that google/pprof wrote anew:
// samples first, packed fields, its own ids.
func TestReencoded(t *testing.T) {
	for _, file := range corpus(t, "pprof/tiny/*", "pprof/typical/*") {
		p, err := profile.ParseData(read(t, file))
		if err != nil {
			continue
		}
		var buf bytes.Buffer
		if err := p.WriteUncompressed(&buf); err != nil {
			t.Fatal(err)
		}
		checkAgainstOracle(t, buf.Bytes())
	}
}

// TestFoldedOracle holds the folded text of every sample type against the samples
// of google/pprof.
func TestFoldedOracle(t *testing.T) {
	for _, file := range corpus(t, "pprof/tiny/*", "pprof/typical/*", "pprof/large/*") {
		data := read(t, file)
		want, err := profile.ParseData(data)
		if err == nil {
			err = want.RemoveUninteresting()
		}
		if err != nil {
			t.Fatal(err)
		}
		p, err := decode(data)
		if err != nil {
			t.Fatal(err)
		}
		tree := mapTree(want)
		for typ := range p.Types {
			var buf bytes.Buffer
			if err := collapse.WriteFolded(&buf, p, typ); err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSuffix(buf.String(), "\n"), "\n")
			sort.Strings(lines)
			if strings.Join(lines, "\n") != folded(tree, typ) {
				t.Errorf("%s: folded stacks of type %d differ from google/pprof's samples", filepath.Base(file), typ)
			}
		}
	}
}

// folded returns the lines of one sample type, sorted, as google/pprof's samples
// give them, stacks of the same text summed.
func folded(n *mapNode, typ int) string {
	var lines []string
	var walk func(n *mapNode, stack []string)
	walk = func(n *mapNode, stack []string) {
		if n.self[typ] != 0 {
			lines = append(lines, fmt.Sprintf("%s %d", strings.Join(stack, ";"), n.self[typ]))
		}
		for name, child := range n.children {
			// Go's shapes ("[go.shape.struct { a; b }]") hold the separator.
			walk(child, append(stack[:len(stack):len(stack)], strings.ReplaceAll(name, ";", ":")))
		}
	}
	walk(n, nil)
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}
