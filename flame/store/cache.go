package store

import (
	"slices"
	"sync"
)

// cacheBytes bounds the indexes that are kept decoded.
const cacheBytes = 48 << 20

// An indexCache keeps the indexes that were read last. The zero cache is ready.
type indexCache struct {
	mu     sync.Mutex
	blocks map[string]*block
	order  []string // as they came
	bytes  int
}

func (c *indexCache) get(key string) *block {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.blocks[key]
}

// drop forgets an index, which is to be read anew.
func (c *indexCache) drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b := c.blocks[key]; b != nil {
		c.bytes -= b.idx.memory()
		delete(c.blocks, key)
		c.order = slices.DeleteFunc(c.order, func(k string) bool { return k == key })
	}
}

func (c *indexCache) put(key string, b *block) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.blocks == nil {
		c.blocks = map[string]*block{}
	}
	if c.blocks[key] != nil {
		return
	}
	c.blocks[key] = b
	c.order = append(c.order, key)
	for c.bytes += b.idx.memory(); c.bytes > cacheBytes && len(c.order) > 1; c.order = c.order[1:] {
		c.bytes -= c.blocks[c.order[0]].idx.memory()
		delete(c.blocks, c.order[0])
	}
}
