package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// A viewer is a kind of file to measure. All but the first two fields are
// JavaScript: expressions that are asked in each animation frame, and
// statements. term and name are variables of theirs.
type viewer struct {
	name string
	// command returns what writes the file at base with an extension, and that
	// path; nil if it is not on this machine.
	command func(b *bench, source, folded, base string) (*exec.Cmd, string)

	ready    string
	find     string // the middle of the widest box of the function name as [x, y], after scrolling there
	zoomed   string
	unzoom   string
	search   string
	searched string
}

var errNotHere = errors.New("not on this machine")

var viewers = []viewer{
	{
		name: "flame",
		command: func(b *bench, source, _, base string) (*exec.Cmd, string) {
			return exec.Command(b.flame, "-f", base+".svg", source), base + ".svg"
		},
		ready: `performance.getEntriesByName("flame-interactive").length > 0`,
		find: `widest([...document.querySelectorAll(".flame-graph text")].filter((t) => {
			const label = t.textContent;
			return label === name || label.length > 5 && name.endsWith(label);
		}).map((t) => document.querySelector('.flame-graph rect[data-n="' + t.dataset.n + '"]') || t))`,
		zoomed:   `/[#&]z=/.test(location.hash) || document.querySelector('.flame-app button[title^="Reset zoom"]').disabled === false`,
		unzoom:   `document.querySelector('.flame-app button[title^="Reset zoom"]').click()`,
		search:   `const box = document.querySelector(".flame-search input"); box.value = term; box.dispatchEvent(new Event("input", {bubbles: true}))`,
		searched: `document.querySelector(".flame-matched").textContent !== ""`,
	},
	svgViewer("inferno", "inferno-flamegraph"),
	svgViewer("flamegraph.pl", "flamegraph.pl"),
	{
		name: "async-profiler",
		command: func(_ *bench, _, folded, base string) (*exec.Cmd, string) {
			jar := os.Getenv("FLAME_ASYNC_PROFILER_JAR")
			if jar == "" {
				return nil, ""
			}
			return exec.Command("java", "-Xmx12g", "-cp", jar, "FlameGraph", folded, base+".html"), base + ".html"
		},
		ready: `document.readyState === "complete" && root !== undefined`,
		find: `(() => {
			let best, row = 0;
			for (let h = 1; h < levels.length; h++) for (const f of levels[h]) {
				if (f.title === name && (!best || f.width > best.width)) [best, row] = [f, h];
			}
			if (!best) return [];
			const at = () => {
				const r = canvas.getBoundingClientRect();
				return [r.x + (best.left + best.width / 2) * px, reverse ? r.y + row * 16 + 8 : r.bottom - row * 16 - 8];
			};
			scrollBy(0, at()[1] - innerHeight / 2);
			return at();
		})()`,
		zoomed:   `rootLevel > 0`,
		unzoom:   `render()`,
		search:   `search(term)`,
		searched: `document.getElementById("matchval").textContent !== ""`,
	},
}

// svgViewer is flamegraph.pl or what follows it closely.
func svgViewer(name, program string) viewer {
	return viewer{
		name: name,
		command: func(_ *bench, _, folded, base string) (*exec.Cmd, string) {
			path, err := exec.LookPath(program)
			if err != nil {
				return nil, ""
			}
			return exec.Command(path, folded), base + ".svg"
		},
		ready: `document.readyState === "complete"`,
		find: `widest([...document.querySelectorAll("#frames g, #frames > svg > g")]
			.filter((g) => g.querySelector("title").textContent.replace(/ \([^()]*\)$/, "") === name)
			.map((g) => g.querySelector("rect")))`,
		zoomed:   `!document.getElementById("unzoom").classList.contains("hide")`,
		unzoom:   `unzoom()`,
		search:   `search(term)`,
		searched: `document.getElementById("matched").textContent.includes("%")`,
	}
}

// runTool runs a program that must be done within two minutes. Its output goes
// to a file if one is named and it does not write that itself.
func runTool(ctx context.Context, cmd *exec.Cmd, out string) error {
	var messages bytes.Buffer
	cmd.Stderr = &messages
	if out != "" {
		os.Remove(out)
	}
	f, err := os.CreateTemp("", "flame-bench-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	cmd.Stdout = f
	if err := cmd.Start(); err != nil {
		return err
	}
	timer := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()
	err = cmd.Wait()
	if !timer.Stop() {
		return errors.New("over 2 min to write")
	}
	if err != nil {
		return fmt.Errorf("run %s: %w: %s", cmd.Path, err, lastLine(messages.String()))
	}
	if out == "" {
		return nil
	}
	if _, err := os.Stat(out); err == nil {
		return nil
	}
	text, err := os.ReadFile(f.Name())
	if err != nil {
		return err
	}
	return os.WriteFile(out, text, 0o600)
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// wideFunction returns a function to zoom into: one in the middle of the graph
// whose widest box is a sixth to two thirds of it, found by following the
// heaviest calls from the root.
func wideFunction(folded string) (string, error) {
	var best string
	prefix := ""
	var all int64
	for range 25 {
		totals := map[string]int64{}
		var sum int64
		err := eachStack(folded, func(stack string, count int64) {
			sum += count
			if rest, ok := strings.CutPrefix(stack, prefix); ok {
				name, _, _ := strings.Cut(rest, ";")
				totals[name] += count
			}
		})
		if err != nil {
			return "", err
		}
		if prefix == "" {
			all = sum
		}
		var heaviest string
		for name, total := range totals {
			if total > totals[heaviest] || total == totals[heaviest] && name < heaviest {
				heaviest = name
			}
		}
		share := float64(totals[heaviest]) / float64(all)
		if share < 1.0/6 {
			break
		}
		// The label has to fit its box, by which it is found.
		if share < 2.0/3 && float64(len(heaviest))*7 < share*1100 || best == "" {
			best = heaviest
		}
		prefix += heaviest + ";"
	}
	if best == "" {
		return "", errors.New("no function is wide enough to zoom into")
	}
	return best, nil
}

func eachStack(path string, do func(stack string, count int64)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		line := lines.Text()
		i := strings.LastIndexByte(line, ' ')
		if i < 0 {
			continue
		}
		count, err := strconv.ParseInt(line[i+1:], 10, 64)
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		do(line[:i], count)
	}
	return lines.Err()
}
