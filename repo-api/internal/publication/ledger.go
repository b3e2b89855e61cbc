package publication

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/book"
)

// The files of the record (content.PublicationsRef):
//
//	next                      how many publications were asked for
//	publications/17.json      a Publication
//	editions/index.json       the Index
//	editions/1.3.json         an Edition
//	downloads/1.3/book.epub   what was made of it
const (
	nextFile  = "next"
	indexFile = fsapi.RecordEditions + "/index.json"
)

func publicationFile(id int) string    { return fmt.Sprintf("publications/%d.json", id) }
func editionFile(n book.Number) string { return fmt.Sprintf("editions/%v.json", n) }
func downloadFile(n book.Number, name string) string {
	return fmt.Sprintf(fsapi.RecordDownloads+"/%v/%s", n, name)
}

// ledger reads and writes the record of one repository.
type ledger struct {
	fs   FS
	repo content.RepoID
}

// FS is what publication asks of the file system.
type FS interface {
	fsapi.Reader
	fsapi.Writer
	fsapi.Releaser
	fsapi.Notes
	fsapi.Accessor
}

// draft is a change of the record that is being written down.
type draft struct {
	changes []content.Change
	err     error
}

// json has a file hold v, if what it holds now is as expected.
func (d *draft) json(name string, v any, e content.Expect) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		d.err = fault.New(fault.Internal, "write record", name, err)
		return
	}
	d.body(name, content.InlineBody(append(text, '\n')), e)
}

func (d *draft) body(name string, b content.Body, e content.Expect) {
	path, err := content.ParsePath(name)
	if err != nil {
		d.err = err
		return
	}
	d.changes = append(d.changes, content.Change{Path: path, Body: b, Expect: e})
}

// remove takes a file away, if it is there.
func (d *draft) remove(name string) {
	path, err := content.ParsePath(name)
	if err != nil {
		d.err = err
		return
	}
	d.changes = append(d.changes, content.Change{Path: path, Delete: true, Expect: content.Present()})
}

// set is d as a change set.
func (l ledger) set(d draft, by string, message string) (content.ChangeSet, error) {
	return content.ChangeSet{
		Repo: l.repo, Branch: content.PublicationsRef, Changes: d.changes, Message: message,
		Author: signature(by), Request: content.NewRequestID(),
	}, d.err
}

// signature is who signs for a user.
func signature(user string) content.Signature {
	if user == "" {
		user = "anonymous"
	}
	return content.Signature{Name: user, Email: user + "@localhost"}
}

// write carries d out.
func (l ledger) write(ctx context.Context, d draft, by, message string) (content.Changed, error) {
	cs, err := l.set(d, by, message)
	if err != nil {
		return content.Changed{}, err
	}
	return l.fs.Change(ctx, cs)
}

// read reads a file of the record into v, and says what to expect of it. If the file, or all
// of the record, is not there, found is false and the expectation is that.
func (l ledger) read(ctx context.Context, name string, v any) (e content.Expect, found bool, err error) {
	path, err := content.ParsePath(name)
	if err != nil {
		return e, false, err
	}
	at := fsapi.At{Repo: l.repo, Rev: content.AtRef(content.PublicationsRef), Path: path}
	stat, err := l.fs.Stat(ctx, fsapi.StatQuestion{At: at, Inline: content.InlineLimit, Brief: true})
	if fault.Is(err, fault.NotFound) {
		return content.Absent(), false, l.there(ctx)
	}
	if err != nil {
		return e, false, err
	}
	text := stat.Inline
	if text == nil {
		if text, err = l.all(ctx, at, stat.Entry); err != nil {
			return e, false, err
		}
	}
	if err := json.Unmarshal(text, v); err != nil {
		return e, false, fault.New(fault.Corrupt, "read record", name, err)
	}
	return content.OneOf(stat.Entry.Digest), true, nil
}

// there returns an error if the repository is not there: a record that was never
// begun is none.
func (l ledger) there(ctx context.Context) error {
	_, err := l.fs.Repo(ctx, l.repo)
	return err
}

func (l ledger) all(ctx context.Context, at fsapi.At, e content.Entry) ([]byte, error) {
	r, err := l.fs.Blob(ctx, at, e.Digest, 0, -1)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "read record", e.Name, err)
	}
	return text, nil
}

// add gives p the next id and writes it down.
func (l ledger) add(ctx context.Context, p *Publication) error {
	for {
		next := 0
		e, _, err := l.read(ctx, nextFile, &next)
		if err != nil {
			return err
		}
		p.ID = next + 1
		var d draft
		d.json(nextFile, p.ID, e)
		d.json(publicationFile(p.ID), p, content.Absent())
		_, err = l.write(ctx, d, p.Publisher.User, fmt.Sprintf("Ask for publication %d of %s\n", p.ID, p.Ref))
		if !fault.Is(err, fault.Stale) {
			return err
		}
	}
}

// moderated writes down what a moderator says. That is a ref of its own, which only moderators
// may change.
func (l ledger) moderated(ctx context.Context, id int, by Person, yes bool, why string) error {
	var d draft
	d.json(publicationFile(id), Moderation{State: answered(yes), By: by.User, Why: why}, content.Expect{})
	set, err := l.set(d, by.User, fmt.Sprintf("Moderate publication %d\n", id))
	if err != nil {
		return err
	}
	set.Branch = content.ModerationsRef
	_, err = l.fs.Change(ctx, set)
	return err
}

// publication reads one.
func (l ledger) publication(ctx context.Context, id int) (p Publication, e content.Expect, err error) {
	e, found, err := l.read(ctx, publicationFile(id), &p)
	if err == nil && !found {
		err = fault.Newf(fault.NotFound, "publication", "%v has no publication %d", l.repo, id)
	}
	return p, e, err
}

// edition reads one.
func (l ledger) edition(ctx context.Context, n book.Number) (x Edition, e content.Expect, err error) {
	e, found, err := l.read(ctx, editionFile(n), &x)
	if err == nil && !found {
		err = fault.Newf(fault.NotFound, "edition", "%v has no edition %v", l.repo, n)
	}
	return x, e, err
}

// index reads the index; it is empty where nothing was published.
func (l ledger) index(ctx context.Context) (x Index, e content.Expect, err error) {
	e, _, err = l.read(ctx, indexFile, &x)
	return x, e, err
}
