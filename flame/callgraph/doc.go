// Package callgraph draws a [report.Graph]: as SVG, as PNG, or as text for
// Graphviz. It lays the graph out itself, so that nothing has to be installed.
//
// The picture has pprof's signs: a box for each function, larger letters for more
// flat, redder for more cum; an arrow for each call, thicker for more weight,
// dashed where all its calls were inlined and dotted where functions between the
// two are left out.
//
// The layout is layered (Sugiyama, Tagawa, Toda, "Methods for visual
// understanding of hierarchical system structures", 1981): calls that close a
// circle are turned round; functions get layers so that calls lead down and are
// short (see rank); the order within the layers is improved by medians until it
// crosses itself little (see order); and the places in a layer are the least
// squares ones that keep the order (see place). A call that passes layers has a
// point in each of them, and its label has a place of its own.
package callgraph
