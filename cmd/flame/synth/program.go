package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A program is a made-up one: functions with names and a call graph. Functions
// are numbered from the application's down to the runtime's, and calls mostly go
// to the same package or further down.
type program struct {
	names   []string
	entries []uint32 // where goroutines begin
	seed    uint64
	first   []uint32 // by package and one more: its first function
	pkg     []uint32 // by function
	calls   [][]uint32
}

// newProgram makes a program of a size that suits so many stacks.
func newProgram(stacks int, seed uint64) *program {
	p := &program{seed: seed}
	want := 1_500 + min(stacks/50, 40_000)
	packages := packageNames(want)
	for i, name := range packages {
		p.first = append(p.first, uint32(len(p.names)))
		// Some packages have far more functions than others.
		n := want / len(packages) * (1 + 6/(1+i%7)) / 3
		for k := range max(n, 8) {
			p.names = append(p.names, functionName(name, k))
			p.pkg = append(p.pkg, uint32(i))
		}
	}
	p.first = append(p.first, uint32(len(p.names)))
	p.calls = make([][]uint32, len(p.names))
	for i := range 40 {
		p.entries = append(p.entries, p.first[i*len(packages)/60])
	}
	return p
}

// callees returns the functions that f calls, the frequent ones first. They
// follow from f and the seed alone.
func (p *program) callees(f uint32) []uint32 {
	if p.calls[f] != nil {
		return p.calls[f]
	}
	rnd := rand.New(rand.NewPCG(p.seed, uint64(f)<<1|1))
	n := 3 + min(int(rnd.ExpFloat64()*4), 40)
	seen := map[uint32]bool{}
	var list []uint32
	for len(list) < n {
		callee := p.callee(rnd, f)
		for seen[callee] {
			callee = (callee + 1) % uint32(len(p.names))
		}
		seen[callee] = true
		list = append(list, callee)
	}
	p.calls[f] = list
	return list
}

func (p *program) callee(rnd *rand.Rand, f uint32) uint32 {
	all := uint32(len(p.names))
	own, last := p.pkg[f], uint32(len(p.first)-2)
	pkg := own
	switch k := rnd.IntN(10); {
	case k < 5: // its own package, itself among them
	case k < 9:
		pkg = min(last, own+1+uint32(rnd.ExpFloat64()*float64(last)/25))
	default: // the runtime
		pkg = last
	}
	from, to := p.first[pkg], min(p.first[pkg+1], all)
	u := rnd.Float64()
	return from + uint32(u*float64(to-from))
}

// The parts that names are made of.
var (
	teams     = strings.Fields("checkout billing search catalog ledger identity gateway pricing shipping inbox media audit")
	modules   = strings.Fields("internal/api internal/store internal/cache internal/auth pkg/rpc pkg/codec pkg/query pkg/index worker ingest model proto")
	libraries = strings.Fields("example.org/grid/rpc example.org/grid/metrics example.org/orm example.org/orm/dialect example.net/router example.net/router/middleware example.net/yaml example.com/columnar example.com/columnar/encoding")
	standard  = strings.Fields("net/http net/textproto crypto/tls crypto/sha256 database/sql encoding/json encoding/binary compress/flate html/template text/template go/types regexp regexp/syntax bufio bytes strings strconv sort reflect fmt io net os time context sync sync/atomic internal/poll syscall internal/bytealg runtime/internal/sys runtime")
	types     = strings.Fields("Server conn Client Cache decodeState Encoder Reader Writer Scanner Pool Batch Cursor Index Planner visitor Buffer mheap mspan Queue Router Session Tree")
	verbs     = strings.Fields("handle read write decode encode lookup flush commit scan parse visit merge alloc sweep grow copy walk resolve apply submit fetch reset")
	objects   = strings.Fields("Request Value Block Row Frame Node Header Entry Page Key Chunk Batch Stmt Expr Span Token Object Field")
)

// packageNames returns the packages of a program with so many functions, from
// the application down to the runtime.
func packageNames(functions int) []string {
	list := []string{"main"}
	applications := min(len(teams)*len(modules), 30+functions/100)
	for i := range applications {
		team, module := teams[i%len(teams)], modules[(i/len(teams)+i)%len(modules)]
		list = append(list, "github.com/example/"+team+"/"+module)
	}
	return append(append(list, libraries...), standard...)
}

// functionName names the k-th function of a package, each another.
func functionName(pkg string, k int) string {
	verb, object := verbs[k*7%len(verbs)], objects[(k/len(verbs)+k)%len(objects)]
	name := verb + object
	if n := k / (len(verbs) * len(objects)); n > 0 {
		name += fmt.Sprint(n)
	}
	if k%3 != 0 {
		name = "(*" + types[(k*5+len(pkg))%len(types)] + ")." + name
	}
	if k%11 == 10 {
		name += ".func1"
	}
	return pkg + "." + name
}
