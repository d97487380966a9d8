package svg

import (
	"strings"

	"flame/collapse"
)

// A tint is one hue in three shades, from dark to light.
type tint [3]RGB

// The tints of [PackagePalette]. They were chosen in OKLCH, where equal steps
// look equal: shades 0.035 of lightness apart, all light enough that #111 text
// has a contrast of nearly 6:1. Few colours make small files, too.
var (
	// The program and its libraries: a flame's reds and oranges.
	ownTints = [...]tint{
		{{0xed, 0x74, 0x73}, {0xf9, 0x7f, 0x7e}, {0xff, 0x8a, 0x88}},
		{{0xf5, 0x88, 0x51}, {0xff, 0x93, 0x5c}, {0xff, 0x9e, 0x67}},
		{{0xf5, 0xa3, 0x44}, {0xff, 0xae, 0x51}, {0xff, 0xb9, 0x5d}},
		{{0xe2, 0x7e, 0x98}, {0xee, 0x89, 0xa3}, {0xfa, 0x94, 0xae}},
		{{0xee, 0xac, 0x8b}, {0xfa, 0xb8, 0x96}, {0xff, 0xc3, 0xa1}},
		{{0xcd, 0x7b, 0x61}, {0xd9, 0x85, 0x6b}, {0xe5, 0x90, 0x76}},
		{{0xe9, 0xa6, 0xaa}, {0xf5, 0xb1, 0xb5}, {0xff, 0xbc, 0xc0}},
		{{0xd5, 0x86, 0x47}, {0xe1, 0x91, 0x52}, {0xed, 0x9b, 0x5d}},
	}
	// Standard libraries: its pale golds and yellow-greens.
	stdTints = [...]tint{
		{{0xec, 0xc8, 0x65}, {0xf7, 0xd4, 0x71}, {0xff, 0xdf, 0x7c}},
		{{0xdf, 0xd6, 0x9d}, {0xeb, 0xe2, 0xa8}, {0xf6, 0xed, 0xb3}},
		{{0xca, 0xd6, 0x8e}, {0xd5, 0xe1, 0x99}, {0xe1, 0xed, 0xa4}},
		{{0xac, 0xc8, 0x96}, {0xb7, 0xd4, 0xa1}, {0xc2, 0xdf, 0xac}},
	}
	runtimeTint = tint{{0xbc, 0xb1, 0xa2}, {0xc7, 0xbc, 0xac}, {0xd3, 0xc7, 0xb7}} // sand
	gcTint      = tint{{0xb7, 0x97, 0xc1}, {0xc2, 0xa2, 0xcd}, {0xce, 0xad, 0xd8}} // mauve
	kernelTint  = tint{{0x97, 0x9c, 0xd3}, {0xa2, 0xa7, 0xdf}, {0xad, 0xb2, 0xea}} // slate blue
	jitTint     = tint{{0x72, 0xc5, 0xb5}, {0x7d, 0xd0, 0xc0}, {0x88, 0xdc, 0xcb}} // teal
)

var (
	rootColor    = RGB{0xe4, 0xdd, 0xd2} // the root, which is no function
	unknownColor = RGB{0xd6, 0xd4, 0xd0} // code without a name
)

// packageColor returns the colour of a frame in [PackagePalette]: what the frame
// belongs to chooses the tint, the function's name the shade. Compiled code has
// the tint of its package where the name tells it.
func packageColor(f collapse.Frame) RGB { return classColor(f.Name, classify(f)) }

func classColor(name string, c frameClass) RGB {
	shade := mix(fnv(name)) >> 8 % 3
	switch c.class {
	case ClassStd:
		return stdTints[mix(fnv(c.pkg))%uint64(len(stdTints))][shade]
	case ClassRuntime:
		return runtimeTint[shade]
	case ClassGC:
		return gcTint[shade]
	case ClassKernel:
		return kernelTint[shade]
	case ClassJIT:
		return jitTint[shade]
	case ClassUnknown:
		return unknownColor
	}
	pkg := c.pkg
	if pkg == "" {
		pkg = prefixOf(name)
	}
	return ownTints[mix(fnv(pkg))%uint64(len(ownTints))][shade]
}

// prefixOf returns what C programs have in place of packages: "curl" of
// curl_easy_perform.
func prefixOf(name string) string {
	name = strings.TrimLeft(name, "_")
	prefix, _, _ := strings.Cut(name, "_")
	return prefix
}

// assembly are Go's runtime functions whose names have no package.
var assembly = set("cmpbody memeqbody indexbytebody countbody aeshashbody gogo callRet gosave_systemstack_switch " +
	"gcWriteBarrier debugCall setg_gcc _rt0_amd64 _rt0_arm64 _rt0_amd64_linux _rt0_arm64_linux")

// isRuntime reports whether a function belongs to what runs the program: Go's
// scheduler, allocator and maps, the start of a process, threads.
func isRuntime(name, pkg string) bool {
	switch pkg {
	case "runtime", "internal/abi", "internal/bytealg", "internal/cpu", "JavaThread", "JavaCalls":
		return true
	case "":
		return assembly[name] || strings.HasPrefix(name, "__libc_start") || name == "_start" || name == "start_thread" ||
			name == "clone" || name == "__clone" || name == "clone3" || name == "call_stub" || name == "Interpreter"
	}
	return strings.HasPrefix(pkg, "internal/runtime/") || strings.HasPrefix(pkg, "runtime/internal/") || strings.HasPrefix(pkg, "libpthread")
}

// goCollector are the beginnings of the names, after "runtime.", of Go's garbage
// collector, and cppCollector parts of the names in the virtual machines of Java,
// JavaScript and Python.
var (
	goCollector = []string{"gc", "(*gc", "scan", "markroot", "greyobject", "bgsweep", "bgscavenge", "sweepone", "(*sweep",
		"(*mspan).sweep", "(*mheap).reclaim", "wbBuf", "wbMove", "wbZero", "bulkBarrier", "shade", "deductSweepCredit",
		"deductAssistCredit", "(*spanQueue", "(*spanInlineMarkBits", "tryDeferToSpanScan", "(*limiterEvent", "(*scavenge",
		"(*pageAlloc).scavenge", "(*atomicSpanSet", "(*spanScan", "(*objptr"}
	cppCollector = []string{"GCTask", "GarbageCollect", "MarkCompact", "MarkSweep", "Scaveng", "PSPromotion", "PSScav",
		"G1ParScan", "G1Concurrent", "G1CM", "G1Evac", "ParNewGeneration", "oops_do", "oop_push_contents", "gc_collect",
		"DrainStacks", "StealTask", "ParallelTaskTerminator", "Heap::CollectGarbage"}
)

func collectsGarbage(name, pkg string) bool {
	if pkg == "runtime" {
		function := strings.TrimPrefix(name, "runtime.")
		for _, prefix := range goCollector {
			if strings.HasPrefix(function, prefix) {
				return !strings.HasPrefix(function, "gcd") // gcd is arithmetic
			}
		}
		return false
	}
	if pkg != "" && !strings.Contains(name, "::") {
		return false
	}
	for _, part := range cppCollector {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// goStd are the first parts of the import paths of Go's standard library.
var goStd = set("archive arena bufio builtin bytes cmp compress container context crypto database debug embed encoding errors " +
	"expvar flag fmt go hash html image index internal io iter log maps math mime net os path plugin reflect regexp " +
	"runtime slices sort strconv strings structs sync syscall testing text time unicode unique unsafe vendor weak")

// otherStd are the first parts of the packages of the standard libraries of
// C++, Rust and Java, "sun" and "jdk" being what Java's are made of.
var otherStd = set("std core alloc __gnu_cxx __cxxabiv1 proc_macro java javax jdk sun kotlin scala")

func isStd(pkg string) bool {
	switch {
	case pkg == "":
		return false
	case strings.Contains(pkg, "::"):
		first, _, _ := strings.Cut(pkg, "::")
		return otherStd[first]
	case strings.HasPrefix(pkg, "libc.") || strings.HasPrefix(pkg, "libc-") || strings.HasPrefix(pkg, "libstdc++") || strings.HasPrefix(pkg, "ld-"):
		return true
	case strings.HasPrefix(pkg, "com.sun.") || strings.HasPrefix(pkg, "golang.org/x/"):
		return true
	}
	if slash := strings.IndexByte(pkg, '/'); slash >= 0 {
		return goStd[pkg[:slash]]
	}
	if dot := strings.IndexByte(pkg, '.'); dot >= 0 {
		return otherStd[pkg[:dot]]
	}
	return goStd[pkg] || otherStd[pkg]
}
