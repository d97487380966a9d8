package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"unicode"
)

// A sourceFinder reads source files by the names that profiles have for them. A
// profile may be anyone's, so a name leads nowhere but into directories that hold
// sources of the person who asks (os.Root keeps links from leading out), unless
// trust is set.
type sourceFinder struct {
	path  string // directories, separated as in PATH
	trust bool

	once  sync.Once
	roots []sourceRoot
}

// A sourceRoot is a directory that may be read, and what names of files in it
// start with.
type sourceRoot struct {
	dir string
	// rest returns the name below dir of a file that the profile calls name, "" if
	// it can be none of the directory's.
	rest func(name string) string
}

// maxSource is the size of a file that is no source any more.
const maxSource = 32 << 20

// lines returns the lines of a source file.
func (f *sourceFinder) lines(name string) ([]string, error) {
	f.once.Do(f.findRoots)
	name = filepath.ToSlash(name)
	for _, root := range f.roots {
		rest := root.rest(name)
		if rest == "" || !filepath.IsLocal(rest) || hidden(rest) {
			continue
		}
		if lines, err := readRooted(root.dir, rest); err == nil {
			return lines, nil
		}
	}
	if f.trust && filepath.IsAbs(name) {
		file, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("read source: %w", err)
		}
		defer file.Close()
		return readLines(file)
	}
	return nil, f.hint(name)
}

// hidden reports whether part of a name begins with a dot: no source does, but what
// must not be shown often.
func hidden(name string) bool {
	return strings.HasPrefix(name, ".") || strings.Contains(filepath.ToSlash(name), "/.")
}

func readRooted(dir, name string) ([]string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	file, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readLines(file)
}

func readLines(file *os.File) ([]string, error) {
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() || info.Size() > maxSource {
		return nil, fmt.Errorf("read source: %s is no source file", file.Name())
	}
	var lines []string
	in := bufio.NewScanner(io.LimitReader(file, maxSource))
	in.Buffer(nil, maxSource)
	for in.Scan() {
		lines = append(lines, in.Text())
	}
	return lines, in.Err()
}

func (f *sourceFinder) findRoots() {
	for _, dir := range filepath.SplitList(f.path) {
		f.roots = append(f.roots, sourceRoot{dir, below(dir, "")})
	}
	if wd, err := os.Getwd(); err == nil {
		dir, module := moduleOf(wd)
		f.roots = append(f.roots, sourceRoot{dir, below(dir, module)})
	}
	if goroot := goRoot(); goroot != "" {
		src := filepath.Join(goroot, "src")
		f.roots = append(f.roots, sourceRoot{src, func(name string) string {
			if rest, ok := strings.CutPrefix(name, filepath.ToSlash(src)+"/"); ok {
				return rest
			}
			if _, rest, ok := strings.Cut(name, "/src/"); ok {
				return rest // another machine's GOROOT
			}
			if !path.IsAbs(name) && !strings.Contains(strings.SplitN(name, "/", 2)[0], ".") {
				return name // built with -trimpath
			}
			return ""
		}})
	}
	if cache := moduleCache(); cache != "" {
		f.roots = append(f.roots, sourceRoot{cache, func(name string) string {
			if _, rest, ok := strings.Cut(name, "/pkg/mod/"); ok {
				return rest
			}
			if path.IsAbs(name) || !strings.Contains(name, "@v") {
				return ""
			}
			return escapeModule(name) // built with -trimpath
		}})
	}
}

// below returns where in a directory a file of some name may be: by its path, by
// what follows the directory's own name in the path of another machine, by its
// import path, or by a relative path.
func below(dir, module string) func(string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		abs = dir
	}
	abs = filepath.ToSlash(abs)
	return func(name string) string {
		if rest, ok := strings.CutPrefix(name, strings.TrimSuffix(abs, "/")+"/"); ok {
			return rest
		}
		if module != "" {
			if rest, ok := strings.CutPrefix(name, module+"/"); ok {
				return rest
			}
		}
		if !path.IsAbs(name) {
			return name
		}
		if _, rest, ok := strings.Cut(name, "/"+path.Base(abs)+"/"); ok {
			return rest
		}
		return ""
	}
}

// moduleOf is the root of the module that a directory is in, and the module's
// path; the directory itself if there is none.
func moduleOf(dir string) (root, module string) {
	for at := dir; ; at = filepath.Dir(at) {
		data, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil {
			for line := range bytes.Lines(data) {
				if fields := strings.Fields(string(line)); len(fields) > 1 && fields[0] == "module" {
					return at, strings.Trim(fields[1], `"`)
				}
			}
			return at, ""
		}
		if at == filepath.Dir(at) {
			return dir, ""
		}
	}
}

// goRoot is where the Go toolchain's sources are, "" if it is not here: GOROOT, or
// where the go command is.
func goRoot() string {
	if dir := os.Getenv("GOROOT"); dir != "" {
		return dir
	}
	places := []string{"/usr/local/go", "/usr/lib/go"}
	if tool, err := exec.LookPath("go"); err == nil {
		if tool, err = filepath.EvalSymlinks(tool); err == nil {
			places = append([]string{filepath.Dir(filepath.Dir(tool))}, places...)
		}
	}
	for _, dir := range places {
		if _, err := os.Stat(filepath.Join(dir, "src", "runtime", "proc.go")); err == nil {
			return dir
		}
	}
	return ""
}

func moduleCache() string {
	if dir := os.Getenv("GOMODCACHE"); dir != "" {
		return dir
	}
	gopath := filepath.SplitList(os.Getenv("GOPATH"))
	if len(gopath) == 0 {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		gopath = []string{filepath.Join(home, "go")}
	}
	return filepath.Join(gopath[0], "pkg", "mod")
}

// escapeModule writes a module's path as the cache has it: capital letters as "!"
// and the small one, since some file systems do not tell them apart.
func escapeModule(name string) string {
	at := strings.IndexByte(name, '@')
	var b strings.Builder
	for _, r := range name[:at] {
		if unicode.IsUpper(r) {
			b.WriteByte('!')
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String() + name[at:]
}
