package publication

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/check"
)

// Latest is the number of the latest edition that is good; zero if there is none.
func (p *Publisher) Latest(ctx context.Context, repo content.RepoID) (book.Number, error) {
	x, _, err := p.ledger(repo).index(ctx)
	return x.Latest, err
}

// Edition reads one, a withdrawn one too. NotFound.
func (p *Publisher) Edition(ctx context.Context, repo content.RepoID, n book.Number) (Edition, error) {
	e, _, err := p.ledger(repo).edition(ctx, n)
	return e, err
}

// Open opens n bytes of a download from offset off; n < 0: to its end. The caller closes the reader.
func (p *Publisher) Open(ctx context.Context, repo content.RepoID, number book.Number, d Download, off, n int64) (io.ReadCloser, error) {
	path, err := content.ParsePath(downloadFile(number, d.Name))
	if err != nil {
		return nil, err
	}
	at := fsapi.At{Repo: repo, Rev: content.AtRef(content.PublicationsRef), Path: path}
	return p.FS.Blob(ctx, at, d.Blob, off, n)
}

// Editions returns at most limit editions that were made before the one called before, the newest
// first; zero: from the newest on. Next is the last of them if there are others.
func (p *Publisher) Editions(ctx context.Context, repo content.RepoID, before book.Number, limit int) (list []Edition, next book.Number, err error) {
	l := p.ledger(repo)
	x, _, err := l.index(ctx)
	if err != nil {
		return nil, next, err
	}
	n := x.Newest()
	if !before.IsZero() {
		if !x.Has(before) {
			return nil, next, fault.Newf(fault.Invalid, "cursor", "%v has no edition %v", l.repo, before)
		}
		n = x.Before(before)
	}
	for ; !n.IsZero() && len(list) < limit; n = x.Before(n) {
		e, _, err := l.edition(ctx, n)
		if err != nil {
			return nil, next, err
		}
		list = append(list, e)
	}
	if !n.IsZero() && len(list) > 0 {
		next = list[len(list)-1].Number
	}
	return list, next, nil
}

// Withdraw takes an edition back: whoever asks for it is told that it is gone, and why.
// What it was stays on record. Doing it again changes nothing. NotFound.
func (p *Publisher) Withdraw(ctx context.Context, repo content.RepoID, n book.Number, by Person, reason string) error {
	l := p.ledger(repo)
	for {
		e, expect, err := l.edition(ctx, n)
		if err != nil || e.Withdrawn != nil {
			return err
		}
		x, expectIndex, err := l.index(ctx)
		if err != nil {
			return err
		}
		e.Withdrawn = &Withdrawal{By: by.User, At: p.now(), Reason: reason}
		var d draft
		d.json(editionFile(n), e, expect)
		for _, file := range e.Downloads {
			d.remove(downloadFile(n, file.Name))
		}
		if x.Latest == n {
			if x.Latest, err = l.latestBefore(ctx, x, n); err != nil {
				return err
			}
			d.json(indexFile, x, expectIndex)
		}
		set, err := l.set(d, by.User, fmt.Sprintf("Withdraw edition %v\n\n%s\n", n, reason))
		if err != nil {
			return err
		}
		edition, err := fsapi.Edition(n.String())
		if err != nil {
			return err
		}
		withdrawal, err := fsapi.Withdrawal(edition)
		if err != nil {
			return err
		}
		_, err = l.fs.Release(ctx, fsapi.Release{Record: set, Tags: []fsapi.NewTag{{Name: withdrawal, Target: e.Commit, Message: reason}}})
		if !fault.Is(err, fault.Stale) {
			return err
		}
	}
}

// latestBefore is the newest good edition before n.
func (l ledger) latestBefore(ctx context.Context, x Index, n book.Number) (book.Number, error) {
	for n = x.Before(n); !n.IsZero(); n = x.Before(n) {
		e, _, err := l.edition(ctx, n)
		if err != nil || e.State == Good && e.Withdrawn == nil {
			return n, err
		}
	}
	return book.Number{}, nil
}

// Rehearsal is what would be found if a state were published.
type Rehearsal struct {
	Commit   content.Digest
	Passes   bool
	Edition  book.Number // that it would get now; zero: it has errors
	Works    []Work
	Findings []check.Finding
}

// Rehearse checks what Ask would, and reserves nothing.
func (p *Publisher) Rehearse(ctx context.Context, repo content.RepoID, o Order) (Rehearsal, error) {
	if err := o.check(p.now()); err != nil {
		return Rehearsal{}, err
	}
	root, err := p.FS.Stat(ctx, fsapi.StatQuestion{At: fsapi.At{Repo: repo, Rev: o.Ref}, Brief: true})
	if err != nil {
		return Rehearsal{}, err
	}
	j := job{Publisher: p, ledger: p.ledger(repo)}
	x, _, err := j.index(ctx)
	if err != nil {
		return Rehearsal{}, err
	}
	previous, err := j.newest(ctx, x)
	if err != nil {
		return Rehearsal{}, err
	}
	s, err := j.survey(ctx, root.Commit, o.Collections, previous)
	if err != nil {
		return Rehearsal{}, err
	}
	works, major := numbered(s.works, previous.Works, s.wanted)
	r := Rehearsal{Commit: root.Commit, Passes: s.errors() == 0, Works: works, Findings: s.findings}
	if r.Passes {
		_, r.Edition = x.with(major)
	}
	return r, nil
}

// Recommend chooses among downloads by what the client is: what it asks for, or else what
// devices like it read.
func Recommend(all []Download, userAgent, accept string) (Download, bool) {
	wants := func(d Download) bool { return d.Recipe == complete }
	if strings.Contains(accept, epubType) || !strings.Contains(accept, "zip") && isReader(strings.ToLower(userAgent)) {
		wants = func(d Download) bool { return d.Type == epubType }
	}
	if at := slices.IndexFunc(all, wants); at >= 0 {
		return all[at], true
	}
	if len(all) == 0 {
		return Download{}, false
	}
	return all[0], true
}

const epubType = "application/epub+zip"

// isReader says whether a client is a device or program for reading books, or is carried in a pocket.
func isReader(agent string) bool {
	for _, word := range []string{"kindle", "kobo", "nook", "ereader", "epub", "iphone", "ipad", "android", "calibre"} {
		if strings.Contains(agent, word) {
			return true
		}
	}
	return false
}
