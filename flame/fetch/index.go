package fetch

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	maxIndex     = 1 << 20
	indexTimeout = 10 * time.Second
	maxNames     = 24 // shown in a message
)

// Profiles lists the names of the profiles that the target's index page offers,
// sorted, custom ones and "profile" and "trace" included; the index is looked for
// at the pprof mount point of the target's path, then at /debug/pprof/. The error
// is an [*Error].
func (c *Client) Profiles(ctx context.Context, t Target) ([]string, error) {
	var first *Error
	for _, path := range indexPaths(t.path) {
		names, err := c.index(ctx, t, path)
		if err == nil {
			return names, nil
		}
		if first == nil {
			first = err
		}
		if err.Status == 0 || err.Status == http.StatusUnauthorized {
			break
		}
	}
	return nil, first
}

// indexPaths is where the index of a profile's path may be.
func indexPaths(path string) []string {
	const root = mount + "/"
	var paths []string
	if i := strings.LastIndex(path, "/pprof/"); i >= 0 {
		paths = append(paths, path[:i+len("/pprof/")])
	} else if i := strings.Index(path, "/debug/"); i >= 0 {
		paths = append(paths, path[:i]+root)
	}
	if !slices.Contains(paths, root) {
		paths = append(paths, root)
	}
	return paths
}

// index reads one index page.
func (c *Client) index(ctx context.Context, t Target, path string) ([]string, *Error) {
	t.path, t.query = path, queryDel(t.query, "seconds", "debug", "gc", "format")
	t.duration, t.silence, t.delta, t.profile = 0, 0, false, ""
	q, err := c.begin(ctx, "list profiles of", t, newReporter(nil, t))
	if err != nil {
		return nil, err
	}
	defer q.end()
	resp, err := q.do(t.requestURL(t.path, t.query))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	const hint = "import net/http/pprof in the target, or name the right path with --suffix"
	if resp.StatusCode == http.StatusNotFound {
		err := q.fail(nil, hint, "there is no index of profiles (404)")
		err.Status = resp.StatusCode
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, q.status(resp)
	}
	body, err := q.read(resp, maxIndex)
	if err == nil {
		if names := parseIndex(body, resp.Request.URL); len(names) > 0 {
			return names, nil
		}
		err = q.fail(ErrNotProfile, hint, "the page is not an index of profiles")
	}
	err.Status = resp.StatusCode
	return nil, err
}

// link finds the targets of links whatever their quotes: the index of old Go
// versions has none.
var link = regexp.MustCompile(`(?is)<a\s[^>]*?\bhref\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)`)

// parseIndex returns the profiles that an index page of net/http/pprof links to,
// or nothing when the page is something else. Links to outside the page's own
// folder are not profiles, and neither are the helpers cmdline and symbol.
func parseIndex(page []byte, base *url.URL) []string {
	dir := base.Path[:strings.LastIndexByte(base.Path, '/')+1]
	var names []string
	sure := false
	for _, m := range link.FindAllSubmatch(page, 2000) {
		href := html.UnescapeString(strings.Trim(string(m[1]), `"'`))
		u, err := base.Parse(href)
		if err != nil || u.Host != base.Host {
			continue
		}
		name, ok := strings.CutPrefix(u.Path, dir)
		if !ok || name == "" || name == "cmdline" || name == "symbol" || clean(name, 200) != name {
			continue
		}
		// The runtime has these since its first versions: their links are
		// what makes a page an index.
		sure = sure || name == "goroutine" || name == "heap" || name == "profile"
		names = append(names, name)
	}
	if !sure {
		return nil
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// notFound explains a 404 with what the target does have.
func (q *request) notFound(text string) *Error {
	ctx, cancel := context.WithTimeout(q.parent, indexTimeout)
	defer cancel()
	what := "there is no such page (404)"
	if q.target.profile != "" {
		what = fmt.Sprintf("the target has no profile %q here (404)", q.target.profile)
	}
	paths := indexPaths(q.target.path)
	for i, path := range paths {
		names, err := q.Client.index(ctx, q.target, path)
		if err != nil {
			continue
		}
		at := q.target
		at.path, at.query = path, ""
		if i > 0 || !strings.HasPrefix(q.target.path, path) {
			return q.fail(nil, "name one with --suffix, or give that as the target", "%s, but under %s it has %s", what, at, list(names))
		}
		switch {
		case slices.Contains(names, q.target.profile) && (q.target.profile == "profile" || q.target.profile == "trace"):
			return q.fail(nil, "register pprof.Profile and pprof.Trace there, for pprof.Index alone does not serve them", "the target's index lists the profile %q, but its path is not registered (404)", q.target.profile)
		case q.target.profile == "goroutineleak":
			return q.fail(nil, "build the target with Go 1.27 or newer, or choose another with --suffix", "%s, but it has %s", what, list(names))
		case q.target.profile == "fgprof":
			return q.fail(nil, "register fgprof.Handler in the target, or choose another with --suffix", "%s, but it has %s", what, list(names))
		}
		return q.fail(nil, "choose one of them with --suffix", "%s, but it has %s", what, list(names))
	}
	hint := "import net/http/pprof in the target, or name the right path with --suffix"
	if text != "" && !strings.Contains(strings.ToLower(text), "not found") {
		what += ", it says " + clean(text, 120)
	}
	return q.fail(nil, hint, "%s, and no index of profiles at %s", what, strings.Join(paths, " or "))
}

// list names at most maxNames profiles.
func list(names []string) string {
	more := ""
	if len(names) > maxNames {
		names, more = names[:maxNames], ", …"
	}
	return strings.Join(names, ", ") + more
}
