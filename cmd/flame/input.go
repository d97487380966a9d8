package main

import "flame/collapse"

// input is what the flags say of where a profile comes from and what of it
// counts: the part of the command line that all commands share which read
// profiles.
type input struct {
	urls         []string
	suffix       string
	seconds      int
	secondsGiven bool
	binary       string
	binaryName   string
	pprofArgs    string // stays empty: splitArgs puts its flags in its place
	headers      []string
	token        string
	tokenFile    string
	cert, key    string
	ca           string
	insecure     bool
	maxBytes     int64
	save         string

	typeFlags   []string // -inuse_space and its like, in their order
	sampleIndex string

	filter    collapse.Filter
	mean      bool
	allFrames bool
	ordered   bool // for a flame chart; a flag of those commands that draw one

	base      []string
	diffBase  []string
	normalize bool
	match     collapse.NameMatch
}

// specs are the flags, bound to in, in the order of the help.
func (in *input) specs() []*flagSpec {
	specs := append(in.fetchFlags(), in.chooseFlags()...)
	return append(append(specs, in.filterFlags()...), in.compareFlags()...)
}

func (in *input) fetchFlags() []*flagSpec {
	specs := []*flagSpec{
		{names: []string{"url", "u"}, arg: "TARGET", value: listVar(&in.urls),
			usage: "host, host:port, :port, URL or unix:SOCKET (http://localhost:8080);\nagain for more targets, which are merged"},
		{names: []string{"suffix", "s"}, arg: "PATH", value: textVar(&in.suffix),
			usage: "path or name of the profile: heap, mutex, fgprof, …\n(/debug/pprof/profile, the CPU profile)",
			words: []string{"profile", "heap", "allocs", "goroutine", "mutex", "block", "threadcreate", "fgprof"}},
		{names: []string{"seconds", "t", "time"}, arg: "N", pprof: true, value: secondsVar(&in.seconds, &in.secondsGiven),
			usage: "how long to capture (30); a heap or other snapshot\nthen shows its change over N seconds"},
		{names: []string{"header", "H"}, arg: "'NAME: VALUE'", value: listVar(&in.headers),
			usage: "send a header; again for more"},
		{names: []string{"bearer-token"}, arg: "TOKEN", value: textVar(&in.token), usage: "send a bearer token"},
		{names: []string{"bearer-token-file"}, arg: "FILE", value: textVar(&in.tokenFile), usage: "the same, read from FILE"},
		{names: []string{"cert"}, arg: "FILE", value: textVar(&in.cert), usage: "client certificate (PEM)"},
		{names: []string{"key"}, arg: "FILE", value: textVar(&in.key), usage: "its key, if it is in another file"},
		{names: []string{"ca"}, arg: "FILE", value: textVar(&in.ca), usage: "trust the authorities in FILE instead of the system's"},
		{names: []string{"insecure"}, value: switchVar(&in.insecure), usage: "do not check certificates"},
		{names: []string{"max-bytes"}, arg: "SIZE", value: bytesVar(&in.maxBytes), usage: "refuse larger profiles (1GiB fetched, 4GiB unpacked)"},
		{names: []string{"save"}, arg: "FILE", value: textVar(&in.save),
			usage: "keep the profile as it came; of several sources\nFILE-1, FILE-2 and so on, before the extension"},
		{names: []string{"binaryinput", "b"}, arg: "FILE", value: textVar(&in.binary), usage: "read this profile file (go-torch's name for an argument)"},
		{names: []string{"binaryname"}, arg: "FILE", value: textVar(&in.binaryName),
			usage: "the profiled program, to name addresses by: for profiles\nwithout symbols, as of C, C++ or by perf"},
		{names: []string{"pprofArgs"}, arg: "FLAGS", value: textVar(&in.pprofArgs), usage: "flags of pprof in one string: those of Choose, Filter and\nCompare, -seconds"},
	}
	return withStage(stageFetch, specs)
}

// sampleTypes are pprof's flags that name a sample type, and what they choose.
var sampleTypes = []struct{ flag, typ, usage string }{
	{"inuse_space", "inuse_space", "bytes in use (fetches the heap profile)"},
	{"inuse_objects", "inuse_objects", "objects in use (the same)"},
	{"alloc_space", "alloc_space", "bytes allocated since the start (the same)"},
	{"alloc_objects", "alloc_objects", "objects allocated since the start (the same)"},
	{"contentions", "contentions", "how often locks were waited for (needs -s mutex or -s block)"},
	{"total_delay", "delay", "how long locks were waited for (the same)"},
}

func (in *input) chooseFlags() []*flagSpec {
	var specs []*flagSpec
	for _, t := range sampleTypes {
		f := &flagSpec{names: []string{t.flag}, usage: t.usage, pprof: true, value: valueFunc(func(s string) error {
			on := false
			if err := switchVar(&on).Set(s); err != nil || !on {
				return err
			}
			in.typeFlags = append(in.typeFlags, t.typ)
			return nil
		})}
		if t.flag == "total_delay" {
			f.names = append(f.names, "delay")
		}
		specs = append(specs, f)
	}
	specs = append(specs, &flagSpec{names: []string{"sample_index"}, arg: "NAME", value: textVar(&in.sampleIndex), pprof: true,
		usage: "sample type by name or number from 0\n(the profile's own default)"},
		&flagSpec{names: []string{"mean"}, value: switchVar(&in.mean), pprof: true,
			usage: "divide each value by the stack's first sample type,\nwhich counts: bytes an object, delay a contention"},
		&flagSpec{names: []string{"mean_delay"}, pprof: true, usage: "how long each lock was waited for (-delay -mean)", value: valueFunc(func(s string) error {
			if err := switchVar(&in.mean).Set(s); err != nil || !in.mean {
				return err
			}
			in.typeFlags = append(in.typeFlags, "delay")
			return nil
		})})
	return withStage(stageChoose, specs)
}
