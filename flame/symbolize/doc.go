// Package symbolize gives the addresses of a profile the functions, files and
// lines that a program's own tables have for them. Profiles of C, C++ and Rust, and
// of Go by perf and the like, hold addresses only; the program knows the rest.
//
// It reads ELF and Mach-O with the standard library, and needs no binutils: DWARF
// for functions, lines and what was inlined; Go's line table, which a stripped
// program keeps; and the symbol table for whatever is left. A program whose build
// id is not the profile's is left alone, for its tables would name wrong functions.
package symbolize
