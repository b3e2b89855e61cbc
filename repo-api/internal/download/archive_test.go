package download

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestPackingRemembersNothing: what was packed before must not show in what is
// packed next, or an edition would not be the same bytes every time.
func TestPackingRemembersNothing(t *testing.T) {
	const seed = 7
	dice := rand.New(rand.NewPCG(seed, seed))
	var used packer
	for i := range 200 {
		words := make([]string, dice.IntN(20000))
		for j := range words {
			words[j] = strings.Repeat(string(rune('a'+dice.IntN(26))), 1+dice.IntN(9))
		}
		data := []byte(strings.Join(words, " "))
		again, err := used.pack(data)
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := new(packer).pack(data)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again.data, fresh.data) || again.CRC != fresh.CRC || again.Method != fresh.Method {
			t.Fatalf("text %d of seed %d packs to other bytes after others were packed", i, seed)
		}
	}
}
