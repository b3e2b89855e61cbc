package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"syscall"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// receive takes in r as the body of a change in repo; size is negative if nobody told it. What is small is read whole; what is large is uploaded as it comes, and first written to a
// file without a name where its size is not told.
func (a *API) receive(ctx context.Context, repo content.RepoID, r io.Reader, size int64) (content.Body, error) {
	if size > content.InlineLimit {
		return a.upload(ctx, repo, size, r)
	}
	head, err := readUpTo(r, size, content.InlineLimit)
	if err != nil {
		return content.Body{}, err
	}
	if len(head) <= content.InlineLimit {
		return content.InlineBody(head), nil
	}
	spooled, size, err := a.spool(io.MultiReader(bytes.NewReader(head), r))
	if err != nil {
		return content.Body{}, err
	}
	defer spooled.Close()
	return a.upload(ctx, repo, size, spooled)
}

func (a *API) upload(ctx context.Context, repo content.RepoID, size int64, r io.Reader) (content.Body, error) {
	digest, err := a.FS.Upload(ctx, repo, size, r)
	return content.Body{Digest: digest, Size: size}, err
}

// readUpTo reads all of r, of which size bytes are promised if size is not
// negative; if there are more than limit, it reads one more than that.
func readUpTo(r io.Reader, size, limit int64) ([]byte, error) {
	if size >= 0 {
		b := make([]byte, size)
		_, err := io.ReadFull(r, b)
		return b, unreadable(err)
	}
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	return b, unreadable(err)
}

// unreadable is content that can't be read to its end. The flow knows better than
// anyone here why, and chooses the status.
func unreadable(err error) error {
	if err == nil {
		return nil
	}
	return fault.New(fault.Invalid, "read content", "", err)
}

// spool writes r to a file that nobody else sees and that ends with the reader.
// The flow bounds what r holds.
func (a *API) spool(r io.Reader) (spooled *os.File, size int64, err error) {
	f, err := os.CreateTemp(a.Spool, "rhapsode-spool-")
	if err != nil {
		return nil, 0, fault.New(fault.Internal, "spool", "", err)
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	if err := os.Remove(f.Name()); err != nil {
		return nil, 0, fault.New(fault.Internal, "spool", "", err)
	}
	size, err = io.Copy(f, r)
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return nil, 0, fault.New(fault.Full, "spool", "", err)
	case err != nil:
		return nil, 0, unreadable(err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, 0, fault.New(fault.Internal, "spool", "", err)
	}
	return f, size, nil
}

// readJSON reads the content of r into v: one JSON value whose members are all
// known. It returns what it read, by which the request is known again.
func readJSON(r *http.Request, v any) ([]byte, error) { return readJSONUpTo(r, maxJSON, v) }

func readJSONUpTo(r *http.Request, limit int64, v any) ([]byte, error) {
	text, err := readUpTo(r.Body, -1, limit)
	if err != nil {
		return nil, err
	}
	return text, decodeJSON(text, v)
}

// decodeJSON reads text into v: one JSON value whose members are all known.
func decodeJSON(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fault.New(fault.Invalid, "read JSON", "", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return fault.Newf(fault.Invalid, "read JSON", "something follows the value")
	}
	return nil
}
