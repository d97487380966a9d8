package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"flame/collapse/format"
	"flame/collapse/pprof"
	"flame/flame"
	"flame/flame/fetch"

	"github.com/google/pprof/driver"
	"github.com/google/pprof/profile"
)

// pprofCommand is google/pprof's own command line, shell and web interface. Its
// flags are pprof's, so package flag takes the line apart, not splitArgs.
func pprofCommand(c *console) *command {
	in := &input{}
	return &command{
		name: "pprof", args: "[pprof's arguments]", usage: "run google/pprof: its reports, its shell, its web pages",
		long: `Everything that "go tool pprof" takes works, without the Go toolchain: commands such as
-top and -list REGEXP, the interactive shell when there is no command, -http HOST:PORT for
the web pages. What differs is how profiles are fetched: as everywhere in flame, so
targets may be Unix sockets, and -H, -bearer-token, -bearer-token-file, -cert, -key, -ca
and -insecure are there. Files may be in any format that flame reads.

Pictures (-svg, -web) need Graphviz here; flame graph draws the same without.
"flame pprof -help" lists pprof's own flags.
`,
		tail: `Examples
  flame pprof -top cpu.pb.gz
  flame pprof -H 'X-Tenant: blue' -proto -output save.pb.gz http://localhost:8080/debug/pprof/heap
`,
		raw: true,
		run: func(ctx context.Context, args []string) error {
			return runPprof(ctx, c, in, args)
		},
	}
}

func runPprof(ctx context.Context, c *console, in *input, args []string) error {
	flags := &pprofFlags{set: flag.NewFlagSet("pprof", flag.ContinueOnError), args: args, in: in}
	ui := newPprofUI(c)
	err := driver.PProf(&driver.Options{
		Flagset: flags, UI: ui, HTTPServer: func(a *driver.HTTPServerArgs) error { return servePprof(ctx, a) },
		Fetch: &pprofFetcher{ctx: ctx, c: c, in: in},
	})
	switch {
	case flags.helped:
		return nil
	case flags.err != nil:
		return usageError{flags.err}
	case err != nil && err.Error() == "no profile source specified":
		return usageErrorf("pprof needs a profile: a file or a target; flame pprof -help lists its flags")
	case err != nil:
		return fmt.Errorf("pprof: %w", withGraphHint(err))
	}
	return nil
}

// withGraphHint adds to the message that Graphviz is missing what does without.
func withGraphHint(err error) error {
	if !strings.Contains(err.Error(), "Is Graphviz installed?") {
		return err
	}
	return &hinted{err, "a picture needs Graphviz's program dot, which is not installed; flame graph draws the same call graph without it"}
}

// pprofFlags are the flags of pprof, and those of flame's that are about fetching.
// They may follow arguments, as everywhere in flame.
type pprofFlags struct {
	set    *flag.FlagSet
	args   []string
	in     *input
	extra  string
	helped bool
	err    error
}

func (f *pprofFlags) Bool(name string, def bool, usage string) *bool {
	return f.set.Bool(name, def, usage)
}
func (f *pprofFlags) Int(name string, def int, usage string) *int {
	return f.set.Int(name, def, usage)
}
func (f *pprofFlags) Float64(name string, def float64, usage string) *float64 {
	return f.set.Float64(name, def, usage)
}
func (f *pprofFlags) String(name, def, usage string) *string { return f.set.String(name, def, usage) }

func (f *pprofFlags) StringList(name, def, usage string) *[]*string {
	list := &[]*string{}
	f.set.Func(name, usage, func(s string) error {
		*list = append(*list, &s)
		return nil
	})
	return list
}

func (f *pprofFlags) ExtraUsage() string      { return f.extra }
func (f *pprofFlags) AddExtraUsage(eu string) { f.extra += eu }

// Parse implements driver.FlagSet.
func (f *pprofFlags) Parse(usage func()) []string {
	f.set.SetOutput(io.Discard) // the error says it
	f.extra += "\n  Fetching, flame's flags:\n"
	for _, spec := range f.in.fetchFlags() {
		if spec.stage = ""; !fetches(spec) {
			continue
		}
		for _, name := range spec.names {
			if spec.arg == "" {
				f.set.BoolFunc(name, spec.usage, spec.value.Set)
			} else {
				f.set.Func(name, spec.usage, spec.value.Set)
			}
		}
		f.extra += flagHelp(spec)
	}
	var files []string
	rest := f.args
	for len(rest) > 0 {
		if f.err = f.set.Parse(rest); f.err != nil {
			if errors.Is(f.err, flag.ErrHelp) {
				f.err, f.helped = nil, true
				usage()
			}
			return nil
		}
		if rest = f.set.Args(); len(rest) > 0 {
			files = append(files, rest[0])
			rest = rest[1:]
		}
	}
	return files
}

// fetches reports whether a flag of flame's has a meaning for pprof, which has its
// own for what to fetch and how long.
func fetches(f *flagSpec) bool {
	switch f.name() {
	case "header", "bearer-token", "bearer-token-file", "cert", "key", "ca", "insecure", "max-bytes":
		return true
	}
	return false
}

// A pprofFetcher gets profiles for pprof as flame does.
type pprofFetcher struct {
	ctx context.Context
	c   *console
	in  *input
}

// Fetch implements driver.Fetcher. Files that pprof reads itself are left to it.
func (f *pprofFetcher) Fetch(src string, duration, _ time.Duration) (*profile.Profile, string, error) {
	if _, err := os.Stat(src); err == nil {
		return f.file(src)
	}
	if !fetch.LooksLikeURL(src) {
		return nil, "", nil // pprof says that there is no such file
	}
	seconds := int((duration + time.Second - 1) / time.Second)
	source, err := flame.Target(src, fetch.TargetOptions{Seconds: seconds, SecondsSet: duration > 0})
	if err != nil {
		return nil, "", err
	}
	options, err := f.in.loadOptions()
	if err != nil {
		return nil, "", err
	}
	bar := newProgress(f.c, []flame.Source{source})
	options.Fetch.OnProgress = bar.update
	client, err := fetch.New(options.Fetch)
	if err != nil {
		return nil, "", err
	}
	defer client.Close()
	target, _ := source.Remote()
	got, err := client.Fetch(f.ctx, target)
	bar.finish()
	if err != nil {
		return nil, "", err
	}
	for _, note := range got.Notes {
		f.c.note("%s", note)
	}
	p, err := profile.ParseData(got.Data)
	if err != nil {
		return nil, "", fmt.Errorf("read %s: %w", source, err)
	}
	return p, source.String(), nil
}

// file converts a file in another format than pprof's.
func (f *pprofFetcher) file(name string) (*profile.Profile, string, error) {
	r, err := os.Open(name)
	if err != nil {
		return nil, "", nil // pprof says why
	}
	defer r.Close()
	head := make([]byte, 64<<10)
	n, _ := io.ReadFull(r, head)
	if kind, err := format.Detect(head[:n]); err != nil || kind.Name == "pprof" || bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
		return nil, "", nil
	}
	loaded, err := flame.Load(f.ctx, flame.Options{}, flame.File(name))
	if err != nil {
		return nil, "", err
	}
	var b bytes.Buffer
	if err := pprof.EncodeUncompressed(&b, loaded.Profile); err != nil {
		return nil, "", err
	}
	p, err := profile.ParseData(b.Bytes())
	return p, "", err
}

// servePprof serves pprof's pages until flame is interrupted. On a local address
// only local clients get an answer, also where something forwards to it.
func servePprof(ctx context.Context, args *driver.HTTPServerArgs) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", args.Hostport)
	if err != nil {
		return err
	}
	local := isLoopback(args.Host)
	_, noDot := exec.LookPath("dot")
	pages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		page := args.Handlers[r.URL.Path]
		switch {
		case local && (err != nil || !isLoopback(host)):
			http.Error(w, "this is served to local clients only", http.StatusForbidden)
		case page == nil:
			http.NotFound(w, r)
		case r.URL.Path == "/graph" && noDot != nil:
			http.Error(w, "This page needs Graphviz's program dot, which is not installed; on the command line flame graph draws the same without it.", http.StatusNotImplemented)
		default:
			page.ServeHTTP(w, r)
		}
	})
	mux := http.NewServeMux()
	mux.Handle("/ui/", http.StripPrefix("/ui", pages))
	mux.Handle("/", http.RedirectHandler("/ui/", http.StatusTemporaryRedirect))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// A hinted error is one with a better sentence for a person.
type hinted struct {
	error
	text string
}

func (h *hinted) Error() string { return h.text }
func (h *hinted) Unwrap() error { return h.error }
