package lru_test

import (
	"testing"

	"pgregory.net/rapid"

	"rhapsode/internal/lru"
)

func TestWhatWasUsedLastIsHeld(t *testing.T) {
	c := lru.New[string, int](3*(100+160), 100)
	for i, k := range []string{"a", "b", "c"} {
		c.Put(k, i, 100)
	}
	c.Get("a")
	c.Put("d", 3, 100)
	for k, held := range map[string]bool{"a": true, "b": false, "c": true, "d": true} {
		if _, ok := c.Get(k); ok != held {
			t.Errorf("%s is held: %v", k, ok)
		}
	}
	c.Delete("a")
	if _, ok := c.Get("a"); ok {
		t.Error("a is held after Delete")
	}
	c.Put("heavy", 1, 101)
	if _, ok := c.Get("heavy"); ok {
		t.Error("a value over the limit is held")
	}
}

func TestACacheNeverHoldsMoreThanItMay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const most = 2000
		c := lru.New[int, int](most, most)
		for range rapid.IntRange(1, 100).Draw(t, "puts") {
			k := rapid.IntRange(0, 9).Draw(t, "key")
			c.Put(k, k, rapid.Int64Range(0, 3000).Draw(t, "weight"))
			if v, ok := c.Get(k); ok && v != k {
				t.Fatalf("%d is held under %d", v, k)
			}
			if c.Held() > most {
				t.Fatalf("%d bytes are held, more than %d", c.Held(), most)
			}
		}
	})
}
