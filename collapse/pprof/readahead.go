package pprof

import "io"

// A readahead reads from another reader in a goroutine of its own, a few blocks
// ahead, so that inflating the input and decoding it use two cores. It must be
// closed, which also waits until the goroutine no longer uses the reader.
type readahead struct {
	full chan block
	free chan []byte
	quit chan struct{}
	now  block
	err  error
}

type block struct {
	data  []byte // unread
	whole []byte // what to give back
	err   error
}

const (
	readaheadBlock  = 128 << 10
	readaheadBlocks = 3
)

func newReadahead(r io.Reader) *readahead {
	a := &readahead{
		full: make(chan block, readaheadBlocks),
		free: make(chan []byte, readaheadBlocks),
		quit: make(chan struct{}),
	}
	for range readaheadBlocks {
		a.free <- nil // allocated when first needed: small inputs need one
	}
	go a.run(r)
	return a
}

func (a *readahead) run(r io.Reader) {
	defer close(a.full)
	for {
		var buf []byte
		select {
		case buf = <-a.free:
		case <-a.quit:
			return
		}
		if buf == nil {
			buf = make([]byte, readaheadBlock)
		}
		var n int
		var err error
		for n < len(buf) && err == nil {
			var m int
			m, err = r.Read(buf[n:])
			n += m
		}
		a.full <- block{data: buf[:n], whole: buf, err: err}
		if err != nil {
			return
		}
	}
}

// Read implements io.Reader.
func (a *readahead) Read(p []byte) (int, error) {
	for len(a.now.data) == 0 {
		if a.err != nil {
			return 0, a.err
		}
		if a.now.whole != nil {
			a.free <- a.now.whole
		}
		var ok bool
		if a.now, ok = <-a.full; !ok {
			a.now = block{}
			a.err = io.EOF
			continue
		}
		a.err = a.now.err
	}
	n := copy(p, a.now.data)
	a.now.data = a.now.data[n:]
	return n, nil
}

// Close stops the goroutine and waits for it.
func (a *readahead) Close() {
	close(a.quit)
	for range a.full {
	}
}
