package bench

import (
	"math/rand/v2"
	"testing"
)

func TestDocumentsHaveTheirSize(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 1))
	for _, size := range []int{minSize, 33, 600, 6 << 10} {
		if got := len(document(size, dice)); got != size {
			t.Errorf("a document of %d bytes, not %d", got, size)
		}
	}
	if docPath(583) != "d00/s05/f00583.json" || docPath(12345) != "d12/s03/f12345.json" {
		t.Errorf("paths: %s, %s", docPath(583), docPath(12345))
	}
}
