package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"

	"rhapsode/testclients/door"
)

// Prepare makes the repository and its documents if they are not there: by one
// import, or by one PUT a document where the service takes no imports.
func Prepare(ctx context.Context, o Options) error {
	o = o.withDefaults()
	d := o.dial(o.Conns, 10*timeout)
	defer d.Close()
	if there, err := prepared(ctx, o, d); there || err != nil {
		return err
	}
	if err := d.CreateRepo(ctx, o.Repo); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	bundle, err := makeBundle(o)
	if err != nil {
		return fmt.Errorf("bench: making a bundle: %w", err)
	}
	err = d.Import(ctx, o.Repo, bytes.NewReader(bundle), int64(len(bundle)))
	if errors.Is(err, door.ErrNoImport) {
		err = putAll(ctx, o, d)
	}
	if err != nil {
		return fmt.Errorf("bench: preparing %s: %w", o.Repo, err)
	}
	there, err := prepared(ctx, o, d)
	if err == nil && !there {
		return fmt.Errorf("bench: %s was prepared and is not there", o.Repo)
	}
	return err
}

// prepared says whether the first and the last document are there, as they should be.
func prepared(ctx context.Context, o Options, d *door.Client) (bool, error) {
	for _, i := range []int{0, o.Files - 1} {
		path := door.Document(o.Repo, o.Branch, docPath(i))
		got, err := d.Want(ctx, door.Ask{Method: "GET", Path: path}, http.StatusOK, http.StatusNotFound)
		switch {
		case err != nil:
			return false, fmt.Errorf("bench: %w", err)
		case got.Status == http.StatusNotFound:
			return false, nil
		case len(got.Body) != o.Size:
			return false, fmt.Errorf("bench: %s of %s has %d bytes, not %d: use another repository", docPath(i), o.Repo, len(got.Body), o.Size)
		}
	}
	return true, nil
}

func putAll(ctx context.Context, o Options, d *door.Client) error {
	return each(ctx, o, func(ctx context.Context, i int) error {
		_, err := d.Want(ctx, door.Ask{
			Method: "PUT", Path: door.Document(o.Repo, o.Branch, docPath(i)), Body: seeded(o, i),
			Header: map[string]string{"If-None-Match": "*", "Content-Type": "application/json"},
		}, http.StatusCreated, http.StatusPreconditionFailed)
		return err
	})
}

// seeded is the i-th document as it is in the beginning, always the same.
func seeded(o Options, i int) []byte {
	return document(o.Size, rand.New(rand.NewPCG(uint64(o.Size), uint64(i))))
}
