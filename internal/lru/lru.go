// Package lru holds what was used last, up to a number of bytes.
//
// A Cache may be used from any goroutine. What it holds is shared with whoever
// gets it, so nobody writes to it.
package lru

import (
	"container/list"
	"sync"
)

// Cache maps keys to values, each with a weight in bytes.
type Cache[K comparable, V any] struct {
	most int64 // of all weights together
	each int64 // of one value; heavier ones are not held

	mu    sync.Mutex
	items map[K]*list.Element // guarded by mu; the elements hold *item[K, V]
	order *list.List          // guarded by mu; last used first
	held  int64               // guarded by mu
}

type item[K comparable, V any] struct {
	key    K
	value  V
	weight int64
}

// overhead is what an entry costs beside its value.
const overhead = 160

// New makes a cache of at most most bytes that holds no value of more than each.
func New[K comparable, V any](most, each int64) *Cache[K, V] {
	return &Cache[K, V]{most: most, each: each, items: make(map[K]*list.Element), order: list.New()}
}

// Get returns what is held under k.
func (c *Cache[K, V]) Get(k K) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.items[k]
	if !ok {
		return v, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*item[K, V]).value, true
}

// Put holds v under k, if it is not too heavy, and lets go of what was used
// least recently.
func (c *Cache[K, V]) Put(k K, v V, weight int64) {
	if weight > c.each || weight+overhead > c.most {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.items[k]; ok {
		c.drop(e)
	}
	c.items[k] = c.order.PushFront(&item[K, V]{k, v, weight})
	c.held += weight + overhead
	for c.held > c.most {
		c.drop(c.order.Back())
	}
}

// Delete lets go of what is held under k.
func (c *Cache[K, V]) Delete(k K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.items[k]; ok {
		c.drop(e)
	}
}

// Held returns the bytes that the cache accounts for.
func (c *Cache[K, V]) Held() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held
}

func (c *Cache[K, V]) drop(e *list.Element) {
	it := c.order.Remove(e).(*item[K, V])
	delete(c.items, it.key)
	c.held -= it.weight + overhead
}
