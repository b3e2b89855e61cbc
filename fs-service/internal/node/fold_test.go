package node

import (
	"testing"
	"testing/synctest"
	"time"

	"rhapsode/fs-service/internal/objects"
)

func TestWhatIsDueToBeFolded(t *testing.T) {
	load := func(recent int64, packs int) objects.Load { return objects.Load{Recent: recent, Packs: packs} }
	tests := []struct {
		name        string
		before, now objects.Load
		want        bool
	}{
		{"nothing", load(0, 1), load(0, 1), false},
		{"a few, at rest", load(someRecent-1, 1), load(someRecent-1, 1), false},
		{"some, at rest", load(someRecent, 1), load(someRecent, 1), true},
		{"some, and more are coming", load(someRecent, 1), load(someRecent+1, 1), false},
		{"many", load(0, 1), load(manyRecent, 1), true},
		{"packs", load(0, manyPacks), load(0, manyPacks), false},
		{"many packs", load(0, manyPacks), load(0, manyPacks+1), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := due(tt.now, tt.before); got != tt.want {
				t.Errorf("due: %v", got)
			}
		})
	}
}

// Work in the background takes a quarter of the time while the store is used, and all of it
// while it is not.
func TestBackgroundWorkYields(t *testing.T) {
	tests := []struct {
		name string
		used bool
		rest time.Duration
		want time.Duration // for a hundred slices
	}{
		{"in use", true, 0, 100 * (workSlice + restSlice)},
		{"at rest", false, 0, 100 * workSlice},
		{"in use, and in no hurry", true, 19 * workSlice, 100 * 20 * workSlice},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				uses := int64(0)
				p := pacer{uses: func() int64 { return uses }, rest: tt.rest}
				began := time.Now()
				p.step(t.Context())
				for range 100 {
					time.Sleep(workSlice) // the work
					if tt.used {
						uses++
					}
					p.step(t.Context())
				}
				if took := time.Since(began); took != tt.want {
					t.Errorf("%v, want %v", took, tt.want)
				}
			})
		})
	}
}
