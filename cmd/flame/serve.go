package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"flame/flame/scrape"
	"flame/flame/serve"
	"flame/flame/store"

	"github.com/prometheus/client_golang/prometheus"
)

// serveOptions is what the flags of flame serve say.
type serveOptions struct {
	listen    string
	data      string
	targets   []string
	config    string
	check     bool
	webConfig string
	open      bool
	logFormat string
	readyFile string
}

func serveCommand(c *console) *command {
	o := &serveOptions{listen: "127.0.0.1:4040", data: "flame-data", logFormat: "text"}
	return &command{
		name:  "serve",
		usage: "capture, keep, merge and compare the profiles of many programs",
		long: `Without a flag it serves http://127.0.0.1:4040, keeps its profiles in ./flame-data and
takes its own: the first flame graph is there after some seconds. A SIGHUP, or a POST to
/-/reload, has it read its configuration again. The API is described at
/api/v1/openapi.json, and takes what clients of Pyroscope push.
`,
		specs: o.specs(),
		tail: `Examples
  flame serve --target app-1:6060 --target app-2:6060
  flame serve --config flame.yml --data /var/lib/flame
  flame serve --config flame.yml --check-config
`,
		run: func(ctx context.Context, args []string) error {
			if len(args) > 0 {
				return usageErrorf("serve takes no arguments, and there is %q; a target is given with --target", args[0])
			}
			if len(o.targets) > 0 && o.config != "" {
				return usageErrorf("--target and --config are both given; name the targets in the configuration")
			}
			if o.check && o.config == "" {
				return usageErrorf("--check-config needs --config FILE")
			}
			return o.run(ctx, c)
		},
	}
}

func (o *serveOptions) specs() []*flagSpec {
	return append(withStage("Targets: what is profiled", []*flagSpec{
		{names: []string{"target"}, arg: "HOST:PORT", value: listVar(&o.targets), usage: "a program with net/http/pprof; again for more"},
		{names: []string{"config"}, arg: "FILE", value: textVar(&o.config), usage: "targets, retention and tokens, in the shape of\nPrometheus's configuration"},
		{names: []string{"check-config"}, value: switchVar(&o.check), usage: "only check the configuration"},
	}), withStage("Service: where it is and who may use it", []*flagSpec{
		{names: []string{"listen"}, arg: "HOST:PORT", value: textVar(&o.listen), usage: "where to serve; port 0 takes a free one\n(" + o.listen + ")"},
		{names: []string{"data"}, arg: "DIR", value: textVar(&o.data), usage: "where profiles are kept: a directory, or\ns3://BUCKET/PREFIX?region=NAME (" + o.data + ")"},
		{names: []string{"web-config"}, arg: "FILE", value: textVar(&o.webConfig), usage: "TLS and users, as Prometheus's exporters take them"},
		{names: []string{"allow-anonymous"}, value: switchVar(&o.open), usage: "serve other machines without a login"},
		{names: []string{"log-format"}, arg: "NAME", words: []string{"text", "json"}, value: enumVar(&o.logFormat, []string{"text", "json"}), usage: "text or json (text)"},
		{names: []string{"ready-file"}, arg: "FILE", value: textVar(&o.readyFile), usage: "write the URL to FILE once flame answers there"},
	})...)
}

// A service is flame serve at work.
type service struct {
	o       *serveOptions
	log     *slog.Logger
	address string
	scraper *scrape.Manager
	server  *serve.Server
	web     *serve.WebConfig
}

func (o *serveOptions) run(ctx context.Context, c *console) error {
	config, web, err := o.read()
	if err != nil {
		return err
	}
	if o.check {
		return printText(c.out, fmt.Sprintf("%s is right: %d jobs\n", o.config, len(config.Jobs)))
	}
	s := &service{o: o, web: web, log: slog.New(slog.NewTextHandler(c.err, nil))}
	if o.logFormat == "json" {
		s.log = slog.New(slog.NewJSONHandler(c.err, nil))
	}
	auth, err := serve.NewAuth(config, web)
	if err != nil {
		return err
	}
	l, err := o.listener(ctx, auth != nil)
	if err != nil {
		return err
	}
	s.address = l.Addr().String()
	if err := s.serve(ctx, c, l, config, auth); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// read reads the configuration, or makes it of the flags, and the web
// configuration, nil if there is none.
func (o *serveOptions) read() (*serve.Config, *serve.WebConfig, error) {
	config := &serve.Config{}
	var err error
	if o.config != "" {
		if config, err = serve.ReadConfig(o.config); err != nil {
			return nil, nil, err
		}
	} else if len(o.targets) > 0 {
		config.Jobs = append(config.Jobs, scrape.NewStatic("targets", o.targets...))
	}
	if err := config.Validate(); err != nil {
		return nil, nil, usageErrorf("%w", err)
	}
	if o.webConfig == "" {
		return config, nil, nil
	}
	web, err := serve.ReadWebConfig(o.webConfig)
	return config, web, err
}

// listener opens the address, unless everybody could use it there.
func (o *serveOptions) listener(ctx context.Context, login bool) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.listen)
	if err != nil {
		return nil, fmt.Errorf("serve: %w; choose another address with --listen", err)
	}
	if a, ok := l.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() && !login && !o.open {
		l.Close()
		return nil, fmt.Errorf("serve: other machines could reach %s and nobody would need a login; give users with --web-config or tokens in the configuration, or say --allow-anonymous", l.Addr())
	}
	return l, nil
}

func (s *service) serve(ctx context.Context, c *console, l net.Listener, config *serve.Config, auth *serve.Auth) (err error) {
	defer l.Close()
	bucket, err := store.OpenBucket(s.o.data)
	if err != nil {
		return err
	}
	kept, err := store.Open(ctx, bucket, store.Options{Retention: config.Storage.Retention()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	registry := prometheus.NewRegistry()
	if s.scraper, err = scrape.NewManager(scrape.Options{Sink: serve.Sink{Store: kept}, Registerer: registry, Logger: s.log}); err != nil {
		return err
	}
	defer s.scraper.Close()
	s.server, err = serve.New(serve.Options{
		Store: kept, Scraper: s.scraper, Metrics: registry, Logger: s.log, Version: versionText(),
		Auth: auth, AnyHost: s.o.open, Reload: s.reload, Capture: config.Capture,
	})
	if err != nil {
		return err
	}
	defer s.server.Close()
	if err := s.apply(config); err != nil {
		return err
	}
	background, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		kept.Run(background, time.Minute)
	}()
	defer func() { stop(); <-done }()
	return s.listen(ctx, c, l)
}

// apply hands the targets to the scraper, flame itself among them.
func (s *service) apply(config *serve.Config) error {
	scraped := config.Config
	scraped.Jobs = append(append([]*scrape.JobConfig(nil), scraped.Jobs...), serve.SelfJob("flame", s.address))
	if err := scraped.Validate(); err != nil {
		return err
	}
	return s.scraper.Apply(&scraped)
}

// reload reads the configuration again. If it is wrong the one before stays.
func (s *service) reload() error {
	config, web, err := s.o.read()
	if err != nil {
		return err
	}
	auth, err := serve.NewAuth(config, web)
	if err == nil {
		err = s.server.Configure(auth, config.Capture)
	}
	if err == nil {
		err = s.apply(config)
	}
	if err == nil {
		s.log.Info("configuration read again", "jobs", len(config.Jobs))
	}
	return err
}

// shutdownTime is what requests under way have when flame is to end.
const shutdownTime = 10 * time.Second

// listen serves until ctx ends, and then lets the requests under way end.
func (s *service) listen(ctx context.Context, c *console, l net.Listener) error {
	scheme := "http"
	h := &http.Server{
		Handler: s.server, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	if s.web != nil && s.web.TLS != nil {
		scheme = "https"
		l = tls.NewListener(l, s.web.TLS)
	}
	url := scheme + "://" + s.address
	if s.o.readyFile != "" {
		if err := writeFile(s.o.readyFile, func(w io.Writer) error { return printText(w, url+"\n") }); err != nil {
			return err
		}
	}
	c.note("flame serves %s and keeps its profiles in %s", url, s.o.data)
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(l) }()
	for {
		select {
		case <-hangup:
			if err := s.reload(); err != nil {
				s.log.Error("the configuration before stays in force", "error", err)
			}
		case err := <-failed:
			return err
		case <-ctx.Done():
			s.server.Close()
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
			defer cancel()
			if err := h.Shutdown(end); err != nil && !errors.Is(err, context.DeadlineExceeded) {
				return err
			}
			return nil
		}
	}
}
