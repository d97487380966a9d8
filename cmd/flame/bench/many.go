package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

// manyFiles is how many profiles are merged, by flame and by the peer: the peer
// takes them on its command line.
const manyFiles = 1000

// many measures the merging of many profiles of one program.
func (b *bench) many(ctx context.Context, match *regexp.Regexp, t *table) error {
	const name = "merge 1000"
	if !match.MatchString(name) || ctx.Err() != nil {
		return nil
	}
	source := filepath.Join(b.data, inputs[0].file)
	if _, err := os.Stat(source); inputs[0].file == "" || err != nil {
		if source, err = b.generate(ctx, 1000, ".pb.gz"); err != nil {
			return err
		}
	}
	n := manyFiles
	if b.quick {
		n = 5
	}
	dir, err := b.copies(source, n)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	progress(name, "files")
	t.begin(fmt.Sprintf("%d times %s", n, filepath.Base(source)))
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return err
	}
	size := sizes{Profile: n * int(info.Size())}
	w := whole{
		name: "merge files", flame: []string{"-q", "-p", dir},
		peers: []peer{{
			name: "go tool pprof -proto", needs: []string{"go"},
			argv: append([]string{"go", "tool", "pprof", "-proto", "-output", filepath.Join(b.dir, "merged.pb.gz")}, files...),
		}},
		bytes: func(s sizes) int { return s.Profile },
	}
	return b.whole(ctx, t, w, size, 0, dir, "")
}

// copies fills a folder with files of the same profile.
func (b *bench) copies(source string, n int) (dir string, err error) {
	if dir, err = os.MkdirTemp(b.dir, "many-"); err != nil {
		return "", err
	}
	data, err := os.ReadFile(source)
	if err != nil {
		return "", err
	}
	for i := range n {
		if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(i)+".pb.gz"), data, 0o666); err != nil {
			return "", err
		}
	}
	return dir, nil
}
