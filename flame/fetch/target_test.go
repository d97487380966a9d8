package fetch

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func mustParse(t testing.TB, s string, o TargetOptions) Target {
	t.Helper()
	x, err := Parse(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestParseGrammar: how a target is written, with the default suffix.
func TestParseGrammar(t *testing.T) {
	const cpu = "/debug/pprof/profile?seconds=30"
	for in, want := range map[string]string{
		"":                              "http://localhost:8080" + cpu,
		"  localhost:8080\n":            "http://localhost:8080" + cpu,
		"host":                          "http://host" + cpu,
		"10.0.0.1":                      "http://10.0.0.1" + cpu,
		"10.0.0.1:6060":                 "http://10.0.0.1:6060" + cpu,
		"localhost:8080":                "http://localhost:8080" + cpu,
		"my_svc-1.ns.svc:80":            "http://my_svc-1.ns.svc:80" + cpu,
		"HOST:8080":                     "http://host:8080" + cpu,
		"host:":                         "http://host" + cpu,
		":6060":                         "http://localhost:6060" + cpu,
		":6060/debug/pprof/heap":        "http://localhost:6060/debug/pprof/heap",
		"[::1]:6060":                    "http://[::1]:6060" + cpu,
		"[::1]":                         "http://[::1]" + cpu,
		"::1":                           "http://[::1]" + cpu,
		"2001:db8::1":                   "http://[2001:db8::1]" + cpu,
		"fe80::1%eth0":                  "http://[fe80::1%25eth0]" + cpu,
		"[fe80::1%eth0]:80":             "http://[fe80::1%25eth0]:80" + cpu,
		"[fe80::1%25eth0]:80":           "http://[fe80::1%25eth0]:80" + cpu,
		"http://host":                   "http://host" + cpu,
		"HTTP://host/":                  "http://host" + cpu,
		"https://host:8443":             "https://host:8443" + cpu,
		"https+insecure://host":         "https+insecure://host" + cpu,
		"http://[::1]/debug/pprof/heap": "http://[::1]/debug/pprof/heap",
		"http://host?a=1":               "http://host/debug/pprof/profile?a=1&seconds=30",
		"host?a=1":                      "http://host/debug/pprof/profile?a=1&seconds=30",
		"http://host/#frag":             "http://host" + cpu,
		"http://u:pw@host":              "http://u:xxxxx@host" + cpu,
		"u:pw@host:80":                  "http://u:xxxxx@host:80" + cpu,
		"http://u:p@w@host":             "http://u:xxxxx@host" + cpu,
		"http://ghp_abc@host":           "http://xxxxx@host" + cpu,
		"host/prefix":                   "http://host/prefix" + cpu,
		"unix:/run/app.sock":            "unix:/run/app.sock:" + cpu,
		"unix:///run/app.sock":          "unix:/run/app.sock:" + cpu,
		"unix:app.sock":                 "unix:app.sock:" + cpu,
		"unix:@abstract":                "unix:@abstract:" + cpu,
		"unix:/a.sock?seconds=3":        "unix:/a.sock:/debug/pprof/profile?seconds=3",
		"unix:/a.sock:/":                "unix:/a.sock:" + cpu,
		"unix:/run/app.sock:/debug/pprof/heap?gc=1": "unix:/run/app.sock:/debug/pprof/heap?gc=1",
	} {
		got, err := Parse(in, TargetOptions{})
		if err != nil {
			t.Errorf("Parse(%q): %v", in, err)
		} else if got.String() != want {
			t.Errorf("Parse(%q) = %s, want %s", in, got, want)
		}
	}
}

// TestParsePath: the rules of the package comment, in their order.
func TestParsePath(t *testing.T) {
	for _, c := range []struct{ target, suffix, want string }{
		{"http://h", "heap", "/debug/pprof/heap"}, // 1
		{"http://h", "/debug/pprof/heap", "/debug/pprof/heap"},
		{"http://h", "debug/pprof/heap", "/debug/pprof/heap"},
		{"http://h", "heap?gc=1", "/debug/pprof/heap?gc=1"},
		{"http://h?gc=0", "heap?gc=1", "/debug/pprof/heap?gc=0"},
		{"http://h", "fgprof", "/debug/fgprof?seconds=30"},
		{"http://h", "/debug/pprof/", "/debug/pprof/profile?seconds=30"},
		{"http://h", "/", "/debug/pprof/profile?seconds=30"},
		{"http://h/debug/pprof", "", "/debug/pprof/profile?seconds=30"}, // 2
		{"http://h/debug/pprof/", "", "/debug/pprof/profile?seconds=30"},
		{"http://h/debug/pprof/?x=1", "", "/debug/pprof/profile?x=1&seconds=30"},
		{"http://h/debug/pprof/", "heap", "/debug/pprof/heap"},
		{"http://h/debug/pprof/", "fgprof", "/debug/pprof/fgprof?seconds=30"},
		{"http://h/debug/pprof/", "/debug/fgprof", "/debug/fgprof?seconds=30"},
		{"http://h/p/debug/pprof/", "/debug/pprof/heap", "/p/debug/pprof/heap"},
		{"http://h/admin/pprof/", "", "/admin/pprof/profile?seconds=30"},
		{"http://h/admin/pprof", "/debug/pprof/heap", "/admin/pprof/heap"},
		{"http://h/prefix", "heap", "/prefix/debug/pprof/heap"}, // 3
		{"http://h/debug/pprof/heap", "heap", "/debug/pprof/heap"},
		{"http://h/p/debug/pprof/heap", "/debug/pprof/heap", "/p/debug/pprof/heap"},
		{"http://h/prefix?x=1", "heap", "/prefix/debug/pprof/heap?x=1"},
		{"http://h/debug", "heap", "/debug/pprof/heap"},
		{"http://h/a", "/custom/cpu.pb.gz", "/a/custom/cpu.pb.gz"},
		{"http://h/debug/pprof/allocs", "", "/debug/pprof/allocs"}, // 4
		{"http://h/debug/pprof/my.custom", "", "/debug/pprof/my.custom"},
		{"http://h/debug/fgprof", "", "/debug/fgprof?seconds=30"},
		{"http://h/gateway/heap", "", "/gateway/heap"},
		{"http://h/custom/cpu.pb.gz", "", "/custom/cpu.pb.gz"},
		{"http://h/capture?service=a%20b", "", "/capture?service=a%20b"},
		{"http://h/debug/vars", "", "/debug/vars"},
		{"http://h/prefix", "", "/prefix/debug/pprof/profile?seconds=30"}, // 5
		{"h/x?next=http://y/", "", "/x?next=http://y/"},
		{"http://h/prefix/", "", "/prefix/debug/pprof/profile?seconds=30"},
		{"http://h/api/v1.2", "", "/api/v1.2/debug/pprof/profile?seconds=30"},
		{"http://h/a%2Fb", "", "/a%2Fb/debug/pprof/profile?seconds=30"},
		{"http://h/debug/", "", "/debug/pprof/profile?seconds=30"},
	} {
		got, err := Parse(c.target, TargetOptions{Suffix: c.suffix})
		if err != nil {
			t.Errorf("Parse(%q, suffix %q): %v", c.target, c.suffix, err)
		} else if got.String() != "http://h"+c.want {
			t.Errorf("Parse(%q, suffix %q) = %s, want http://h%s", c.target, c.suffix, got, c.want)
		}
	}
}

func TestParseSeconds(t *testing.T) {
	for _, c := range []struct {
		target, suffix string
		seconds        int
		query, profile string
		duration       time.Duration
		delta          bool
	}{
		{"h", "", 0, "seconds=30", "profile", 30 * time.Second, false},
		{"h", "", 5, "seconds=5", "profile", 5 * time.Second, false},
		{"h?seconds=7", "", 0, "seconds=7", "profile", 7 * time.Second, false},
		{"h?a=1&seconds=7&b=2", "", 5, "a=1&b=2&seconds=5", "profile", 5 * time.Second, false},
		{"h", "profile?seconds=9", 0, "seconds=9", "profile", 9 * time.Second, false},
		{"h", "trace", 0, "seconds=30", "trace", 30 * time.Second, false},
		{"h", "trace?seconds=0.5", 0, "seconds=0.5", "trace", 500 * time.Millisecond, false},
		{"h/debug/pprof/cpu", "", 0, "seconds=30", "profile", 30 * time.Second, false},
		{"h", "fgprof", 4, "seconds=4", "fgprof", 4 * time.Second, false},
		{"h", "heap", 0, "", "heap", 0, false},
		{"h", "heap", 5, "seconds=5", "heap", 5 * time.Second, true},
		{"h/debug/pprof/mutex?seconds=5", "", 0, "seconds=5", "mutex", 5 * time.Second, true},
		{"h", "github.com%2Fme%2Fpool", 0, "", "github.com/me/pool", 0, false},
		{"h/x/cpu.pb.gz", "", 0, "", "", 0, false},
		{"h/x/cpu.pb.gz", "", 5, "seconds=5", "", 5 * time.Second, false},
		{"h/x/cpu.pb.gz?seconds=all", "", 0, "seconds=all", "", 0, false},
	} {
		x, err := Parse(c.target, TargetOptions{Suffix: c.suffix, Seconds: c.seconds})
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		if x.query != c.query || x.Profile() != c.profile || x.Duration() != c.duration || x.Delta() != c.delta {
			t.Errorf("%s %s -t %d: query %q profile %q duration %s delta %v, want %+v", c.target, c.suffix, c.seconds, x.query, x.Profile(), x.Duration(), x.Delta(), c)
		}
	}
	if x := mustParse(t, "h", TargetOptions{SecondsDefault: 10}); x.Duration() != 10*time.Second {
		t.Errorf("default of 10 s gave %s", x.Duration())
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct {
		target string
		o      TargetOptions
		want   string
	}{
		{"ftp://h/x", TargetOptions{}, "the accepted ones are http, https, https+insecure and unix"},
		{"file:///x", TargetOptions{}, "unknown scheme"},
		{"http:/h", TargetOptions{}, "write http://"},
		{"http://", TargetOptions{}, "the host is missing"},
		{":", TargetOptions{}, "the port is missing"},
		{"h:http", TargetOptions{}, `the port "http" is not a number`},
		{"h:0", TargetOptions{}, "from 1 to 65535"},
		{"h:65536", TargetOptions{}, "from 1 to 65535"},
		{"[::1", TargetOptions{}, "] of the IPv6 address"},
		{"[10.0.0.1]", TargetOptions{}, "IPv6 address is malformed"},
		{"a b", TargetOptions{}, "host name is malformed"},
		{"h\x1b[2J", TargetOptions{}, "unprintable"},
		{"h\xff", TargetOptions{}, "UTF-8"},
		{"h/%zz", TargetOptions{}, "%25"},
		{"unix:", TargetOptions{}, "socket's path is missing"},
		{"unix://run/x", TargetOptions{}, "write unix:/run/app.sock"},
		{"unix:/" + strings.Repeat("x", 120), TargetOptions{}, "107"},
		{"h", TargetOptions{SecondsSet: true}, "seconds is 0"},
		{"h", TargetOptions{Seconds: -1}, "seconds is -1"},
		{"h", TargetOptions{Seconds: 1 << 40}, "from 1 to 86400"},
		{"h?seconds=0", TargetOptions{}, "seconds=0 in the URL"},
		{"h?seconds=0.5", TargetOptions{}, "only a trace takes a fraction"},
		{"h?seconds=NaN", TargetOptions{}, "seconds=NaN"},
		{"h", TargetOptions{Suffix: "http://x/y"}, "give a whole URL as the target"},
		{"h/debug/pprof/heap", TargetOptions{Suffix: "allocs"}, "names the profile heap already"},
	} {
		x, err := Parse(c.target, c.o)
		if err == nil {
			t.Errorf("Parse(%q, %+v) = %s, want an error", c.target, c.o, x)
			continue
		}
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("Parse(%q): %v; want %q in it", c.target, err, c.want)
		}
		checkSentence(t, err)
	}
}

// TestNoSecretsInText: neither a target nor an error about one shows credentials.
func TestNoSecretsInText(t *testing.T) {
	for _, in := range []string{
		"http://user:S3cret@h",
		"http://user:S3cret@h:99999",
		"http://user:S3cret/x@h/",
		"http://user:S3cret#x@h/",
		"http://user:S3c%ret@h/",
		"http://user:S3cret?x@h/",
		"user:S3cret@h:port",
		"ftp://user:S3cret@h/",
		"user:S3cret://x@h",
		"http://S3cret@h",
		"h?token=S3cret",
		"h?a=1&access_token=S3cret&b=2",
		"h?X-Amz-Signature=S3cret;key=S3cret",
		"h?t%6Fken=S3cret&sig=S3cret",
		"h?seconds=0&apiKey=S3cret",
		"h:x?key=S3cret",
		"unix:/a.sock?token=S3cret",
	} {
		x, err := Parse(in, TargetOptions{})
		for _, s := range []string{fmt.Sprintf("%s %v %+v %#v %q", x, x, x, x, x), fmt.Sprint(err), fmt.Sprintf("%#v", &x)} {
			if strings.Contains(s, "S3c") {
				t.Errorf("Parse(%q) shows the secret: %s", in, s)
			}
		}
	}
}

func TestLooksLikeURL(t *testing.T) {
	for s, want := range map[string]bool{
		"http://h": true, "ftp://h": true, "unix:/x": true, "localhost": true, "host:80": true, ":80": true,
		"[::1]": true, "::1": true, "10.0.0.1": true, "h:80/debug/pprof/heap": true, "u:p@h:80": true,
		"host": false, "host/path": false, "cpu.pb.gz": false, "./a:b": false, `C:\x`: false, "a:b": false, "": false, "-": false, "dir/h:80": false,
	} {
		if got := LooksLikeURL(s); got != want {
			t.Errorf("LooksLikeURL(%q) = %v", s, got)
		}
	}
}

// FuzzParse: what is accepted prints without secrets, parses again to the same
// text, and makes a URL for the same path; what is refused is one line.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "h", "h:1", ":1", "[::1]:1", "::1", "fe80::1%a", "http://u:p@h:1/p/?q=1#f", "https+insecure://h",
		"unix:/s:/debug/pprof/heap?gc=1", "unix:///s", "ftp://h", "h/%2e%2F", "h//x", "h?seconds=3;token=a", "http://é.example/ü?ü", "h/debug/pprof"} {
		f.Add(s, "", 0)
		f.Add(s, "heap?gc=1", 5)
	}
	f.Fuzz(func(t *testing.T, s, suffix string, seconds int) {
		x, err := Parse(s, TargetOptions{Suffix: suffix, Seconds: seconds})
		if err != nil {
			checkSentence(t, err)
			return
		}
		text := x.String()
		if x.hasPass && x.pass != "" && len(x.pass) > 8 && strings.Contains(text, x.pass) && !strings.Contains(strings.Replace(s, x.pass, "", 1), x.pass) {
			t.Errorf("%q shows the password", text)
		}
		if u := x.requestURL(x.path, x.query); u.EscapedPath() != x.path || !strings.HasPrefix(x.path, "/") {
			t.Errorf("%q: path %q is requested as %q", s, x.path, u.EscapedPath())
		}
		if suffix != "" {
			return // without its suffix the text may mean another path
		}
		again, err := Parse(text, TargetOptions{})
		if err != nil || again.String() != text {
			t.Errorf("%q prints %q, which parses to %q, %v", s, text, again, err)
		}
		if again.Profile() != x.Profile() || again.Duration() != x.Duration() || again.Host() != x.Host() {
			t.Errorf("%q: %q loses something: %+v %+v", s, text, x.Duration(), again.Duration())
		}
	})
}

// checkSentence: one line without control characters, no full stop in the middle
// or at the end.
func checkSentence(t testing.TB, err error) {
	t.Helper()
	s := err.Error()
	if strings.ContainsAny(s, "\n\r\x1b\t") || strings.HasSuffix(s, ".") {
		t.Errorf("not one clean sentence: %q", s)
	}
}
