package format

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"sync"

	"flame/svg"
)

// A stranger is something that is no profile but that people hand over as one.
type stranger struct {
	is   func(head []byte) bool
	what string
	hint string
}

// Hints that several strangers share.
const (
	hintProgram   = "give the profile, taken from the running program"
	hintUnpack    = "unpack it first"
	hintNoDebug   = "drop debug= from the URL"
	hintPprofFile = "give it the profile that this was printed from, the .pb.gz file"
	hintCollapse  = "collapse it first, with FlameGraph's stackcollapse-perf.pl or inferno-collapse-perf, and give it the folded stacks"
)

// strangers are tried in this order, before the formats.
var strangers = []stranger{
	{magic("\x7fELF"), "this is a program (ELF), not a profile", hintProgram},
	{magic("MZ"), "this is a program (Windows PE), not a profile", hintProgram},
	{magic("\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe"), "this is a program (Mach-O), not a profile", hintProgram},
	{magic("\xca\xfe\xba\xbe"), "this is a program (Mach-O or Java class), not a profile", hintProgram},
	{magic("PERFILE2", "2ELIFREP"), "this is perf.data, the raw recording of perf", "run perf script on it, and " + hintCollapse},
	{executionTrace, "this is a Go execution trace, not a profile", "open it with go tool trace, or fetch /debug/pprof/profile"},
	{magic("FLR\x00"), "this is a Java Flight Recorder file", "convert it with async-profiler's jfrconv to collapsed stacks"},
	{magic("\x89PNG"), "this is a picture (PNG), not a profile", "give it the profile, or the SVG file of flame"},
	{magic("\xff\xd8\xff"), "this is a picture (JPEG), not a profile", "give it the profile, or the SVG file of flame"},
	{magic("%PDF-"), "this is a PDF document, not a profile", ""},
	{magic("PK\x03\x04"), "this is a zip archive", hintUnpack},
	{magic("\xfd7zXZ\x00"), "this is compressed with xz", hintUnpack},
	{magic("\x28\xb5\x2f\xfd"), "this is compressed with zstd", hintUnpack},
	{magic("\x04\x22\x4d\x18"), "this is compressed with lz4", hintUnpack},
	{bzip2, "this is compressed with bzip2", hintUnpack},
	{tarArchive, "this is a tar archive", hintUnpack},
	{magic("\xff\xfe", "\xfe\xff"), "this is text in UTF-16, as PowerShell's > writes it", "save it as UTF-8, or let the program write the file itself"},
	{magicText("PeriodType:", "Period:"), "this is what go tool pprof -raw prints, not a profile", hintPprofFile},
	{printedReport, "this is a report that go tool pprof printed, not a profile", hintPprofFile},
	{goroutineDump, "this is a goroutine dump, text for people (debug=2)", hintNoDebug},
	{symbolComments, "this is a Go profile as text for people (debug=1)", hintNoDebug},
	{perfScript, "this is the output of perf script, which flame does not read", hintCollapse},
	{json, "this is JSON, not a profile", "give it a pprof profile, folded stacks or an SVG file of flame"},
	{foreignPage, "this is an HTML page, not a profile", "check the URL: /debug/pprof/profile is a profile, /debug/pprof/ is a page"},
}

// foreign returns an [*Error] if the input is a known stranger.
func foreign(head []byte) error {
	for _, s := range strangers {
		if s.is(head) {
			return &Error{What: s.what, Hint: s.hint}
		}
	}
	return nil
}

func magic(prefixes ...string) func([]byte) bool {
	return func(head []byte) bool {
		for _, p := range prefixes {
			if bytes.HasPrefix(head, []byte(p)) {
				return true
			}
		}
		return false
	}
}

func magicText(prefixes ...string) func([]byte) bool {
	is := magic(prefixes...)
	return func(head []byte) bool { return is(firstLine(head)) }
}

func pattern(expr string) func([]byte) bool {
	re := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) }) // most inputs need none
	return func(head []byte) bool { return re().Match(head[:min(len(head), 4096)]) }
}

var (
	// "go 1.22 trace" and zeros to 16 bytes: package internal/trace of Go.
	executionTrace = pattern(`^go 1\.\d+ trace\x00`)
	bzip2          = pattern(`^BZh[1-9]1AY&SY`)
	goroutineDump  = pattern(`^\s*goroutine \d+ (gp=\S+ m=\S+ (mp=\S+ )?)?\[`)
	printedReport  = pattern(`^\s*(File: .*\n(Build ID: .*\n)?Type: |Type: .*\n(Time|Duration|Showing)\b|Showing nodes accounting for )`)
	// A folded stack may begin with "[unknown]" or PHP's "{main}".
	json = pattern(`^(\xef\xbb\xbf)?\s*(\{\s*["}]|\[\s*[\[{"\]])`)
	// The header of perf script, or an event and a frame under it.
	perfScript = pattern(`^(\s*#.*\n|\s*\n)*(# captured on\s*:|\S.*\s\d+(/\d+)?\s.*:[^\n]*\n\s+[0-9a-f]+ \S.*\(.*\)\s*(\n|$))`)
	htmlStart  = pattern(`(?i)^(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--|<!doctype\s+html|<(html|head|body|title|script|meta|pre|h1|p|div)[\s>])`)
)

// foreignPage is a page without a graph of ours near its top: one with a graph is
// for package svg.
func foreignPage(head []byte) bool {
	return htmlStart(head) && !svg.Sniff(head)
}

func tarArchive(head []byte) bool {
	return len(head) >= 262 && string(head[257:262]) == "ustar"
}

// symbolComments knows a text profile of Go's runtime/pprof, where under each
// stack of addresses a comment for each frame names its function. The older
// formats of other programs have no such comments.
func symbolComments(head []byte) bool {
	return isOldText(head) && bytes.Contains(head, []byte("\n#\t0x"))
}

// quoteHead returns the first bytes, safe to print.
func quoteHead(head []byte) string {
	return fmt.Sprintf("%s…", strconv.QuoteToASCII(string(head[:min(len(head), 16)])))
}
