// Package pprof decodes profiles in pprof's format, profile.proto, straight from
// the wire into a call tree.
//
// The format is specified by proto/profile.proto in github.com/google/pprof. A
// message has tables of strings, functions, locations and mappings that refer to
// each other by id, and samples that refer to locations, leaf first. Its fields
// may come in any order: the Go runtime writes each location before the first
// sample that uses it and the strings last, google/pprof's own writer puts the
// samples first.
//
// So [Decode] works in one pass and one resolution:
//
//  1. The input is inflated (in a goroutine of its own, so that inflating and
//     decoding overlap) and cut into top-level fields.
//  2. A sample's stack becomes a path in a tree of locations, root first. Stacks
//     that share a prefix with the sample before share its nodes without a
//     look-up. Nothing is kept of a sample but its values.
//  3. Locations, functions and strings go into flat tables.
//  4. When the input has ended, each node of the location tree is resolved into
//     its frames, outermost caller first, in a [collapse.Builder].
//
// Memory is in proportion to unique stacks and tables, never to samples, and the
// number of allocations does not depend on the size of the input, but for the
// growth of the tables.
//
// The older formats that google/pprof still reads are handed to its package
// profile.
package pprof
