package serve_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"flame/flame/serve"

	"golang.org/x/crypto/bcrypt"
)

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:])
}

// Each scope lets do what it says and nothing else.
func TestScopes(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("right"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, serve.Options{Auth: &serve.Auth{
		Users: map[string]string{"ann": string(hash)},
		Tokens: []serve.Token{
			{Name: "reader", SHA256: sum("r"), Scopes: []serve.Scope{serve.ScopeRead}},
			{Name: "pusher", SHA256: sum("w"), Scopes: []serve.Scope{serve.ScopeWrite}},
			{Name: "shooter", SHA256: sum("c"), Scopes: []serve.Scope{serve.ScopeCapture}},
		},
	}})
	basic := func(user, password string) string {
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(user, password)
		return r.Header.Get("Authorization")
	}
	// What each request gives when it is let through.
	requests := []struct {
		method, path string
		passes       int
		scope        string
	}{
		{"GET", "/api/v1/services", 200, "r"},
		{"GET", "/metrics", 200, "r"},
		{"GET", "/api/v1/captures/x/events", 404, "r"},
		{"POST", "/api/v1/profiles", 400, "w"},
		{"POST", "/ingest", 400, "w"},
		{"POST", "/api/v1/captures", 400, "c"},
		{"DELETE", "/api/v1/captures/x", 404, "c"},
		{"POST", "/-/reload", 404, "c"},
		{"GET", "/debug/pprof/", 200, "c"},
		{"GET", "/debug/pprof/cmdline", 200, "c"},
	}
	for _, r := range requests {
		for who, header := range map[string]string{
			"r": "Bearer r", "w": "bearer w", "c": basic("", "c"), "all": basic("ann", "right"),
			"nobody": "", "wrong password": basic("ann", "wrong"), "wrong user": basic("bob", "right"), "wrong token": "Bearer x", "empty": "Bearer ",
		} {
			want := http.StatusUnauthorized
			switch {
			case who == "all" || who == r.scope:
				want = r.passes
			case len(who) == 1:
				want = http.StatusForbidden
			}
			status, h, body := s.call(r.method, r.path, nil, "Authorization", header)
			if status != want {
				t.Errorf("%s %s as %s gives %d %s, want %d", r.method, r.path, who, status, body, want)
			}
			if want == http.StatusUnauthorized && !strings.HasPrefix(h.Get("WWW-Authenticate"), "Basic") {
				t.Errorf("%s %s as %s does not ask for a password: %v", r.method, r.path, who, h)
			}
		}
	}
	for _, path := range []string{"/-/healthy", "/-/ready"} {
		if status, _, _ := s.call("GET", path, nil); status != 200 {
			t.Errorf("%s needs a login", path)
		}
	}
	if err := s.service.Configure(nil, serve.CaptureOptions{}); err == nil {
		t.Error("a login can be configured away")
	}
}

// Another site's page can neither push nor capture, nor reach the service by a
// name of its own.
func TestOtherSites(t *testing.T) {
	s := newSite(t, serve.Options{})
	body := []byte("main 1\n")
	for _, c := range []struct {
		headers []string
		want    int
	}{
		{nil, 201},
		{[]string{"Origin", s.URL}, 201},
		{[]string{"Sec-Fetch-Site", "same-origin"}, 201},
		{[]string{"Origin", "https://evil.example"}, 403},
		{[]string{"Origin", "null"}, 403},
		{[]string{"Sec-Fetch-Site", "cross-site", "Content-Type", "text/plain"}, 403},
		{[]string{"Host", "evil.example"}, 421},
		{[]string{"Host", "evil.example:80", "Origin", "http://evil.example:80"}, 421},
		{[]string{"Host", "localhost:1"}, 201},
		{[]string{"Host", "[::1]:1"}, 201},
		{[]string{"Host", "127.0.0.1.evil.example"}, 421},
	} {
		if status, _, text := s.call("POST", "/api/v1/profiles?service=x", body, c.headers...); status != c.want {
			t.Errorf("with %v the answer is %d %s, want %d", c.headers, status, text, c.want)
		}
	}
	if status, h, _ := s.call("GET", "/api/v1/services", nil, "Host", "evil.example"); status != 421 || h.Get("Content-Security-Policy") == "" {
		t.Errorf("a name that leads here gives %d", status)
	}
	open := newSite(t, serve.Options{AnyHost: true})
	if status, _, _ := open.call("GET", "/api/v1/services", nil, "Host", "flame.example"); status != 200 {
		t.Errorf("with AnyHost another name gives %d", status)
	}
}

func TestLimits(t *testing.T) {
	s := newSite(t, serve.Options{MaxBody: 1000, PushRate: 1e-9})
	big := []byte("main " + strings.Repeat("1", 2000))
	if status, _, body := s.call("POST", "/api/v1/profiles?service=x", big); status != 413 || !strings.Contains(body, "1000 bytes") {
		t.Errorf("a large body gives %d: %s", status, body)
	}
	if status, h, body := s.call("POST", "/api/v1/profiles?service=x", []byte("main 1")); status != 429 || h.Get("Retry-After") == "" {
		t.Errorf("too many pushes give %d %v: %s", status, h, body)
	}
}

// A bomb of zeros is not unpacked, and what a profile names is not opened.
func TestHostilePushes(t *testing.T) {
	s := newSite(t, serve.Options{})
	for name, c := range map[string]struct {
		body []byte
		want string
	}{
		"page":   {[]byte("<html><body>sorry</body></html>"), "HTML"},
		"random": {[]byte{0, 1, 2, 3, 255, 254}, ""},
		"trace":  {[]byte("go 1.25 trace\x00\x00\x00"), "trace"},
		"json":   {[]byte(`{"error": "no"}`), "JSON"},
	} {
		status, _, body := s.call("POST", "/api/v1/profiles?service=x", c.body)
		if status != 422 || !strings.Contains(body, c.want) {
			t.Errorf("%s gives %d: %s", name, status, body)
		}
	}
	// Names of labels and services are text, whatever they are.
	for _, service := range []string{"<script>alert(1)</script>", "../../etc/passwd", "a\x00b", "é/ü", strings.Repeat("x", 300)} {
		status, _, body := s.call("POST", address("/api/v1/profiles", "service", service), []byte("main 1"))
		if status != 201 && status != 422 {
			t.Errorf("the service %q gives %d: %s", service, status, body)
		}
	}
	if got := s.get("/api/v1/services"); strings.Contains(got, "<script>") {
		t.Errorf("services are %s", got)
	}
}
