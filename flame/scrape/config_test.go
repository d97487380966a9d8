package scrape

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/discovery/targetgroup"
)

const fleet = `global:
  scrape_interval: 30s
  external_labels: {region: eu}
scrape_configs:
  - job_name: shop
    scheme: https
    path_prefix: /internal/
    params: {tenant: [blue]}
    profiles:
      cpu: {interval: 2m, duration: 15s}
      heap:
      queue: {path: "/debug/pprof/queue?x=1", interval: 5m}
    basic_auth: {username: flame, password: secret}
    tls_config: {insecure_skip_verify: true}
    proxy_url: http://proxy.example:3128
    http_headers: {X-Tenant: {values: [blue]}}
    static_configs:
      - targets: [shop-1:6060, shop-2:6060]
        labels: {env: prod}
    file_sd_configs: [{files: [targets/*.json]}]
    http_sd_configs: [{url: "http://sd.example/targets"}]
    dns_sd_configs: [{names: [shop.example], type: A, port: 6060}]
    relabel_configs:
      - source_labels: [__address__]
        regex: shop-(\d+):.*
        target_label: instance
        replacement: s$1
      - source_labels: [__address__]
        regex: shop-2:.*
        action: drop
  - job_name: rest
    static_configs: [{targets: ["[::1]:6060"]}]
`

func TestParse(t *testing.T) {
	c, err := Parse([]byte(fleet), "/etc/flame")
	if err != nil {
		t.Fatal(err)
	}
	shop, rest := c.Jobs[0], c.Jobs[1]
	if n := len(shop.Discovery); n != 4 {
		t.Errorf("%d discovery configs, want 4", n)
	}
	if len(shop.Profiles) != 3 || len(rest.Profiles) != len(defaultProfiles) {
		t.Errorf("profiles %v and %v", shop.Profiles, rest.Profiles)
	}
	cpu, heap, queue := shop.Profiles["cpu"], shop.Profiles["heap"], shop.Profiles["queue"]
	if time.Duration(cpu.Interval) != 2*time.Minute || time.Duration(cpu.Duration) != 15*time.Second {
		t.Errorf("cpu is %+v", cpu)
	}
	if time.Duration(heap.Interval) != 30*time.Second || heap.Duration != 0 || heap.delta() {
		t.Errorf("heap is %+v", heap)
	}
	if time.Duration(queue.Interval) != 5*time.Minute {
		t.Errorf("queue is %+v", queue)
	}
	def := rest.Profiles["cpu"]
	if time.Duration(def.Interval) != 30*time.Second || time.Duration(def.Duration) != 10*time.Second {
		t.Errorf("the default cpu is %+v", def)
	}
	targets, errs := targetsOf(shop, c.Global.ExternalLabels, []*targetgroup.Group{{
		Targets: []model.LabelSet{{"__address__": "shop-1:6060"}, {"__address__": "shop-2:6060"}, {"__address__": "shop-1:6060"}},
		Labels:  model.LabelSet{"env": "prod"},
	}})
	if len(targets) != 1 || len(errs) != 0 {
		t.Fatalf("targets %v, errors %v", targets, errs)
	}
	one := targets[0]
	if got := one.labels.String(); got != `{env="prod", instance="s1", job="shop", region="eu", service="shop"}` {
		t.Errorf("labels are %s", got)
	}
	ft, err := one.fetchTarget(queue, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := ft.String(); got != "https://shop-1:6060/internal/debug/pprof/queue?x=1&tenant=blue" {
		t.Errorf("queue is fetched from %s", got)
	}
	ft, err = one.fetchTarget(cpu, 15*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if got := ft.String(); got != "https://shop-1:6060/internal/debug/pprof/profile?tenant=blue&seconds=15" {
		t.Errorf("cpu is fetched from %s", got)
	}
}

func TestParseErrors(t *testing.T) {
	const job = "scrape_configs:\n- job_name: a\n"
	for _, c := range []struct{ text, want string }{
		{"scrap_configs: []\n", `line 1: unknown key "scrap_configs"`},
		{job + "  intervall: 3s\n", `line 3: unknown key "intervall"`},
		{job + "  profiles:\n    cpu:\n      seconds: 3\n", `line 5: unknown key "seconds"`},
		{job + "  static_configs:\n  - target: [a:1]\n", `unknown key "target"`},
		{job + "  file_sd_configs: [{file: [a.json]}]\n", `line 3: unknown key "file"`},
		{job + "  relabel_configs: [{source: [a]}]\n", `line 3: unknown key "source"`},
		{job + "  tls_config: {cert: x, caa: y}\n", `line 3: unknown key "caa"`},
		{job + "  scheme: http\n  scheme: https\n", `line 4: the key "scheme" stands twice`},
		{job + "  profiles: [cpu]\n", "line 3: cannot read"},
		{job + "  profiles: {cpu: {interval: soon}}\n", "soon"},
		{"- [", "line 1"},
		{"scrape_configs: [{scheme: http}]\n", "job_name is missing"},
		{job + "- job_name: a\n", `job "a": there are two of that name`},
		{job + "  scheme: ftp\n", `the scheme is "ftp"`},
		{job + "  profiles: {queue: }\n", "profile queue: it needs a path, as it is none of allocs, block"},
		{job + "  profiles: {../x: {path: /x}}\n", "a profile's name"},
		{job + "  profiles: {cpu: {interval: 5s}}\n", "the duration 10s is longer than the interval 5s"},
		{job + "  profiles: {cpu: {duration: 1500ms}}\n", "captures take whole seconds"},
		{job + "  profiles: {heap: {interval: 10ms}}\n", "the interval is 10ms"},
		{job + "  profiles: {mutex: {duration: 5s}}\n", "a difference of snapshots needs no duration"},
		{job + "  static_configs: [{targets: [\"http://a:1\"]}]\n", "is not host:port"},
		{job + "  relabel_configs: [{action: replace, regex: x}]\n", "target_label"},
		{job + "  path_prefix: x\n", "must begin with a slash"},
		{job + "  basic_auth: {username: a}\n  authorization: {credentials: x}\n", "at most one of"},
		{"global: {external_labels: {a-b: c}}\n", "no label name"},
	} {
		_, err := Parse([]byte(c.text), ".")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q gives %v, want %q in it", c.text, err, c.want)
		}
	}
}

// The hashed offsets spread targets over the interval, and are the same each time.
func TestOffsets(t *testing.T) {
	const n, interval = 1200, time.Minute
	buckets := map[int]int{}
	for i := range n {
		tg := &target{id: strings.Repeat("x", i)}
		o := tg.offset("cpu", interval)
		if o < 0 || o >= interval || o != tg.offset("cpu", interval) {
			t.Fatalf("offset %s", o)
		}
		buckets[int(o/(5*time.Second))]++
	}
	for b := range 12 {
		if buckets[b] < n/12/2 || buckets[b] > n/12*2 {
			t.Errorf("bucket %d has %d targets of %d", b, buckets[b], n)
		}
	}
}

func TestUntilNext(t *testing.T) {
	l := newLoop(nil, nil, &target{id: "t"}, "cpu", &ProfileConfig{Interval: model.Duration(time.Minute)})
	offset := l.target.offset("cpu", time.Minute)
	now := time.Unix(0, int64(offset)).Add(1000 * time.Hour)
	for _, c := range []struct {
		since    time.Duration
		failures int
		want     time.Duration
	}{
		{0, 0, time.Minute},
		{time.Second, 0, 59 * time.Second},
		{59 * time.Second, 1, time.Second},
		{0, 2, 2 * time.Minute},
		{0, 3, 4 * time.Minute},
		{0, 30, 6 * time.Minute},
	} {
		if got := l.untilNext(now.Add(c.since), c.failures); got != c.want {
			t.Errorf("%s after the offset with %d failures: wait %s, want %s", c.since, c.failures, got, c.want)
		}
	}
}
