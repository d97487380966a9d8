package serve

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"
)

func newGunzip(data []byte) (io.Reader, error) { return gzip.NewReader(bytes.NewReader(data)) }
