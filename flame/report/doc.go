// Package report answers what "go tool pprof" answers, from the model alone: which
// functions cost most ([MakeTop]), who calls them and whom they call
// ([MakeTree]), the stacks themselves ([MakeTraces]), the lines of a function
// ([MakeList]), and the call graph ([MakeGraph]).
//
// A report is a value: rows with numbers in stored units (see
// [collapse.ValueType.Scale]) and one writer each for people (text), for tools
// (JSON) and for issues and wikis (Markdown). Flat and cum are pprof's words for
// what a function itself costs and what it costs with its callees; a function
// that is on a stack twice counts once.
//
// The numbers, their units and the order of the rows are google/pprof's for the
// same flags. Its rules, which the tests hold this package to:
//
//   - A function's rows are one whatever file or address it is in; frames that
//     were inlined are the function's too, and marked on its edges.
//   - What has less than a fraction of the total is left out, first functions by
//     cum, then edges by weight. A call through a function that is left out is an
//     edge from the nearest caller that is not (a residual edge).
//   - The total is the sum of the absolute values; of a difference it is that of
//     the base.
//
// Names come from profiles, so from anyone: the text and Markdown writers make
// control characters and the marks that reorder text visible.
package report
