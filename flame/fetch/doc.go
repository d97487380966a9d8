// Package fetch turns a target, the place where a running program serves its
// profiles, into the bytes of one profile and their origin.
//
// # Targets
//
// [Parse] is the one parser of the grammar:
//
//	(nothing)                     http://localhost:8080
//	host, host:port, :port        http; :port is localhost
//	[v6]:port, [v6], v6           an IPv6 literal; without brackets it has no port
//	http://…, https://…           any prefix, path and query; user:password@ is basic auth
//	https+insecure://…            https without checking the certificate
//	unix:/run/app.sock            HTTP over a Unix socket (unix:///run/app.sock too)
//	unix:/run/app.sock:/path?q    the same with a URL path and query
//
// Whether an argument is a file is the caller's decision; [LooksLikeURL] helps.
//
// # Which path is asked for
//
// The suffix is the path of the wanted profile, /debug/pprof/profile unless
// given. A suffix without any slash is a profile's name: "heap" is
// /debug/pprof/heap, and "fgprof" is /debug/fgprof, its customary place. It may
// have a query. The first rule that fits decides:
//
//  1. The path is empty or "/": the suffix is the path.
//  2. The last element is "pprof" (/debug/pprof, /admin/pprof/): it is the
//     mount point of the handlers and the suffix's profile is put behind it.
//  3. A suffix was given: it is appended, unless the path ends in it already.
//     A path that already names another profile is an error.
//  4. The last element is a profile's name (heap, profile, fgprof, …) or has an
//     extension, or the path contains /debug/, or the URL has a query: the path
//     is used as it is.
//  5. Otherwise the path is a prefix: the suffix is appended.
//
// Where the end of the path and the start of the suffix overlap (/debug and
// /debug/pprof/heap) they are joined, not repeated. The query is always kept.
//
// # Seconds
//
// CPU profiles, fgprof and traces are captured for a time: the seconds the user
// gave, else those in the URL, else the default. Every other profile is a
// snapshot; it gets seconds only when the user (or the URL) says so and is then
// a delta, which [Origin] and a note say.
//
// # Time
//
// The target may be silent until its capture should be done plus
// [Options.Margin]. After that the body may go on for as long as bytes arrive,
// with no gap longer than the margin and at most [Options.MaxTransfer] in all.
// Cancelling the context closes the connection, whereupon the target stops its
// capture and is free for the next one.
//
// # Failures
//
// Every failure is an [*Error]: one sentence that says what happened and what to
// do next. Passwords, tokens and secret query parameters appear in none of
// [Target.String], [Origin], notes, progress and errors. Nothing is retried but
// a CPU profiler that is busy, and a capture that the user gave no length for
// and whose default length the target's WriteTimeout forbids.
package fetch
