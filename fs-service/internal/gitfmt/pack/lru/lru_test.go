package lru_test

import (
	"testing"

	"rhapsode/fs-service/internal/gitfmt/pack/lru"
)

func TestCacheHoldsWhatWasUsedLast(t *testing.T) {
	c := lru.New[int, string](1000, 300)
	c.Put(1, "one", 200)
	c.Put(2, "two", 200)
	c.Get(1)
	c.Put(3, "three", 200) // no room for three: 2 was used least recently
	c.Put(4, "heavy", 301)
	for k, want := range map[int]bool{1: true, 2: false, 3: true, 4: false} {
		if _, ok := c.Get(k); ok != want {
			t.Errorf("%d is held: %v, want %v", k, ok, want)
		}
	}
	held := c.Held()
	c.Put(3, "again", 200)
	if v, _ := c.Get(3); v != "again" || c.Held() != held {
		t.Errorf("put again: %q, %d bytes held, want %d", v, c.Held(), held)
	}
	for i := range 1000 {
		if c.Put(i, "", int64(i%300)); c.Held() > 1000 {
			t.Fatalf("%d bytes held", c.Held())
		}
	}
}
