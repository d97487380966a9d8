package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/felixge/fgprof"
	"github.com/google/pprof/profile"
	"github.com/rogpeppe/go-internal/testscript"
)

// cmdTarget is the script command
//
//	target VAR KIND
//
// It starts a target on loopback for the rest of the script and puts its
// host:port into $VAR. The kinds are those of targetKinds; "dead" is an address
// where nothing listens, and "tls" a canned target behind a certificate, whose
// authority is in ca.pem. Requests are logged to requests.log, one a line.
func cmdTarget(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: target VAR KIND")
	}
	if args[1] == "tls" {
		s := httptest.NewTLSServer(targetKinds["canned"])
		s.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that do not trust it
		ts.Defer(s.Close)
		ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
		ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), ca, 0o666))
		ts.Setenv(args[0], s.Listener.Addr().String())
		return
	}
	requests := ts.MkAbs("requests.log")
	addr, stop, err := startTarget(args[1], func(line string) {
		f, err := os.OpenFile(requests, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
		if err == nil {
			fmt.Fprintln(f, line)
			f.Close()
		}
	})
	ts.Check(err)
	ts.Defer(stop)
	ts.Setenv(args[0], addr)
}

func startTarget(kind string, log func(string)) (addr string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	if kind == "dead" {
		return l.Addr().String(), func() {}, l.Close()
	}
	h := targetKinds[kind]
	if h == nil {
		l.Close()
		return "", nil, fmt.Errorf("no target %q", kind)
	}
	var mu sync.Mutex
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		log(fmt.Sprintf("%s %s auth=%q x-test=%q", r.Method, r.URL.RequestURI(), r.Header.Get("Authorization"), r.Header.Values("X-Test")))
		mu.Unlock()
		h(w, r)
	})}
	go srv.Serve(l) // its error is that of Close
	return l.Addr().String(), func() { srv.Close() }, nil
}

// targetKinds are targets that behave and that do not.
var targetKinds = map[string]http.HandlerFunc{
	"canned": func(w http.ResponseWriter, r *http.Request) {
		last := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		data, err := cannedProfile(last)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Write(data)
	},
	"real":  realTarget().ServeHTTP,
	"empty": func(w http.ResponseWriter, r *http.Request) { w.Write(mustProfile("empty")) },
	"html": func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "<!DOCTYPE html><html><body>Please log in</body></html>")
	},
	"notfound":  http.NotFound,
	"forbidden": func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusForbidden) },
	"truncated": func(w http.ResponseWriter, r *http.Request) { d := mustProfile("profile"); w.Write(d[:len(d)/2]) },
	"cut": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "5000")
		w.Write(mustProfile("profile"))
	},
	"text": func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "goroutine profile: total 2\n1 @ 0x1 0x2\n#\t0x1\tmain.main+0x1\t/src/main.go:1\n")
	},
	"trace": func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "go 1.26 trace\x00\x00\x00\x01\x02\x03")
	},
	"random": func(w http.ResponseWriter, r *http.Request) { w.Write(randomBytes()) },
	"busy": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Go-Pprof", "1")
		http.Error(w, "Could not enable CPU profiling: cpu profiling already in use", http.StatusInternalServerError)
	},
	"slow": func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(30 * time.Second):
		}
	},
}

// realTarget serves the profiles of the test itself, which keeps a processor busy
// while it is asked.
func realTarget() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", func(w http.ResponseWriter, r *http.Request) {
		done := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() { keepBusy(done) })
		pprof.Profile(w, r)
		close(done)
		wg.Wait()
	})
	mux.Handle("/debug/fgprof", fgprof.Handler())
	return mux
}

//go:noinline
func keepBusy(done <-chan struct{}) {
	sum := sha256.Sum256(nil)
	for {
		select {
		case <-done:
			return
		default:
			for range 1000 {
				sum = sha256.Sum256(sum[:])
			}
		}
	}
}

// cmdProfile is the script command
//
//	profile KIND FILE
//
// It writes a canned profile to a file. Besides the names of net/http/pprof the
// kinds are grown, labels, empty, plain (not compressed), truncated, trace, random, elf, bomb
// and deep.
func cmdProfile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: profile KIND FILE")
	}
	data, err := cannedProfile(args[0])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data, 0o666))
}

func mustProfile(kind string) []byte {
	data, err := cannedProfile(kind)
	if err != nil {
		panic(err)
	}
	return data
}

// cannedProfile is a small profile of the given kind, always the same.
func cannedProfile(kind string) ([]byte, error) {
	switch kind {
	case "profile", "cpu":
		return encodeProfile(makeProfile([]string{"samples/count", "cpu/nanoseconds"}, "cpu/nanoseconds", map[string][]int64{
			"main.main;main.serve;main.parse": {30, 300e6}, "main.main;main.serve;encoding/json.Marshal": {50, 500e6}, "runtime.gcBgMarkWorker": {20, 200e6}}))
	case "grown": // by 2% since cpu
		return encodeProfile(makeProfile([]string{"samples/count", "cpu/nanoseconds"}, "cpu/nanoseconds", map[string][]int64{
			"main.main;main.serve;main.parse": {32, 320e6}, "main.main;main.serve;encoding/json.Marshal": {50, 500e6}, "runtime.gcBgMarkWorker": {20, 200e6}}))
	case "heap", "allocs":
		return encodeProfile(makeProfile([]string{"alloc_objects/count", "alloc_space/bytes", "inuse_objects/count", "inuse_space/bytes"}, "space/bytes", map[string][]int64{
			"main.main;main.load": {100, 1 << 20, 10, 1 << 17}, "main.main;main.serve": {300, 1 << 22, 0, 0}}))
	case "mutex", "block":
		return encodeProfile(makeProfile([]string{"contentions/count", "delay/nanoseconds"}, "contentions/count", map[string][]int64{
			"main.main;sync.(*Mutex).Unlock": {7, 9e6}}))
	case "goroutine":
		return encodeProfile(makeProfile([]string{"goroutine/count"}, "goroutine/count", map[string][]int64{"main.main": {1}, "net/http.(*conn).serve": {9}}))
	case "fgprof":
		return encodeProfile(makeProfile([]string{"samples/count", "time/nanoseconds"}, "wallclock/nanoseconds", map[string][]int64{"main.main;time.Sleep": {99, 990e6}}))
	case "labels":
		return encodeProfile(labelledProfile())
	case "empty":
		return encodeProfile(makeProfile([]string{"samples/count", "cpu/nanoseconds"}, "cpu/nanoseconds", nil))
	case "plain":
		zr, err := gzip.NewReader(bytes.NewReader(mustProfile("profile")))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(zr)
	case "truncated":
		d := mustProfile("profile")
		return d[:len(d)/2], nil
	case "trace":
		return []byte("go 1.26 trace\x00\x00\x00\x01\x02\x03"), nil
	case "random":
		return randomBytes(), nil
	case "elf":
		return append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 100)...), nil
	case "bomb":
		return zipped(bytes.Repeat([]byte("main;work 1\n"), 4<<20)), nil
	case "deep":
		return append(bytes.Repeat([]byte("f;"), 10_000_000), "f 1\n"...), nil
	}
	return nil, fmt.Errorf("no profile %q", kind)
}

func randomBytes() []byte {
	var out []byte
	sum := sha256.Sum256([]byte("flame"))
	for range 64 {
		out = append(out, sum[:]...)
		sum = sha256.Sum256(sum[:])
	}
	return out
}

func zipped(data []byte) []byte {
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	zw.Write(data)
	zw.Close()
	return b.Bytes()
}

func encodeProfile(p *profile.Profile) ([]byte, error) {
	var b bytes.Buffer
	err := p.Write(&b)
	return b.Bytes(), err
}

// makeProfile makes a profile of folded stacks. Types are "type/unit".
func makeProfile(types []string, period string, stacks map[string][]int64) *profile.Profile {
	valueType := func(s string) *profile.ValueType {
		typ, unit, _ := strings.Cut(s, "/")
		return &profile.ValueType{Type: typ, Unit: unit}
	}
	p := &profile.Profile{PeriodType: valueType(period), Period: 10_000_000, DurationNanos: 5e9, TimeNanos: 1_700_000_000e9}
	for _, t := range types {
		p.SampleType = append(p.SampleType, valueType(t))
	}
	at := map[string]*profile.Location{}
	for _, stack := range slices.Sorted(maps.Keys(stacks)) {
		s := &profile.Sample{Value: stacks[stack]}
		for _, name := range strings.Split(stack, ";") {
			if at[name] == nil {
				id := uint64(len(at) + 1)
				f := &profile.Function{ID: id, Name: name, SystemName: name, Filename: "main.go"}
				p.Function = append(p.Function, f)
				at[name] = &profile.Location{ID: id, Address: id, Line: []profile.Line{{Function: f, Line: 1}}}
				p.Location = append(p.Location, at[name])
			}
			s.Location = append([]*profile.Location{at[name]}, s.Location...)
		}
		p.Sample = append(p.Sample, s)
	}
	return p
}

// labelledProfile has three samples with labels, files and lines, and an inlined
// function.
func labelledProfile() *profile.Profile {
	p := makeProfile([]string{"samples/count", "cpu/nanoseconds"}, "cpu/nanoseconds", map[string][]int64{
		"main.main;main.(*Cart).Add": {4, 40e6}, "main.main;main.report": {1, 10e6}, "main.main;main.sum": {2, 20e6}})
	add, total := p.Sample[0], p.Sample[2]
	for name, file := range map[string]string{"main.main": "main.go:10", "main.(*Cart).Add": "cart.go:20", "main.report": "report.go:5", "main.sum": "cart.go:31"} {
		for _, l := range p.Location {
			if f := l.Line[0].Function; f.Name == name {
				file, line, _ := strings.Cut(file, ":")
				f.Filename = "/src/shop/" + file
				l.Line[0].Line, _ = strconv.ParseInt(line, 10, 64)
			}
		}
	}
	// main.sum is inlined into line 22 of main.(*Cart).Add.
	caller := profile.Line{Function: add.Location[0].Line[0].Function, Line: 22}
	total.Location[0].Line = append(total.Location[0].Line, caller)
	label := func(s *profile.Sample, user string, size int64) {
		s.Label = map[string][]string{"user": {user}}
		if size > 0 {
			s.NumLabel, s.NumUnit = map[string][]int64{"size": {size}}, map[string][]string{"size": {"bytes"}}
		}
	}
	label(add, "ann", 4096)
	label(total, "ann", 512)
	label(p.Sample[1], "eve", 0)
	return p
}

// TestCannedProfiles checks the fixtures themselves.
func TestCannedProfiles(t *testing.T) {
	for _, kind := range []string{"cpu", "heap", "mutex", "goroutine", "fgprof", "labels", "empty"} {
		if _, err := profile.ParseData(mustProfile(kind)); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
