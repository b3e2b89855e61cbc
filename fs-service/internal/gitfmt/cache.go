package gitfmt

import (
	"container/list"
	"sync"
)

// cache remembers what was used last, up to a number of bytes.
type cache[K comparable, V any] struct {
	mu    sync.Mutex
	most  int64 // bytes
	used  int64 // guarded by mu, as are the two below
	order *list.List
	items map[K]*list.Element
}

type cached[K comparable, V any] struct {
	key  K
	val  V
	cost int64
}

// entryCost is what an entry of a cache takes beyond its value, in bytes.
const entryCost = 160

func newCache[K comparable, V any](most int64) *cache[K, V] {
	return &cache[K, V]{most: most, order: list.New(), items: make(map[K]*list.Element)}
}

func (c *cache[K, V]) get(k K) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.items[k]
	if !ok {
		return v, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*cached[K, V]).val, true
}

// put remembers v, which takes cost bytes. What alone would fill a quarter of the
// cache is not worth the rest of it.
func (c *cache[K, V]) put(k K, v V, cost int64) {
	cost += entryCost
	if cost > c.most/4 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.items[k]; ok {
		c.drop(e)
	}
	c.items[k] = c.order.PushFront(&cached[K, V]{k, v, cost})
	for c.used += cost; c.used > c.most; {
		c.drop(c.order.Back())
	}
}

// drop forgets e. Called with mu held.
func (c *cache[K, V]) drop(e *list.Element) {
	old := c.order.Remove(e).(*cached[K, V])
	delete(c.items, old.key)
	c.used -= old.cost
}
