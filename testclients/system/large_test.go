package system_test

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"rhapsode/testclients/door"
	"rhapsode/testclients/rig"
)

const (
	largeSize = 500 << 20
	flat      = 300 << 20 // resident bytes that no process may exceed meanwhile
)

// TestLargeDocument: 500 MB go up and come down again, byte for byte, through
// processes that do not hold them.
func TestLargeDocument(t *testing.T) {
	r := up(t, t.TempDir(), "--no-import")
	makeRepo(t, dial(t, r.Front()), "book")
	stop := watchMemory(t, r)
	defer stop()
	client := &http.Client{Timeout: 5 * time.Minute}
	defer client.CloseIdleConnections()
	url := r.Front() + door.Document("book", "main", "media/film.bin")

	sum := blobHash(largeSize)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, io.TeeReader(noise(), sum))
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = largeSize
	req.Header.Set("If-None-Match", "*")
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(io.LimitReader(res.Body, 1<<10)) // only to be shown
	res.Body.Close()
	tag := `"` + hex.EncodeToString(sum.Sum(nil)) + `"`
	if res.StatusCode != http.StatusCreated || res.Header.Get("ETag") != tag {
		t.Fatalf("PUT: %d with ETag %s, not 201 with %s: %s", res.StatusCode, res.Header.Get("ETag"), tag, answer)
	}

	for _, base := range []string{r.Front(), r.APIs()[1]} {
		res, err = client.Get(base + door.Document("book", "main", "media/film.bin"))
		if err != nil {
			t.Fatal(err)
		}
		came := blobHash(largeSize)
		n, err := io.Copy(came, res.Body)
		res.Body.Close()
		if got := `"` + hex.EncodeToString(came.Sum(nil)) + `"`; err != nil || n != largeSize || got != tag {
			t.Errorf("GET: %d bytes of %s, %v", n, got, err)
		}
	}
}

// noise is the same random bytes each time, largeSize of them.
func noise() io.Reader {
	return io.LimitReader(rand.NewChaCha8([32]byte{1}), largeSize)
}

// blobHash computes git's id of a blob of size bytes that is written to it.
func blobHash(size int64) hash.Hash {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", size)
	return h
}

// watchMemory looks at every process of r until it is stopped, and fails the
// test if one has grown too large.
func watchMemory(t *testing.T, r *rig.Rig) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	most := map[string]int64{}
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			memory, err := r.Memory()
			if err != nil {
				t.Errorf("memory: %v", err)
				return
			}
			for name, n := range memory {
				most[name] = max(most[name], n)
			}
			select {
			case <-ctx.Done():
			case <-tick.C:
			}
		}
	})
	return func() {
		cancel()
		wg.Wait()
		for name, n := range most {
			t.Logf("%s: at most %d MB", name, n>>20)
			if n > flat {
				t.Errorf("%s grew to %d MB", name, n>>20)
			}
		}
	}
}
