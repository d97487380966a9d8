package svg

import (
	"strings"

	"flame/collapse"
)

// PackageOf returns the package that a function belongs to, read off its name:
// "" if the name does not say. The name may have the annotation of folded text.
//
//	Go        github.com/x/y/pkg.(*T).m[...]    github.com/x/y/pkg
//	Java      java/util/HashMap.get             java.util (dots in either spelling)
//	C++       ns::cls<..>::fn(args)             ns: at most two namespaces, those
//	                                            before the first class
//	Rust      <a::b::T as c::d::Trait>::fn      a::b
//	Python    fn (pkg/mod.py:12)                pkg/mod.py, so pkg/mod.py:fn:12
//	JS        LazyCompile:*fn /a/b.js:12        /a/b.js, or the node_modules package
//	DTrace    libc.so.1`malloc                  libc.so.1
//	unnamed   [libc.so.6]                       libc.so.6
//
// A class without a package stands for it.
func PackageOf(name string) string {
	name, _ = collapse.CutAnnotation(name)
	if name == "" || strings.HasPrefix(name, "0x") {
		return ""
	}
	if name[0] == '[' {
		return bracketed(name)
	}
	if !plain(name) {
		if module, _, ok := strings.Cut(name, "`"); ok && module != "" {
			return module
		}
		if i := strings.Index(name, ".py:"); i > 0 && !strings.ContainsAny(name[:i], "(< ") {
			return name[:i+3]
		}
		if file := scriptFile(name); file != "" {
			return file
		}
	}
	if pkg, ok := javaPackageOf(name); ok {
		return pkg
	}
	if goMethod(name) {
		return goPackage(cutBrackets(name, '[', ']'))
	}
	if strings.Contains(name, "::") {
		return namespace(name)
	}
	return goPackage(cutArguments(cutBrackets(name, '[', ']')))
}

// plain reports whether a name has nothing in it that only names of scripts, modules
// and C++ have, as most names of large profiles.
func plain(name string) bool {
	for i := 0; i < len(name); i++ {
		switch name[i] {
		case '`', ':', ' ':
			return false
		}
	}
	return true
}

// bracketed returns what stands for a function that perf has no name for: the
// file it is in.
func bracketed(name string) string {
	inner, ok := strings.CutSuffix(name[1:], "]")
	if !ok || inner == "unknown" {
		return ""
	}
	return inner
}

// scriptFile returns the source file that a script's function names in its end,
// or the npm package that the file belongs to.
func scriptFile(name string) string {
	rest, ok := strings.CutSuffix(name, ")")
	at := strings.LastIndexByte(rest, '(')
	if !ok || at < 0 {
		rest = name
		at = strings.LastIndexByte(rest, ' ')
	}
	if at < 0 {
		return ""
	}
	file := strings.TrimRight(rest[at+1:], "0123456789")
	file, ok = strings.CutSuffix(file, ":")
	if trimmed := strings.TrimRight(file, "0123456789"); ok && strings.HasSuffix(trimmed, ":") {
		file = trimmed[:len(trimmed)-1] // line and column
	}
	if !ok || strings.IndexByte(file, '.') < 0 {
		return ""
	}
	if at := strings.LastIndex(file, "node_modules/"); at >= 0 {
		parts := strings.SplitN(file[at+len("node_modules/"):], "/", 3)
		if strings.HasPrefix(parts[0], "@") && len(parts) > 1 {
			return parts[0] + "/" + parts[1]
		}
		return parts[0]
	}
	return file
}

// javaRoots are the first parts of Java packages that are written with dots. In
// Go names too dots part words, so a name needs one of these.
var javaRoots = set("java javax jakarta jdk sun com org net io edu gov dev me app ai co de fr uk ru cn kotlin kotlinx scala akka groovy clojure android androidx dalvik")

func javaPackageOf(name string) (string, bool) {
	// The class ends at "." or ":", and lambdas have a slash after it.
	path := name
	if i := strings.IndexAny(path, "(<: ;$"); i >= 0 {
		path = path[:i]
	}
	if slash := strings.IndexByte(path, '/'); slash > 0 {
		if strings.IndexByte(path[:slash], '.') >= 0 {
			return dottedJava(path[:slash]) // "java.lang.Foo$$Lambda/0x12.run", or a Go import path
		}
		last := strings.LastIndexByte(path, '/')
		method := strings.HasPrefix(name[len(path):], ":") && javaRoots[path[:slash]]
		if last+1 >= len(path) || !upper(path[last+1]) && !method {
			return "", false
		}
		pkg := path[:last]
		if len(pkg) > 1 && pkg[0] == 'L' && !upper(pkg[1]) {
			pkg = pkg[1:] // a JVM type descriptor
		}
		return strings.ReplaceAll(pkg, "/", "."), true
	}
	return dottedJava(path)
}

// dottedJava takes lower-case parts up to the class, which begins in upper case.
func dottedJava(path string) (string, bool) {
	if first, _, _ := strings.Cut(path, "."); !javaRoots[first] {
		return "", false
	}
	parts := strings.Split(path, ".")
	if tail := parts[len(parts)-1]; strings.HasPrefix(tail, "func") && strings.Trim(tail[4:], "0123456789") == "" {
		return "", false // a Go closure
	}
	for i, part := range parts {
		if part == "" {
			return "", false
		}
		if upper(part[0]) {
			return strings.Join(parts[:i], "."), i >= 2
		}
	}
	return "", false
}

// goMethod reports whether the name is surely Go's: C++ has no "(*T)." in it.
func goMethod(name string) bool { return strings.Contains(name, ".(*") }

// goPackage returns what is before the first dot after the last slash. It takes
// names without type arguments.
func goPackage(name string) string {
	name = cutCompilerSuffix(name)
	for i := 0; i < len(name); i++ {
		if c := name[i]; c == '(' || c == '<' || c == ' ' || c == '{' {
			name = name[:i]
			break
		}
	}
	// "type:.eq.main.T" is the compiler's, of the package that T is in.
	for _, prefix := range [...]string{"type:.eq.", "type:.hash.", "type..eq.", "type..hash.", "go:"} {
		name = strings.TrimPrefix(name, prefix)
	}
	slash := strings.LastIndexByte(name, '/') + 1
	dot := strings.IndexByte(name[slash:], '.')
	if dot <= 0 {
		return ""
	}
	// The linker writes dots in the last part of a path as %2e.
	return strings.ReplaceAll(name[:slash+dot], "%2e", ".")
}

// cutCompilerSuffix drops what C compilers and LLVM add to the names of parts
// and copies of functions.
func cutCompilerSuffix(name string) string {
	for {
		end := len(name)
		for end > 0 && (name[end-1] == '.' || '0' <= name[end-1] && name[end-1] <= '9') {
			end--
		}
		plain := name[:end]
		for _, suffix := range [...]string{".part", ".isra", ".constprop", ".cold", ".llvm", ".lto_priv"} {
			plain = strings.TrimSuffix(plain, suffix)
		}
		if len(plain) == end || plain == "" {
			return name
		}
		name = plain
	}
}

// namespace returns the package of a name of C++ or Rust.
func namespace(name string) string {
	name = strings.ReplaceAll(name, "(anonymous namespace)", "_")
	if i := strings.Index(name, "operator"); i > 0 && name[i-1] == ':' {
		name = name[:i] + "operator" // whose < and ( are no brackets
	}
	if strings.HasPrefix(name, "<") || strings.HasPrefix(name, "_<") {
		if pkg := implPackage(name[strings.IndexByte(name, '<'):]); pkg != "" {
			return pkg
		}
	}
	name = cutArguments(name)
	name = markBrackets(name)
	name = name[strings.LastIndexAny(name, " *&")+1:] // after the type it returns
	parts := strings.Split(strings.TrimLeft(name, ":"), "::")
	if n := len(parts); n > 1 && len(parts[n-1]) == 17 && parts[n-1][0] == 'h' {
		parts = parts[:n-1] // Rust's hash
	}
	if len(parts) < 2 {
		return ""
	}
	parts = parts[:len(parts)-1]
	n := 0
	for n < len(parts) && n < 2 && !isClass(parts[n]) {
		n++
	}
	if n == 0 {
		return strings.TrimSuffix(parts[0], "<>")
	}
	return strings.TrimSuffix(strings.Join(parts[:n], "::"), "::_")
}

func isClass(part string) bool {
	return part == "" || upper(part[0]) || strings.Contains(part, "<>") || part[0] == '{'
}

// implPackage takes Rust's "<Type as Trait>::fn": the package of the type, or of
// the trait where the type is a bare parameter.
func implPackage(name string) string {
	depth := 0
	for i := 0; i < len(name); i++ {
		switch name[i] {
		case '<':
			depth++
		case '>':
			if i > 0 && name[i-1] == '-' {
				continue // an arrow
			}
			if depth--; depth == 0 {
				typ, trait, _ := strings.Cut(name[1:i], " as ")
				typ = strings.TrimLeft(typ, "&*[( ")
				typ = strings.TrimPrefix(strings.TrimPrefix(typ, "mut "), "dyn ")
				for _, s := range [...]string{typ, trait} {
					if strings.Contains(s, "::") {
						return namespace(s + "::f")
					}
				}
				return ""
			}
		}
	}
	return ""
}

// cutArguments drops C++ arguments: from the first "(" that something stands
// before, but for Go's methods.
func cutArguments(name string) string {
	if i := strings.IndexByte(name, '('); i > 0 {
		return name[:i]
	}
	return name
}

// cutBrackets drops what stands in balanced brackets, brackets included. Without
// a closing one everything from the open one goes.
func cutBrackets(name string, open, end byte) string { return dropBrackets(name, open, end, "") }

// markBrackets leaves "<>" in place of template arguments.
func markBrackets(name string) string { return dropBrackets(name, '<', '>', "<>") }

func dropBrackets(name string, open, end byte, mark string) string {
	if strings.IndexByte(name, open) < 0 {
		return name
	}
	var b strings.Builder
	depth := 0
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == open:
			if depth++; depth == 1 {
				b.WriteString(mark)
			}
		case c == end && depth > 0:
			depth--
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func upper(c byte) bool { return 'A' <= c && c <= 'Z' }

func set(words string) map[string]bool {
	m := make(map[string]bool)
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}
