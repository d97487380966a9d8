package serve_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flame/flame/serve"
)

func TestReadConfig(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("token", "0123456789abcdef\n")
	c, err := serve.ReadConfig(write("good.yml", `
scrape_configs: [{job_name: shop, file_sd_configs: [{files: [shop.json]}]}]
storage: {keep_raw: 14d, keep_hourly: 90d, keep_daily: 2y, keep_size: 20GiB}
tokens:
  - {name: ci, file: token, scopes: [write]}
  - {name: me, sha256: `+sum("secret")+`, scopes: [read, capture]}
capture: {max_seconds: 60, allow: ['10\..*']}
`))
	if err != nil {
		t.Fatal(err)
	}
	r := c.Storage.Retention()
	if r.Raw != 14*24*time.Hour || r.Daily != 2*365*24*time.Hour || r.Bytes != 20<<30 {
		t.Errorf("retention is %+v", r)
	}
	a, err := serve.NewAuth(c, nil)
	if err != nil || len(a.Tokens) != 2 || a.Tokens[0].SHA256 != sum("0123456789abcdef") {
		t.Errorf("auth is %+v, %v", a, err)
	}
	if c.Jobs[0].Profiles["cpu"] == nil || c.Capture.MaxSeconds != 60 {
		t.Errorf("config is %+v", c)
	}
	for text, want := range map[string]string{
		"storage: {keep_raww: 1d}":                         `line 1: unknown key "keep_raww"`,
		"storage: {keep_size: much}":                       `the size "much" is none`,
		"storage: {keep_size: 20XB}":                       `the size "20XB" is none`,
		"storage: {keep_raw: long}":                        "long",
		"tokens: [{name: a, scopes: [read]}]":              "needs a sha256 or a file",
		"tokens: [{name: a, sha256: x, scopes: [read]}]":   "64 hex digits",
		"tokens: [{name: a, file: none, scopes: [read]}]":  "no such file",
		"tokens: [{name: a, file: token}]":                 "it has no scopes",
		"tokens: [{name: a, file: token, scopes: [root]}]": `no scope "root"`,
		"capture: {allow: ['(']}":                          "missing closing",
	} {
		_, err := serve.ReadConfig(write("bad.yml", text+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "bad.yml") {
			t.Errorf("%s gives %v, want %s", text, err, want)
		}
	}
	web, err := serve.ReadWebConfig(write("web.yml", "basic_auth_users: {ann: $2a$04$lyJ2ZaE0GUMRsDOu6VCf6eMrDKYBNWQ4qzwWCm4kQQUtq6lUXY3aq}\n"))
	if err != nil || web.Users["ann"] == "" || web.TLS != nil {
		t.Errorf("web configuration is %+v, %v", web, err)
	}
	for text, want := range map[string]string{
		"basic_auth_users: {ann: secret}":            "bcrypt",
		"http_server_config: {headers: {X-A: b}}":    "leave http_server_config",
		"tls_server_config: {cert_file: none.pem}":   "",
		"tls_server_config: {certificate: cert.pem}": `unknown key "certificate"`,
	} {
		if _, err := serve.ReadWebConfig(write("web.yml", text+"\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v, want %s", text, err, want)
		}
	}
}
