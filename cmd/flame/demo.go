package main

import (
	"context"
	"fmt"
	"io"
	"net"

	"flame/cmd/flame/demo"
)

func demoCommand(c *console) *command {
	listen, readyFile := "127.0.0.1:8080", ""
	return &command{
		name:  "demo",
		usage: "serve a program under load, to try flame on",
		long: `The program is a small shop with hot spots of every kind: CPU, allocations, locks,
channels and many goroutines. It serves net/http/pprof at /debug/pprof/ and fgprof at
/debug/fgprof until it is interrupted.
`,
		specs: []*flagSpec{
			{names: []string{"listen"}, arg: "HOST:PORT", stage: "Demo", value: textVar(&listen),
				usage: "where to serve; port 0 takes a free one (" + listen + ")"},
			{names: []string{"ready-file"}, arg: "FILE", stage: "Demo", value: textVar(&readyFile),
				usage: "write the URL to FILE once the program answers there"},
		},
		run: func(ctx context.Context, args []string) error {
			if len(args) > 0 {
				return usageErrorf("demo takes no arguments, and there is %q; flame demo --help shows its flags", args[0])
			}
			return serveDemo(ctx, c, listen, readyFile)
		},
	}
}

func serveDemo(ctx context.Context, c *console, listen, readyFile string) error {
	shop := demo.New(demo.Options{})
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("serve demo: %w; choose another address with --listen", err)
	}
	url := "http://" + l.Addr().String()
	if readyFile != "" {
		err := writeFile(readyFile, func(w io.Writer) error { return printText(w, url+"\n") })
		if err != nil {
			l.Close()
			return err
		}
	}
	c.note("the demo serves %s; try: flame -u %s -t 5", url, l.Addr())
	return shop.Serve(ctx, l)
}
