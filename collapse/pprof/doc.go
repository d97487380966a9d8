// Package pprof decodes profiles in pprof's format, profile.proto, straight from
// the wire into a call tree, and encodes call trees in it.
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
//  1. The input is inflated into the buffer in which it is cut into fields, a
//     piece at a time that stays in a processor's cache.
//  2. Stacks are kept as location ids, in the bytes they have on the wire. Samples
//     of one stack that differ in their labels meet in a table. Nothing else is
//     kept of a sample but its values.
//  3. Locations, functions and strings go into flat tables.
//  4. When the input has ended, each location is resolved into its frames, once;
//     then each unique stack, root first, goes into a [collapse.Stacks], which
//     sorts them and makes the tree.
//
// Memory is in proportion to stacks and tables, not to labels. Decoders
// are used again, so that a program which decodes many profiles asks for the
// memory of the tables once.
//
// The older formats that google/pprof still reads are handed to its package
// profile.
package pprof
