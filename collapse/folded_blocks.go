package collapse

import (
	"bytes"
	"io"
	"runtime"
	"slices"
	"sync"
)

// blockBytes is how much of a folded file is parsed at a time: enough that the
// cores seldom wait for each other, and that a small file is one block.
const blockBytes = 1 << 20

// maxLine bounds one line, which has to be held whole since its count comes last.
const maxLine = 64 << 20

// byteOrderMark is what some editors put before UTF-8 text.
const byteOrderMark = "\xef\xbb\xbf"

// parseFolded parses the input on all cores, in blocks of whole lines, and calls
// take with each block in order. When it returns nobody reads from r any more.
func parseFolded(r io.Reader, limits Limits, take func(*foldedBlock) error) error {
	in := &blockReader{r: r, limits: limits}
	first, err := in.next(nil)
	first = bytes.TrimPrefix(first, []byte(byteOrderMark))
	parser := newFoldedParser(0, limits)
	if err == nil || err == io.EOF {
		if failed := take(parser.parse(first)); failed != nil {
			return failed
		}
	}
	if err == io.EOF {
		return nil
	}
	if err != nil {
		return err
	}
	cores := runtime.GOMAXPROCS(0)
	p := &parsers{
		in:    in,
		jobs:  make(chan parseJob),
		queue: make(chan parseJob, cores),
		free:  make(chan []byte, 2*cores+2),
		quit:  make(chan struct{}),
	}
	p.running.Go(p.read)
	for i := range cores {
		own := parser // goes on, for it knows most of the frames
		if i > 0 {
			own = newFoldedParser(i, limits)
		}
		p.running.Go(func() { p.parse(own) })
	}
	defer p.running.Wait()
	defer close(p.quit)
	for job := range p.queue {
		if err := take(<-job.done); err != nil {
			return err
		}
	}
	return p.err
}

// parsers are the goroutines of parseFolded: one reads, some parse.
type parsers struct {
	in      *blockReader
	jobs    chan parseJob // to be parsed
	queue   chan parseJob // the same in the order of the input
	free    chan []byte   // what was parsed, to be read into again
	quit    chan struct{}
	running sync.WaitGroup
	err     error // of reading; to be looked at when the queue is closed
}

type parseJob struct {
	text []byte
	done chan *foldedBlock
}

func (p *parsers) read() {
	defer close(p.queue)
	defer close(p.jobs)
	for {
		var buf []byte
		select {
		case buf = <-p.free:
		default:
		}
		text, err := p.in.next(buf)
		if err != nil && err != io.EOF {
			p.err = err
			return
		}
		job := parseJob{text, make(chan *foldedBlock, 1)}
		for _, to := range [...]chan parseJob{p.queue, p.jobs} {
			select {
			case to <- job:
			case <-p.quit:
				return
			}
		}
		if err == io.EOF {
			return
		}
	}
}

func (p *parsers) parse(parser *foldedParser) {
	for job := range p.jobs {
		job.done <- parser.parse(job.text)
		select {
		case p.free <- job.text:
		default:
		}
	}
}

// A blockReader cuts an input into blocks of whole lines.
type blockReader struct {
	r      io.Reader
	limits Limits
	rest   []byte // what was read after the last block
	read   int64
}

// next returns the next lines, in buf if it has room. The last of them come with
// io.EOF.
func (b *blockReader) next(buf []byte) ([]byte, error) {
	if cap(buf) < blockBytes {
		buf = make([]byte, 0, blockBytes)
	}
	buf = append(buf[:0], b.rest...)
	scanned, semicolons := 0, 0
	for {
		var err error
		if buf, err = b.fill(buf); err != nil {
			return buf, err
		}
		if end := bytes.LastIndexByte(buf[scanned:], '\n') + 1; end > 0 {
			b.rest = append(b.rest[:0], buf[scanned+end:]...)
			return buf[:scanned+end], nil
		}
		// One line is longer than the block. If it is far too deep or too
		// long it is refused before there is more of it in memory.
		if semicolons += bytes.Count(buf[scanned:], []byte(";")); semicolons > b.limits.Depth {
			return nil, b.limits.CheckDepth(semicolons + 1)
		}
		if scanned = len(buf); scanned > maxLine {
			return nil, &LimitError{What: "bytes in one line", Limit: maxLine}
		}
		buf = slices.Grow(buf, len(buf))
	}
}

// fill reads until buf is full or the input ends.
func (b *blockReader) fill(buf []byte) ([]byte, error) {
	for idle := 0; len(buf) < cap(buf); {
		n, err := b.r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if b.read += int64(n); b.read > b.limits.Bytes {
			return nil, &LimitError{What: "bytes of decompressed input", Limit: b.limits.Bytes}
		}
		if err != nil {
			return buf, err
		}
		if idle++; n > 0 {
			idle = 0
		} else if idle == 100 {
			return nil, io.ErrNoProgress
		}
	}
	return buf, nil
}
