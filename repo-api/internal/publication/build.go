package publication

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"rhapsode/content"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/book"
)

// Recipe makes downloads.
type Recipe interface {
	// For lists the downloads that it makes of an edition. Those of one edition have
	// different names.
	For(*Made) []Product
}

// Product is a download that is to be made. Its functions may be called at the same time as
// those of others.
type Product struct {
	Recipe string                                // what kind of download it is
	Type   string                                // its media type
	Work   string                                // the id of the collection that it is of; "": all of the edition
	Name   func(context.Context) (string, error) // of the file
	Make   func(context.Context, io.Writer) error
}

// Made is an edition, as recipes see it. They may read it at the same time, and do not write to it.
type Made struct {
	Repo    string
	Title   string // of the repository, in its owner's words; ""
	Edition Edition
	Library *book.Library
	Lend    func(context.Context, *book.ModuleRef) (book.Source, error) // what the edition borrows
}

// madeAtOnce is how many downloads are made at a time.
const madeAtOnce = 2

// build makes the downloads, and with them the edition good. One that can't be made leaves the
// latest edition where it was; the sources of this one stay what they are.
func (j *job) build(ctx context.Context) error {
	j.pub.begin(stepBuild, j.now())
	n, err := book.ParseNumber(j.pub.Edition)
	if err != nil {
		return err
	}
	e, expect, err := j.edition(ctx, n)
	if err != nil {
		return err
	}
	library, err := j.library(ctx, e.Commit)
	if err != nil {
		return err
	}
	repo, err := j.fs.Repo(ctx, j.repo)
	if err != nil {
		return err
	}
	products := j.Recipe.For(&Made{Repo: j.repo.String(), Title: repo.Description, Edition: e, Library: library, Lend: j.lend(e)})
	e.Downloads = make([]Download, len(products))
	bodies := make([]content.Body, len(products))
	g, making := errgroup.WithContext(ctx)
	g.SetLimit(madeAtOnce)
	for i, p := range products {
		g.Go(func() (err error) {
			e.Downloads[i], bodies[i], err = j.make(making, p)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		if !final(err) {
			return err
		}
		return j.incomplete(ctx, e, expect, err)
	}
	e.State = Good
	j.pub.end(stepBuild, Succeeded, j.now(), counted(len(products), "file"))
	j.pub.State = Done
	var d draft
	for i, file := range e.Downloads {
		d.body(downloadFile(n, file.Name), bodies[i], content.Expect{})
	}
	x, expectIndex, err := j.index(ctx)
	if err != nil {
		return err
	}
	if later(n, x.Latest) && e.Withdrawn == nil {
		x.Latest = n
		d.json(indexFile, x, expectIndex)
	}
	if err := j.finish(ctx, d, e, expect); err != nil {
		return err
	}
	return j.tell(ctx, e)
}

func later(a, b book.Number) bool {
	return a.Major > b.Major || a.Major == b.Major && a.Minor > b.Minor
}

// incomplete ends a publication whose downloads can't be made.
func (j *job) incomplete(ctx context.Context, e Edition, expect content.Expect, why error) error {
	e.State, e.Why, e.Downloads = Incomplete, why.Error(), []Download{}
	j.pub.end(stepBuild, Stopped, j.now(), why.Error())
	j.pub.fail(Failed, "edition "+e.Number.String()+" is there, but not its downloads: "+why.Error())
	return j.finish(ctx, draft{}, e, expect)
}

// finish writes down an edition and its publication.
func (j *job) finish(ctx context.Context, d draft, e Edition, expect content.Expect) error {
	d.json(editionFile(e.Number), e, expect)
	d.json(publicationFile(j.pub.ID), j.pub, j.expect)
	_, err := j.write(ctx, d, j.pub.Publisher.User, fmt.Sprintf("Publication %d: %s\n", j.pub.ID, j.pub.State))
	return err
}

// make makes a download and stores its bytes.
func (j *job) make(ctx context.Context, p Product) (d Download, b content.Body, err error) {
	began := time.Now()
	name, err := p.Name(ctx)
	if err != nil {
		return d, b, err
	}
	f, err := os.CreateTemp(j.Spool, "rhapsode-download-")
	if err != nil {
		return d, b, fault.Disk("make "+name, err)
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil { // nobody else sees it, and it ends with f
		return d, b, fault.Disk("make "+name, err)
	}
	h := sha256.New()
	if err := p.Make(ctx, io.MultiWriter(f, h)); err != nil {
		if errors.Is(err, syscall.ENOSPC) {
			err = fault.New(fault.Full, "make", name, err)
		}
		return d, b, err
	}
	size, err := f.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return d, b, fault.Disk("make "+name, err)
	}
	if b, err = j.store(ctx, f, size); err != nil {
		return d, b, err
	}
	j.Log.Info("download made", "repo", j.repo, "publication", j.pub.ID, "name", name, "bytes", size, "took", time.Since(began))
	return Download{Name: name, Recipe: p.Recipe, Type: p.Type, Size: size, SHA256: hex.EncodeToString(h.Sum(nil)), Blob: b.Digest, Work: p.Work}, b, nil
}

// store keeps bytes among the repository's bodies.
func (j *job) store(ctx context.Context, r io.Reader, size int64) (content.Body, error) {
	if size > content.InlineLimit {
		digest, err := j.fs.Upload(ctx, j.repo, size, r)
		return content.Body{Digest: digest, Size: size}, err
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return content.Body{}, fault.Disk("read download", err)
	}
	return content.InlineBody(b), nil
}
