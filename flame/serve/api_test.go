package serve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"flame/collapse/format"
	"flame/flame/serve"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/pprof/profile"
	"github.com/klauspost/compress/gzip"
)

// shop is a site with two services, one of them in two environments.
func shop(t testing.TB) *site {
	s := newSite(t, serve.Options{})
	s.push(cpu(t, "main;work 3", "main;rest 1"), "service", "api", "env", "prod", "instance", "a")
	s.push(cpu(t, "main;work 5"), "service", "api", "env", "prod", "instance", "b")
	s.push(cpu(t, "main;work 7"), "service", "api", "env", "dev")
	s.push([]byte("main;load 11\n"), "service", "web", "type", "cpu")
	return s
}

func TestLists(t *testing.T) {
	s := shop(t)
	if got := s.get("/api/v1/services"); got != `{"services":[{"name":"api","types":["cpu"]},{"name":"web","types":["cpu"]}]}`+"\n" {
		t.Errorf("services are %s", got)
	}
	if got := s.get("/api/v1/types", "service", "web"); got != `{"types":["cpu"]}`+"\n" {
		t.Errorf("types are %s", got)
	}
	if got := s.get("/api/v1/labels", "query", `{service="api"}`); got != `{"labels":{"env":["dev","prod"],"instance":["a","b"],"service":["api"]}}`+"\n" {
		t.Errorf("labels are %s", got)
	}
	type list struct {
		Profiles []struct {
			ID, URL string
			Labels  map[string]string
			Totals  []int64
		}
		More bool
	}
	all := parse[list](t, s.get("/api/v1/profiles", "query", `{env=~"pr.*"}`))
	if len(all.Profiles) != 2 || all.More || all.Profiles[0].Labels["service"] != "api" {
		t.Errorf("profiles are %+v", all)
	}
	if some := parse[list](t, s.get("/api/v1/profiles", "limit", "3")); len(some.Profiles) != 3 || !some.More {
		t.Errorf("three profiles of four are %+v", some)
	}
	series := parse[struct {
		Series []struct {
			Labels     map[string]string
			SampleType struct{ Type string } `json:"sample_type"`
			Points     [][3]float64
		}
	}](t, s.get("/api/v1/series", "type", "cpu", "by", "env", "query", `{service="api"}`, "step", "1h", "until", "now+1h", "from", "now-2h"))
	got := map[string]float64{}
	for _, x := range series.Series {
		for _, p := range x.Points {
			got[x.Labels["env"]+" "+x.SampleType.Type] += p[1]
		}
	}
	if got["prod samples"] != 9 || got["dev samples"] != 7 || got["prod cpu"] != 9e7 {
		t.Errorf("series are %v", got)
	}
	one := s.get("/api/v1/profile", "id", all.Profiles[0].ID)
	if p, err := profile.ParseData([]byte(one)); err != nil || len(p.Sample) == 0 {
		t.Errorf("a single profile: %v, %v", p, err)
	}
}

// Each format holds the same profile.
func TestFormats(t *testing.T) {
	s := shop(t)
	get := func(f string) string {
		return s.get("/api/v1/merge", "query", `{service="api"}`, "type", "cpu", "format", f, "sample", "samples")
	}
	for _, f := range []string{"svg", "html", "pb.gz"} {
		p, err := format.Decode(strings.NewReader(get(f)), format.Options{})
		if f == "html" {
			if !strings.HasPrefix(get(f), "<!DOCTYPE html>") {
				t.Errorf("html is %.40s", get(f))
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", f, err)
			continue
		}
		if i, err := p.TypeIndex("samples"); err != nil || p.Total(i) != 16 || i != p.Default {
			t.Errorf("%s has the total %d, default %d", f, p.Total(i), p.Default)
		}
	}
	if got := get("folded"); got != "main;rest 1\nmain;work 15\n" {
		t.Errorf("folded is %q", got)
	}
	type node struct {
		Name     string
		Value    float64
		Children []node
	}
	tree := parse[struct{ Tree node }](t, get("json")).Tree
	if tree.Name != "all" || tree.Value != 16 || tree.Children[0].Name != "main" || len(tree.Children[0].Children) != 2 {
		t.Errorf("json is %+v", tree)
	}
	scope := parse[struct {
		Schema   string `json:"$schema"`
		Profiles []struct {
			Name     string
			EndValue float64
			Samples  [][]int
		}
		Shared struct{ Frames []struct{ Name string } }
	}](t, get("speedscope"))
	if len(scope.Profiles) != 2 || scope.Profiles[0].EndValue != 16 || scope.Shared.Frames[scope.Profiles[0].Samples[0][0]].Name != "main" {
		t.Errorf("speedscope is %+v", scope)
	}
	top := parse[struct {
		Total float64
		Rows  []struct {
			Name      string
			Flat, Cum float64
		}
	}](t, s.get("/api/v1/top", "query", `{service="api"}`, "type", "cpu", "sample", "samples"))
	if top.Total != 16 || top.Rows[0].Name != "work" || top.Rows[0].Flat != 15 || top.Rows[2].Name != "main" || top.Rows[2].Cum != 16 {
		t.Errorf("top is %+v", top)
	}
}

// A recursive function costs what its stacks do, once.
func TestTopRecursion(t *testing.T) {
	s := newSite(t, serve.Options{})
	id := s.push([]byte("a;b;a;b 3\na;c 1\n"), "service", "x")
	got := s.get("/api/v1/top", "id", id, "sort", "cum")
	if !strings.Contains(got, `{"name":"a","flat":0,"cum":4},{"name":"b","flat":3,"cum":3}`) {
		t.Errorf("top is %s", got)
	}
}

func TestDiff(t *testing.T) {
	s := newSite(t, serve.Options{})
	before := s.push(cpu(t, "main;work 4", "main;gone 4"), "service", "api")
	after := s.push(cpu(t, "main;work 2", "main;new 2"), "service", "api")
	query := []string{"before_id", before, "after_id", after, "sample", "samples", "format", "folded"}
	if got := s.get("/api/v1/diff", query...); got != "main;gone 2 0\nmain;new 0 2\nmain;work 2 2\n" {
		t.Errorf("normalised difference is %q", got)
	}
	if got := s.get("/api/v1/diff", append(query, "normalize", "0")...); got != "main;gone 4 0\nmain;new 0 2\nmain;work 4 2\n" {
		t.Errorf("difference is %q", got)
	}
	svg := s.get("/api/v1/diff", "before_id", before, "after_id", after, "format", "svg")
	p, err := format.Decode(strings.NewReader(svg), format.Options{})
	if err != nil || !p.Differential() {
		t.Errorf("the picture of a difference: %v", err)
	}
	bytesOnly := &profile.Profile{SampleType: []*profile.ValueType{{Type: "space", Unit: "bytes"}}}
	var b bytes.Buffer
	if err := bytesOnly.Write(&b); err != nil {
		t.Fatal(err)
	}
	other := s.push(b.Bytes(), "service", "api", "type", "other")
	if status, _, body := s.call("GET", address("/api/v1/diff", "before_id", other, "after_id", after), nil); status != 422 || !strings.Contains(body, "compare profiles of one type") {
		t.Errorf("unlike profiles give %d: %s", status, body)
	}
}

// go tool pprof reads a merge by its plain address.
func TestGoToolPprof(t *testing.T) {
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("skipped: there is no go on PATH")
	}
	s := shop(t)
	cmd := exec.Command(tool, "tool", "pprof", "-top", "-sample_index=samples", s.URL+address("/api/v1/merge", "query", `{service="api"}`, "type", "cpu"))
	cmd.Env = append(cmd.Environ(), "PPROF_TMPDIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "15 93.75% 93.75%         15 93.75%  work") {
		t.Errorf("go tool pprof: %v\n%s", err, out)
	}
}

// A failure is an answer with a cause, a hint and a status.
func TestErrors(t *testing.T) {
	s := shop(t)
	for _, c := range []struct {
		method, path string
		status       int
		want         string
	}{
		{"GET", "/api/v1/merge", 400, "type is missing"},
		{"GET", "/api/v1/merge?type=cpu&from=yesterday", 400, "now-1h"},
		{"GET", "/api/v1/merge?type=cpu&from=now&until=now-1h", 400, "is empty"},
		{"GET", "/api/v1/merge?type=cpu&query=api", 400, "PromQL"},
		{"GET", address("/api/v1/merge", "type", "cpu", "query", `{a=~"("}`), 400, "missing closing"},
		{"GET", "/api/v1/merge?type=nothing", 404, "no profile matches"},
		{"GET", "/api/v1/merge?type=cpu&format=gif", 400, "speedscope"},
		{"GET", address("/api/v1/merge", "type", "cpu", "query", `{service="api"}`, "sample", "inuse_space"), 400, "it has samples, cpu"},
		{"GET", "/api/v1/merge?type=cpu&colors=plaid", 400, "package"},
		{"GET", "/api/v1/merge?type=cpu&fromm=now-1h", 400, `no parameter \"fromm\"`},
		{"GET", "/api/v1/merge?id=nonsense", 404, "id"},
		{"GET", "/api/v1/merge?id=a/b/20060102T150405.000000000Z-0000000000000000", 404, "no such profile"},
		{"GET", "/api/v1/profile", 400, "id is missing"},
		{"GET", "/api/v1/types", 400, "service is missing"},
		{"GET", "/api/v1/series?type=cpu&step=1ns", 400, "step"},
		{"GET", "/api/v1/series?type=cpu&from=now-365d&step=1s", 400, "at least"},
		{"GET", "/api/v1/profiles?limit=0", 400, "whole number"},
		{"GET", "/api/v1/merge?type=%zz", 400, "percent"},
		{"GET", "/api/v1/nothing", 404, "openapi.json"},
		{"POST", "/api/v1/profiles", 400, "service is missing"},
		{"POST", "/api/v1/profiles?service=x", 422, "empty"},
		{"POST", "/api/v1/profiles?service=x&service=y", 400, "once"},
		{"POST", "/api/v1/profiles?service=x&time=soon", 400, "now-1h"},
		{"POST", "/ingest", 400, "app{env=prod"},
		{"POST", "/ingest?name=a{b", 400, "app{env=prod"},
		{"POST", "/ingest?name=a&format=jfr", 400, "jfr"},
		{"POST", "/api/v1/captures", 400, "targets"},
		{"GET", "/api/v1/captures/none", 404, "no such capture"},
		{"POST", "/-/reload", 404, "--config"},
	} {
		status, h, body := s.call(c.method, c.path, nil)
		var v struct {
			Error, Hint string
			Status      int
		}
		if err := json.Unmarshal([]byte(body), &v); err != nil || status != c.status || v.Status != status || v.Error == "" || !strings.Contains(body, c.want) {
			t.Errorf("%s %s gives %d %s (%v), want %d with %q", c.method, c.path, status, body, err, c.status, c.want)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(h.Get("Content-Type"), "application/json") {
			t.Errorf("%s %s has the header %v", c.method, c.path, h)
		}
	}
}

func TestCaching(t *testing.T) {
	s := shop(t)
	path := address("/api/v1/merge", "type", "cpu", "query", `{service="api"}`, "format", "svg", "from", "now-1h")
	_, h, plain := s.call("GET", path, nil)
	tag := h.Get("ETag")
	if tag == "" {
		t.Fatalf("there is no ETag: %v", h)
	}
	if status, _, body := s.call("GET", path, nil, "If-None-Match", tag); status != 304 || body != "" {
		t.Errorf("with its tag the answer is %d, %d bytes", status, len(body))
	}
	_, h, body := s.call("GET", path, nil, "Accept-Encoding", "gzip")
	if h.Get("Content-Encoding") != "gzip" || len(body) >= len(plain) {
		t.Errorf("asked for gzip: %v, %d bytes of %d", h, len(body), len(plain))
	}
	z, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(z); err != nil || b.String() != plain {
		t.Errorf("the compressed answer is another one: %v", err)
	}
	if _, h, _ := s.call("GET", strings.Replace(path, "format=svg", "format=pb.gz", 1), nil, "Accept-Encoding", "gzip"); h.Get("Content-Encoding") != "" {
		t.Errorf("a profile is compressed twice: %v", h)
	}
	if _, h, _ := s.call("GET", strings.Replace(path, "format=svg&", "", 1), nil, "Accept", "text/html,*/*"); h.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("a browser gets %v", h)
	}
}

func TestParseTime(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"now": "2026-11-24T12:00:00Z", "now-1h": "2026-11-24T11:00:00Z", "now-1d12h": "2026-11-23T00:00:00Z", "now+5m": "2026-11-24T12:05:00Z",
		"1700000000": "2023-11-14T22:13:20Z", "1700000000.5": "2023-11-14T22:13:20.5Z", "1700000000500": "2023-11-14T22:13:20.5Z",
		"2026-11-24T08:00:00+01:00": "2026-11-24T07:00:00Z",
		"yesterday":                 "", "now-": "", "now-1": "", "nowish": "", "": "", "NaN": "", "1e300": "", "0001-01-01T00:00:00Z": "", "-1e14": "",
	} {
		got, err := serve.ParseTime(text, now)
		if want == "" && err == nil || want != "" && got.UTC().Format(time.RFC3339Nano) != want {
			t.Errorf("%q is %s, %v, want %s", text, got, err, want)
		}
	}
}

// The description is valid OpenAPI, and each of its paths is answered by a handler.
func TestOpenAPI(t *testing.T) {
	s := newSite(t, serve.Options{})
	doc, err := openapi3.NewLoader().LoadFromData([]byte(s.get("/api/v1/openapi.json")))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Error(err)
	}
	seen := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.Summary == "" || seen[op.OperationID] {
				t.Errorf("%s %s has the id %q and the summary %q", method, path, op.OperationID, op.Summary)
			}
			seen[op.OperationID] = true
			status, h, body := s.call(method, strings.Replace(path, "{id}", "x", 1), nil)
			if status == http.StatusMethodNotAllowed || strings.Contains(body, "there is no GET") || h.Get("Content-Type") == "text/plain" {
				t.Errorf("%s %s gives %d: %s", method, path, status, body)
			}
			// What it says of parameters is what the handler takes.
			if method == "GET" && strings.HasPrefix(path, "/api/v1/") && path != "/api/v1/openapi.json" {
				v := url.Values{}
				for _, p := range op.Parameters {
					if p.Value.In == "query" {
						v.Set(p.Value.Name, "1")
					}
				}
				if _, _, body := s.call(method, path+"?"+v.Encode(), nil); strings.Contains(body, "there is no parameter") {
					t.Errorf("%s: %s", path, body)
				}
			}
		}
	}
	if len(seen) < 20 {
		t.Errorf("only %d operations are described", len(seen))
	}
}

func TestMetrics(t *testing.T) {
	s := shop(t)
	text := s.get("/metrics")
	for _, want := range []string{"flame_store_profiles_total 4", `flame_pushed_profiles_total{outcome="ok"} 4`, "flame_http_request_duration_seconds_count", "go_goroutines"} {
		if !strings.Contains(text, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	if got := s.get("/-/healthy") + s.get("/-/ready"); got != "flame is healthy\nflame is ready\n" {
		t.Errorf("health is %q", got)
	}
	s.service.Close()
	if status, _, _ := s.call("GET", "/-/ready", nil); status != 503 {
		t.Errorf("while it closes, ready gives %d", status)
	}
}
