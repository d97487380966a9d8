package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
)

// TestDocumentedCommands runs every command of the README's sh blocks and of the
// help's examples, with a canned target in place of the hosts they name.
func TestDocumentedCommands(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the documented commands are for a Unix shell")
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := shellLines(string(readme))
	for _, cmd := range commands(&console{}) {
		if cmd.name == "serve" {
			continue // it serves until it is interrupted; it has tests of its own
		}
		lines = append(lines, exampleLines(helpText(cmd))...)
	}
	if len(lines) < 20 {
		t.Fatalf("found only %d commands: %q", len(lines), lines)
	}
	addr, stop, err := startTarget("canned", func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	hosts := strings.NewReplacer(
		"https://app.example.com", "http://"+addr,
		"localhost:8080", addr, "app-1:6060", addr, "app-2:6060", addr)
	for _, line := range lines {
		if line == "make demo" || line == "make test" {
			continue // they are what CI runs, this test among it
		}
		cmd := exec.Command("sh", "-e", "-c", hosts.Replace(line))
		cmd.Dir = documentedFiles(t)
		cmd.Env = append(os.Environ(), "PPROF_TMPDIR="+cmd.Dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
}

// TestDocumentedService starts what the README's shell block starts, on free ports,
// and waits for the service to have a profile of its target.
func TestDocumentedService(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: it captures for seconds")
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(readme), "```shell\n")
	block, _, _ = strings.Cut(block, "```")
	lines := strings.Split(strings.TrimSpace(block), "\n")
	if len(lines) != 2 {
		t.Fatalf("the block has %d lines", len(lines))
	}
	dir, url := t.TempDir(), ""
	for i, line := range lines {
		ready := filepath.Join(dir, strconv.Itoa(i))
		words := strings.Fields(strings.ReplaceAll(line, "localhost:8080", strings.TrimPrefix(url, "http://")))
		cmd := exec.Command(words[0], append(words[1:], "--listen", "127.0.0.1:0", "--ready-file", ready)...)
		cmd.Dir = dir
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer cmd.Wait()
		defer cmd.Process.Kill()
		url = waitForText(t, func() string { b, _ := os.ReadFile(ready); return string(b) })
	}
	waitForText(t, func() string {
		resp, err := http.Get(url + "/api/v1/merge?type=heap&format=folded&query=%7Bservice%3D%22targets%22%7D")
		if err != nil {
			return ""
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != http.StatusOK {
			return ""
		}
		return string(b)
	})
}

// waitForText waits until there is a text, and returns it without space around it.
func waitForText(t *testing.T, get func() string) string {
	t.Helper()
	for range 600 {
		if text := strings.TrimSpace(get()); text != "" {
			return text
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("waited in vain")
	return ""
}

// shellLines are the lines of the sh blocks of a Markdown text.
func shellLines(text string) []string {
	var lines []string
	for i, block := range strings.Split(text, "```") {
		if body, ok := strings.CutPrefix(block, "sh\n"); ok && i%2 == 1 {
			lines = append(lines, strings.Split(strings.TrimSpace(body), "\n")...)
		}
	}
	return lines
}

// exampleLines are the commands of a help text, without what explains them.
func exampleLines(help string) []string {
	var lines []string
	_, examples, _ := strings.Cut(help, "\nExamples\n")
	for line := range strings.Lines(examples) {
		if command, ok := strings.CutPrefix(line, "  flame "); ok {
			command, _, _ = strings.Cut(command, "   ")
			lines = append(lines, "flame "+command)
		}
	}
	return lines
}

// documentedFiles is a directory with the files that the documentation names.
func documentedFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"cpu.pb.gz": mustProfile("cpu"), "monday.pb.gz": mustProfile("cpu"), "tuesday.pb.gz": mustProfile("grown"),
		"app": mustProfile("elf"), "app.pb.gz": mustProfile("cpu"),
		"requests.pb.gz":   labelled(mustProfile("cpu")),
		"stacks.folded.gz": zipped([]byte("main;work 3\n")), "token": []byte("secret\n"),
		"diff.folded":      []byte("main;work 3 5\nmain;rest 2 0\n"),
		"profiles/1.pb.gz": mustProfile("cpu"), "profiles/2.pb.gz": mustProfile("cpu"),
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := makeStore(filepath.Join(dir, "flame-data")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("flame", "cpu.pb.gz")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("write torch.svg: %v\n%s", err, out)
	}
	return dir
}

// The README's table has every flag, by every name.
func TestReadmeListsFlags(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	words := strings.FieldsFunc(string(readme), func(r rune) bool { return strings.ContainsRune(" `,|\n", r) })
	listed := map[string]bool{}
	for _, w := range words {
		listed[w] = true
	}
	for _, f := range (&options{}).specs() {
		for _, n := range f.names {
			if !listed["-"+n] && !listed["--"+n] {
				t.Errorf("the README does not list --%s", n)
			}
		}
	}
}

// labelled is a profile with a label on each sample.
func labelled(data []byte) []byte {
	p, err := profile.ParseData(data)
	if err != nil {
		panic(err)
	}
	for i, s := range p.Sample {
		s.Label = map[string][]string{"handler": {[]string{"/cart", "/buy"}[i%2]}}
		s.NumLabel = map[string][]int64{"bytes": {int64(i) << 12}}
	}
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		panic(err)
	}
	return b.Bytes()
}
