// Package svg draws a profile as one SVG file, or one HTML page with the same
// graph, that is three things at once:
//
//   - a static picture, which any viewer without scripts shows;
//   - the whole profile, every node and every sample type, which [Read] turns
//     back into a [collapse.Profile];
//   - the viewer, a script of our own that decodes the data and keeps only what
//     is visible in the document. It needs no network and no other file.
//
// [Write] makes the same bytes from the same profile and [Options], every time.
//
// # The file
//
//	<svg class="flame" viewBox="0 0 W H" …>
//	<title>, <desc>          what it shows, in words
//	<style>                  viewer.css: the static picture in the dark
//	<g class="flame-static"> the picture: rectangles by colour, labels in preorder
//	<metadata class="flame-data">    the payload
//	<metadata class="flame-viewer">  the viewer and its style: a zlib stream in base91
//	<script>                 loader.js, which unpacks both and runs the viewer
//
// The static picture stands before the data, so that it shows while they still
// load. The HTML page holds this very element, without the title that the page
// has; its root has the class flame-page.
//
// [ContentSecurityPolicy] is for those who serve it.
//
// There are no ids, so that several graphs can stand in one page, and the picture
// is right without style and script. Nothing that comes from a profile becomes
// markup: names go through [Visible] and are escaped.
//
// # The payload, version 2
//
// The text of the metadata element is "FLM2:" and the payload as a zlib stream
// (RFC 1950) in the characters of package base91. uvarint is unsigned LEB128,
// svarint its zigzag form for signed numbers. A list is of uvarints too, but with
// their bytes in another order: the first bytes of all its numbers, then the
// second bytes of those that have one, and so on. The payload is:
//
//  1. uvarint length and that many bytes of JSON: how the profile was taken and
//     how it is to be shown (see payloadMeta). Of view, classes are the frames'
//     [Class] as runs, class, number of frames, class, number and so on in the
//     order of [collapse.FrameID]; legend says what the frames' colours mean; diff
//     is the scale of a difference in flame's own colours. All of view is for the
//     viewer, [Read] passes over it.
//  2. Frames: uvarint F; a list of F, how many bytes the name shares with the one
//     before; a list of F, the length of the rest; all the rests, raw bytes; F
//     bytes of [collapse.Kind].
//  3. Colours: uvarint C; C × 3 bytes RGB; a list of F, the frame's colour.
//  4. Tree, by frame, where the root has a frame of its own after all others:
//     uvarint N, the nodes, the root included; a list of F, how many nodes each
//     frame has; a list of F+1, how many different frames each frame calls; a list
//     of these callees' [collapse.FrameID], frame by frame, for each in ascending
//     order, less the one before of the same frame; and then, for the nodes ordered
//     by frame and those of one frame in preorder (so the root is last), a list of
//     N, the numbers of children, and a list of N-1, the steps. The step of
//     a child is the position of its frame in the callees of its parent's frame,
//     less the position after that of the sibling before it (less 0 for a first
//     child), modulo the number of callees.
//  5. Columns: for each sample type its self values, then, if the profile is
//     differential, for each type its base values. A column is one byte of form
//     and: 0, nothing: all values are 0; 1, N × svarint, in the nodes' order by
//     frame; 2, uvarint index of an earlier column and svarint factor: that column
//     times the factor.
//  6. Optional, where frames have lines or files: F × svarint, the lines; uvarint
//     P paths with their lengths (a list of P) and bytes; a list of F, the number
//     of the frame's path from 1, 0 for none.
//
// # Differences
//
// A differential profile drawn with flame's own palette shows how each node's
// total changed, in the steps of [ChangeLevel] (the payload has diff), and gives
// every node the sum of max(|self|, |base|) over its subtree as its width, so that
// what is gone is there to be seen (diffWidth "max"). With one of flamegraph.pl's
// palettes it is flamegraph.pl's picture: [DiffColor] of the node's own change
// and the widths of the second profile (diffWidth "after").
package svg
