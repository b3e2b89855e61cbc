package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"

	"rhapsode/testclients/door"
)

var errLength = errors.New("the body does not have the length it should")

// reader gets random documents.
func reader(o Options, d *door.Client, dice *rand.Rand) func(context.Context) error {
	return func(ctx context.Context) error {
		got, err := d.Want(ctx, door.Ask{Method: "GET", Path: door.Document(o.Repo, o.Branch, docPath(dice.IntN(o.Files)))}, http.StatusOK)
		if err == nil && len(got.Body) != o.Size {
			return errLength
		}
		return err
	}
}

// revalidator asks for random documents whose tags it has.
func revalidator(o Options, d *door.Client, dice *rand.Rand, tags []string) func(context.Context) error {
	return func(ctx context.Context) error {
		i := dice.IntN(o.Files)
		got, err := d.Want(ctx, door.Ask{
			Method: "GET", Path: door.Document(o.Repo, o.Branch, docPath(i)),
			Header: map[string]string{"If-None-Match": tags[i]},
		}, http.StatusNotModified)
		if err == nil && len(got.Body) != 0 {
			return errLength
		}
		return err
	}
}

// writer replaces doc again and again. The connection has the document to
// itself, so a refusal is an error; after any error it looks what is there.
func writer(o Options, d *door.Client, dice *rand.Rand, doc string) func(context.Context) error {
	path, tag := door.Document(o.Repo, o.Branch, doc), ""
	return func(ctx context.Context) error {
		if tag == "" {
			now, err := d.Want(ctx, door.Ask{Method: "HEAD", Path: path}, http.StatusOK)
			if err != nil {
				return err
			}
			tag = now.ETag()
		}
		got, err := d.Want(ctx, door.Ask{
			Method: "PUT", Path: path, Body: document(o.Size, dice),
			Header: map[string]string{"If-Match": tag, "Content-Type": "application/json"},
		}, http.StatusOK, http.StatusNoContent)
		tag = got.ETag()
		if err != nil {
			tag = ""
		}
		return err
	}
}

// learn returns the tags of all documents.
func learn(ctx context.Context, o Options) ([]string, error) {
	d := o.dial(o.Conns, timeout)
	defer d.Close()
	tags := make([]string, o.Files)
	return tags, each(ctx, o, func(ctx context.Context, i int) error {
		got, err := d.Want(ctx, door.Ask{Method: "HEAD", Path: door.Document(o.Repo, o.Branch, docPath(i))}, http.StatusOK)
		if tags[i] = got.ETag(); err == nil && tags[i] == "" {
			err = fmt.Errorf("bench: %s has no ETag", docPath(i))
		}
		return err
	})
}

// each does something for every document, o.Conns at a time, until one fails.
func each(ctx context.Context, o Options, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for c := range o.Conns {
		wg.Go(func() {
			for i := c; i < o.Files && ctx.Err() == nil; i += o.Conns {
				if err := do(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// docPath is where the i-th document lies: a hundred to a folder.
func docPath(i int) string {
	return fmt.Sprintf("d%02d/s%02d/f%05d.json", i/1000, i/100%10, i)
}

// minSize has room for the frame of a document.
const minSize = 32

// document makes a JSON document of exactly size bytes that nobody else has:
// hexadecimal noise, which compresses to about half, as text does.
func document(size int, dice *rand.Rand) []byte {
	var b bytes.Buffer
	b.Grow(size + 16)
	b.WriteString(`{"text":"`)
	for b.Len() < size {
		b.WriteString(strconv.FormatUint(dice.Uint64()|1<<63, 16))
	}
	b.Truncate(size - 2)
	b.WriteString(`"}`)
	return b.Bytes()
}
