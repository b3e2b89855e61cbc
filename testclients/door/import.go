package door

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Piece is how many bytes of a bundle go up in one request.
const Piece = 4 << 20

// ErrNoImport says that the service takes no imports at all.
var ErrNoImport = errors.New("the service takes no imports")

// Import is the status of an import, as the service tells it.
type Import struct {
	Phase string `json:"phase"`
	Error string `json:"error"`
}

// Import sends the git bundle of size bytes in r to repo and waits until the
// service has taken it in. What was sent before is not sent again.
func (c *Client) Import(ctx context.Context, repo string, r io.ReaderAt, size int64) error {
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(r, 0, size)); err != nil {
		return err
	}
	path := "/repos/" + repo + "/imports/" + hex.EncodeToString(sum.Sum(nil))
	off, finished, err := c.received(ctx, path)
	if err != nil {
		return err
	}
	buf := make([]byte, Piece)
	for !finished {
		n := min(size-off, Piece)
		if _, err := r.ReadAt(buf[:n], off); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		finished = off+n == size
		if err := c.send(ctx, path, buf[:n], off, finished); err != nil {
			return err
		}
		off += n
	}
	return c.settled(ctx, path)
}

// received returns how much of an import is there, and whether that is all.
func (c *Client) received(ctx context.Context, path string) (off int64, all bool, err error) {
	got, err := c.Want(ctx, Ask{Method: "HEAD", Path: path}, http.StatusOK, http.StatusNoContent, http.StatusNotFound)
	if err != nil || got.Status == http.StatusNotFound {
		return 0, false, err
	}
	off, err = strconv.ParseInt(got.Header.Get("Upload-Offset"), 10, 64)
	if err != nil {
		return 0, false, fmt.Errorf("HEAD %s: Upload-Offset: %w", path, err)
	}
	return off, got.Header.Get("Upload-Complete") == "?1", nil
}

func (c *Client) send(ctx context.Context, path string, piece []byte, off int64, last bool) error {
	complete := "?0"
	if last {
		complete = "?1"
	}
	got, err := c.Do(ctx, Ask{Method: "PATCH", Path: path, Body: piece, Header: map[string]string{
		"Content-Type":    "application/partial-upload",
		"Upload-Offset":   strconv.FormatInt(off, 10),
		"Upload-Complete": complete,
	}})
	switch {
	case err != nil:
		return err
	case got.Status == http.StatusNotFound, got.Status == http.StatusMethodNotAllowed, got.Status == http.StatusNotImplemented:
		return ErrNoImport
	case got.Status/100 != 2:
		return fmt.Errorf("PATCH %s at %d: %d: %s", path, off, got.Status, clip(got.Body))
	}
	return nil
}

// settled waits until an import is done; a failed one is an error.
func (c *Client) settled(ctx context.Context, path string) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		got, err := c.Want(ctx, Ask{Method: "GET", Path: path}, http.StatusOK, http.StatusAccepted)
		if err != nil {
			return err
		}
		var status Import
		if err := json.Unmarshal(got.Body, &status); err != nil {
			return fmt.Errorf("GET %s: %w", path, err)
		}
		switch status.Phase {
		case "done":
			return nil
		case "failed":
			return fmt.Errorf("import failed: %s", status.Error)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
