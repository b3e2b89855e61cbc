package pack

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// What a delta makes of its base is what it was made for, whatever the two are.
func TestDeltaGivesTheTargetBack(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 1))
	for i := range 2000 {
		base := someBytes(dice, 1+dice.IntN(6000))
		target := edited(dice, base)
		if i%10 == 0 {
			target = someBytes(dice, dice.IntN(3000))
		}
		delta := newDiffer(base).delta(target, len(target)+len(target)/100+64)
		if delta == nil {
			t.Fatalf("no delta of %d bytes against %d", len(target), len(base))
		}
		got, err := applyDelta(base, delta, 1<<20)
		if err != nil || !bytes.Equal(got, target) {
			t.Fatalf("%d bytes against %d: %v", len(target), len(base), err)
		}
	}
}

// someBytes are of few or of many letters, so that blocks repeat or do not.
func someBytes(dice *rand.Rand, n int) []byte {
	letters := []int{1, 2, 256}[dice.IntN(3)]
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(dice.IntN(letters))
	}
	return b
}

// edited is b with some parts taken out, put in, and moved.
func edited(dice *rand.Rand, b []byte) []byte {
	b = slices.Clone(b)
	for range dice.IntN(6) {
		from := dice.IntN(len(b) + 1)
		to := from + dice.IntN(len(b)-from+1)
		switch dice.IntN(3) {
		case 0:
			b = slices.Delete(b, from, min(to, from+200))
		case 1:
			b = slices.Insert(b, from, someBytes(dice, 1+dice.IntN(300))...)
		case 2:
			b = append(b, slices.Clone(b[from:to])...)
		}
	}
	return b
}

func TestDeltaIsSmall(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	long := make([]byte, 200_000)
	for i := range long {
		long[i] = byte(dice.Uint32())
	}
	tests := []struct {
		name         string
		base, target []byte
		most         int // bytes; 0: no delta of less than the target's size
	}{
		{"the same", long, long, 40},
		{"a line in the middle", long, slices.Insert(slices.Clone(long), 100_003, []byte("one more line\n")...), 70},
		{"the end", long, long[150_000:], 20},
		{"other bytes", long[:50_000], long[60_000:110_000], 0},
		{"one letter", make([]byte, 100_000), make([]byte, 90_000), 80},
		{"less than a block", []byte("abc"), []byte("abcd"), 0},
		{"nothing", []byte("abc"), nil, 10},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			most := tt.most
			if most == 0 {
				most = len(tt.target) - 1
			}
			delta := newDiffer(tt.base).delta(tt.target, most)
			if found := delta != nil; found != (tt.most > 0) {
				t.Fatalf("found: %v", found)
			}
			if got, err := applyDelta(tt.base, delta, 1<<20); delta != nil && (err != nil || !bytes.Equal(got, tt.target)) {
				t.Error(fmt.Errorf("it makes something else: %w", err))
			}
		})
	}
}
