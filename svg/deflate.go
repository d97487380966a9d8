package svg

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/adler32"
	"io"

	"github.com/klauspost/compress/flate"
)

// deflateLevel of klauspost/compress, whose levels are not those of the standard
// library. On profiles of 84,000 to 6.3 million nodes 6 is as large as the
// library's 6 or up to 5% larger, and takes 3 to 18 times less time (126 ms, not
// 2.3 s for the largest); 7 to 9 are 1% to 10% smaller and take 3 to 150 times as
// long.
const deflateLevel = 6

// deflateBlock is how much is deflated at a time. Blocks are there for the cores
// to share, not for the reader, who sees one stream. Each begins with what the one
// before ended with as its window, so they cost 0.1%.
const deflateBlock = 256 << 10

// deflateWindow is as far as deflated data may refer back.
const deflateWindow = 32 << 10

// writePayload writes the payload as the SVG holds it: a zlib stream (RFC 1950) in
// base64. The bytes do not depend on the number of cores.
func writePayload(w io.Writer, payload []byte) error {
	blocks := deflateBlocks(payload)
	encoded := base64.NewEncoder(base64.StdEncoding, w)
	encoded.Write([]byte{0x78, 0x9c}) // deflate with a window of 32 kB, the usual level
	for _, b := range blocks {
		encoded.Write(b)
	}
	if _, err := encoded.Write(binary.BigEndian.AppendUint32(nil, adler32.Checksum(payload))); err != nil {
		return err // it has the first error of all writes
	}
	return encoded.Close()
}

// deflateBlocks returns the blocks of a deflated stream.
func deflateBlocks(data []byte) [][]byte {
	blocks := make([][]byte, max(1, (len(data)+deflateBlock-1)/deflateBlock))
	onAllCores(len(blocks), func(next func() (int, bool)) {
		for i, ok := next(); ok; i, ok = next() {
			from := i * deflateBlock
			blocks[i] = deflate(data[from:min(from+deflateBlock, len(data))], data[max(0, from-deflateWindow):from], i == len(blocks)-1)
		}
	})
	return blocks
}

// deflate returns a block deflated. All but the last end on a whole byte, so that
// the next can follow.
func deflate(block, window []byte, last bool) []byte {
	var out bytes.Buffer
	out.Grow(len(block)/3 + 64)
	// Neither the level nor a buffer gives cause for an error.
	f, _ := flate.NewWriterDict(&out, deflateLevel, window)
	f.Write(block)
	if last {
		f.Close()
	} else {
		f.Flush()
	}
	return out.Bytes()
}
