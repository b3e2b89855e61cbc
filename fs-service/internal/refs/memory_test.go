package refs_test

import (
	"testing"

	"rhapsode/fs-service/internal/refs"
	"rhapsode/fs-service/internal/refs/refstest"
)

func TestMemory(t *testing.T) {
	refstest.Run(t, func(*testing.T) refstest.Pair {
		m := refs.NewMemory()
		return refstest.Pair{A: m, B: m}
	})
}
