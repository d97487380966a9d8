package svg

import "testing"

func TestPackageOf(t *testing.T) {
	for name, want := range map[string]string{
		// Go
		"main.main":                      "main",
		"main.init.0":                    "main",
		"main.main.func1":                "main",
		"main.glob..func1":               "main",
		"main.(*T).m-fm":                 "main",
		"main.main.Serve.func2":          "main",
		"net.(*conn).Read":               "net",
		"net.dial.Foo.func1":             "net",
		"net.IP.String":                  "net",
		"io.ReadAll":                     "io",
		"net/http.(*Server).Serve":       "net/http",
		"net/http.HandlerFunc.ServeHTTP": "net/http",
		"github.com/x/y/pkg.(*T).m[...]": "github.com/x/y/pkg",
		"github.com/x/y/pkg.(*T[...]).m": "github.com/x/y/pkg",
		"github.com/x/y/pkg.F[go.shape.struct { a/b.C; d.E }]":              "github.com/x/y/pkg",
		"slices.SortFunc[[]github.com/x/y.T,github.com/x/y.T]":              "slices",
		"github.com/x/y/pkg.Map[go.shape.map[string]int,a/b.C].Range.func1": "github.com/x/y/pkg",
		"gopkg.in/yaml%2ev3.(*parser).parse":                                "gopkg.in/yaml.v3",
		"gopkg.in/yaml.v3":                                                  "gopkg.in/yaml",
		"github.com/Shopify/sarama.(*Broker).Open":                          "github.com/Shopify/sarama",
		"vendor/golang.org/x/net/http2/hpack.F":                             "vendor/golang.org/x/net/http2/hpack",
		"runtime/pprof.(*profileBuilder).build":                             "runtime/pprof",
		"type:.eq.main.T":                                                   "main",
		"cmd/compile/internal/gc.compileFunctions.func3.1":                  "cmd/compile/internal/gc",
		// Java
		"java/util/HashMap.get":         "java.util",
		"java.util.HashMap.get":         "java.util",
		"java.util.HashMap.get(Object)": "java.util",
		"Ljava/util/HashMap;::get":      "java.util",
		"Ljava/lang/Thread;::run_[j]":   "java.lang",
		"io/netty/channel/DefaultChannelHandlerContext:.fireChannelRead_[j]": "io.netty.channel",
		"org/mozilla/javascript/gen/file__home_bgregg_1:.call_[j]":           "org.mozilla.javascript.gen",
		"com.foo.Bar$1.run":                "com.foo",
		"com/foo/Bar$$Lambda$12.run":       "com.foo",
		"java.lang.Foo$$Lambda/0x0000.run": "java.lang",
		// C++
		"ns::cls<a::b, c::d<e>>::fn(int, x::y)": "ns",
		"std::vector<int>::push_back":           "std",
		"std::ostream& std::operator<< <std::char_traits<char> >(std::ostream&, char const*)": "std",
		"v8::internal::Heap::CollectGarbage(int)":                                             "v8::internal",
		"a::b::c::d::e": "a::b",
		"leveldb::(anonymous namespace)::Foo::bar()": "leveldb",
		"(anonymous namespace)::foo()":               "_",
		"JavaThread::run":                            "JavaThread",
		"Foo<int>::bar()":                            "Foo",
		"void ns::f<int>(int)":                       "ns",
		"::f":                                        "",
		"foo(int)":                                   "",
		"Foo::operator()(int) const":                 "Foo",
		"boost::detail::function::x<a>::invoke(b&)":  "boost::detail",
		// Rust
		"core::ops::function::FnOnce::call_once":                          "core::ops",
		"tokio::runtime::task::harness::Harness<T,S>::poll":               "tokio::runtime",
		"<alloc::vec::Vec<T> as alloc::vec::SpecExtend<T, I>>::from_iter": "alloc::vec",
		"<T as core::convert::Into<U>>::into":                             "core::convert",
		"<&mut I as core::iter::Iterator>::next":                          "core::iter",
		"<F as Handler>::call":                                            "",
		"std::thread::spawn::h0123456789abcdef":                           "std::thread",
		"serde_json::from_str":                                            "serde_json",
		// C
		"main":                    "",
		"__libc_start_main":       "",
		"ext4_file_read_iter_[k]": "",
		"foo.part.0":              "",
		"foo.isra.3.constprop.1":  "",
		"foo.cold":                "",
		"_raw_spin_lock":          "",
		// others
		"fn (pkg/mod.py:12)":                                    "pkg/mod.py",
		"LazyCompile:*fn /a/b.js:12":                            "/a/b.js",
		"LazyCompile:~f /srv/node_modules/qs/lib/parse.js:12:7": "qs",
		"*f /srv/node_modules/@scope/p/x.js:1":                  "@scope/p",
		"libc.so.1`malloc":                                      "libc.so.1",
		"[libc-2.19.so]":                                        "libc-2.19.so",
		"[unknown]":                                             "",
		"0x7f0011223344":                                        "",
		"0x7f00.1":                                              "",
		"":                                                      "",
		".text":                                                 "",
		"_[k]":                                                  "",
		"-":                                                     "",
	} {
		if got := PackageOf(name); got != want {
			t.Errorf("PackageOf(%q) = %q, want %q", name, got, want)
		}
	}
}
