package serve_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"flame/flame/serve"
)

// FuzzParameters sends anything as parameters: there must be an answer, and no
// answer says that flame made a mistake.
func FuzzParameters(f *testing.F) {
	s := shop(f)
	paths := []string{"services", "labels", "types", "series", "profiles", "profile", "merge", "diff", "top", "captures", "targets", "status"}
	for i := range paths {
		f.Add(uint8(i), "type=cpu&query={service=\"api\"}&from=now-1h&format=folded")
	}
	f.Add(uint8(6), "id=a/b/c&format=svg")
	f.Add(uint8(7), "type=cpu&before_from=now-2h&before_until=now-1h&after_from=now-1h")
	f.Add(uint8(3), "type=cpu&step=1s&by=env&by=&from=0&until=1e9")
	f.Fuzz(func(t *testing.T, which uint8, query string) {
		path := "/api/v1/" + paths[int(which)%len(paths)]
		if slices.ContainsFunc([]byte(query), func(c byte) bool { return c <= ' ' || c >= 0x7f || c == '#' }) {
			query = url.QueryEscape(query)
		}
		req, err := http.NewRequest("GET", s.URL+path+"?"+query, nil)
		if err != nil {
			return
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode >= 500 {
			t.Errorf("%s?%s gives %d", path, query, resp.StatusCode)
		}
	})
}

// FuzzPush sends anything as a profile.
func FuzzPush(f *testing.F) {
	s := newSite(f, serve.Options{})
	f.Add([]byte("main;work 3\n"), "service=a&env=b", "")
	f.Add(cpu(f, "main;work 3"), "name=a{b=c}&from=1700000000", "application/octet-stream")
	f.Add([]byte("--x\r\nContent-Disposition: form-data; name=\"profile\"\r\n\r\nmain 1\r\n--x--"), "name=a", "multipart/form-data; boundary=x")
	f.Fuzz(func(t *testing.T, body []byte, query, contentType string) {
		for _, path := range []string{"/api/v1/profiles", "/ingest"} {
			v, err := url.ParseQuery(query)
			if err != nil {
				return
			}
			req, err := http.NewRequest("POST", fmt.Sprintf("%s%s?%s", s.URL, path, v.Encode()), bytes.NewReader(body))
			if err != nil {
				return
			}
			for _, c := range []byte(contentType) {
				if c < ' ' || c >= 0x7f {
					return
				}
			}
			req.Header.Set("Content-Type", contentType)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode >= 500 {
				t.Errorf("%s?%s gives %d", path, query, resp.StatusCode)
			}
		}
	})
}
