package flame_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"flame/collapse"
	"flame/flame"
	"flame/flame/fetch"
	"flame/svg"
)

// A program under watch; a real one imports net/http/pprof.
func exampleTarget() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "main;serve;parse 3\nmain;serve 1\n")
	}))
}

// Ten seconds of a program's CPU time become a flame graph.
func Example() {
	program := exampleTarget()
	defer program.Close()

	target, err := flame.Target(program.URL, fetch.TargetOptions{Seconds: 10})
	if err != nil {
		log.Fatal(err)
	}
	loaded, err := flame.Load(context.Background(), flame.Options{}, target)
	if err != nil {
		log.Fatal(err)
	}
	var picture strings.Builder
	if err := flame.Render(&picture, loaded.Profile, svg.Options{Title: "My service"}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.Contains(picture.String(), "<title>My service</title>"))
	// Output: true
}

// Several sources are merged. Those that fail are named and the others count.
func ExampleLoad() {
	one, two := exampleTarget(), exampleTarget()
	defer one.Close()
	defer two.Close()

	var sources []flame.Source
	for _, url := range []string{one.URL, two.URL} {
		target, err := flame.Target(url, fetch.TargetOptions{Seconds: 10})
		if err != nil {
			log.Fatal(err)
		}
		sources = append(sources, target)
	}
	sources = append(sources, flame.File("no-such-file.pb.gz"))

	loaded, err := flame.Load(context.Background(), flame.Options{}, sources...)
	if err != nil {
		log.Fatal(err)
	}
	collapse.WriteFolded(os.Stdout, loaded.Profile, loaded.Profile.Default)
	fmt.Println(len(loaded.Missing), "missing")
	// Output:
	// main;serve 2
	// main;serve;parse 6
	// 1 missing
}

// A program serves its own flame graphs: /debug/flame?type=heap
func ExampleHandler() {
	mux := http.NewServeMux()
	mux.Handle("/debug/flame", flame.Handler(flame.HandlerOptions{MaxSeconds: 60}))
	server := httptest.NewServer(mux)
	defer server.Close()

	resp, err := http.Get(server.URL + "/debug/flame?type=goroutine")
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status, resp.Header.Get("Content-Type"))
	// Output: 200 OK image/svg+xml; charset=utf-8
}
