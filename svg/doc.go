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
//	<style>                  viewer.css
//	<g class="flame-static"> the picture: rectangles by colour, labels in preorder
//	<metadata class="flame-data">  base64 of a zlib stream of the payload
//	<script>                 viewer.js
//
// The static picture stands before the data, so that it shows while they still
// load. The HTML page holds this very element, without the title that the page
// has; its root has the class flame-page, and meta.view.page is true.
//
// There are no ids, so that several graphs can stand in one page, and the picture
// is right without style and script. Nothing that comes from a profile becomes
// markup: names go through [Visible] and are escaped.
//
// # The payload, version 1
//
// uvarint is unsigned LEB128, svarint its zigzag form for signed numbers.
//
//  1. The bytes "FLM\x01".
//  2. uvarint length and that many bytes of JSON: how the profile was taken and
//     how it is to be shown (see payloadMeta). Of view, classes are the frames'
//     [Class] as runs, class, number of frames, class, number and so on in the
//     order of [collapse.FrameID]; legend says what the frames' colours mean; diff
//     is the scale of a difference if diffColors is "flame". Those three are for
//     the viewer, [Read] passes over them.
//  3. Frames: uvarint F; F × uvarint, how many bytes the name shares with the
//     one before; F × uvarint, the length of the rest; all the rests, raw bytes;
//     F bytes of [collapse.Kind].
//  4. Colours: uvarint C; C × 3 bytes RGB; F × uvarint, the frame's colour.
//  5. Tree, by frame, where the root has a frame of its own after all others:
//     uvarint N, the nodes, the root included; F × uvarint, how many nodes each
//     frame has; F+1 × uvarint, how many different frames each frame calls; for
//     each frame these callees' [collapse.FrameID] in ascending order, a uvarint
//     each, less the one before in the same list; and then, for the nodes ordered
//     by frame and those of one frame in preorder (so the root is last), N ×
//     uvarint, the numbers of children, and N-1 × uvarint, the steps. The step of
//     a child is the position of its frame in the callees of its parent's frame,
//     less the position after that of the sibling before it (less 0 for a first
//     child), modulo the number of callees.
//  6. Columns: for each sample type its self values, then, if the profile is
//     differential, for each type its base values. A column is one byte of form
//     and: 0, nothing: all values are 0; 1, N × svarint, in the nodes' order by
//     frame; 2, uvarint index of an earlier column and svarint factor: that column
//     times the factor.
//  7. Optional, where frames have lines or files: F × svarint, the lines; uvarint
//     P paths with their lengths (P × uvarint) and bytes; F × uvarint, the
//     number of the frame's path from 1, 0 for none. A reader of version 1 may
//     stop before it.
//
// # Differences
//
// A differential profile drawn with flame's own palette shows how each node's
// total changed, in the steps of [ChangeLevel] (diffColors "flame"), and gives
// every node the sum of max(|self|, |base|) over its subtree as its width, so that
// what is gone is there to be seen (diffWidth "max"). With one of flamegraph.pl's
// palettes it is flamegraph.pl's picture: [DiffColor] of the node's own change
// (diffColors "perl") and the widths of the second profile (diffWidth "after").
package svg
