package api

import (
	"net/http"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/resource"
)

// Check reads who changes the document and why.
func (d *document) Check(x *flow.Exchange) (err error) {
	if reads(x.Request) {
		_, _, err = d.moment(x.Request)
		return err
	}
	d.credit, err = creditOf(x.Request.Header)
	return err
}

// Put makes the document what the request holds.
func (d *document) Put(x *flow.Exchange) (flow.Done, error) {
	if !x.State.Exists {
		if err := d.Path.Creatable(); err != nil {
			return flow.Done{}, err // before the content is read
		}
	}
	body, err := d.api.receive(x.Context(), d.Repo, x.Request.Body, x.Request.ContentLength)
	if err != nil {
		return flow.Done{}, err
	}
	outcome, err := d.change(x, content.Change{Path: d.Path, Body: body})
	if isStale(err) {
		return d.rescue(x, content.Change{Path: d.Path, Body: body, Expect: expectation(x)}, err)
	}
	if err != nil {
		return flow.Done{}, err
	}
	d.stat.Entry = content.Entry{Name: d.Path.Base(), Mode: content.ModeRegular, Digest: body.Digest, Size: body.Size}
	d.stat.Inline = body.Inline
	return flow.Done{
		Created: outcome.Created, Location: location(outcome.Created, d.URL()),
		Tag: resource.TagOf(body.Digest), Content: d.shown(x),
	}, nil
}

// shown is what is there now, if the client would like to see it (RFC 7240, 4.2).
func (d *document) shown(x *flow.Exchange) *flow.Representation {
	if x.Prefer.Return != "representation" {
		return nil
	}
	sent := d.representation()
	return &sent
}

// location is where what was created is; it is told only of what was.
func location(created bool, url string) string {
	if created {
		return url
	}
	return ""
}

// Delete takes the document away.
func (d *document) Delete(x *flow.Exchange) (flow.Done, error) {
	_, err := d.change(x, content.Change{Path: d.Path, Delete: true})
	return flow.Done{}, err
}

func (d *document) change(x *flow.Exchange, c content.Change) (content.Outcome, error) {
	c.Expect = expectation(x)
	changed, err := d.commit(x, c, c.Body.Digest[:])
	if err != nil {
		return content.Outcome{}, d.refused(x, err)
	}
	return changed.Outcomes[0], nil
}

// commit makes c what became of the document; asked is what the request asks for.
func (d *document) commit(x *flow.Exchange, c content.Change, asked ...[]byte) (content.Changed, error) {
	changed, err := d.api.FS.Change(x.Context(), d.changeSet(x, c, asked...))
	if err == nil {
		d.stat.Commit = changed.Commit
	}
	return changed, err
}

func (d *document) changeSet(x *flow.Exchange, c content.Change, asked ...[]byte) content.ChangeSet {
	return content.ChangeSet{
		Repo: d.Repo, Branch: d.branch, Changes: []content.Change{c},
		Author: d.credit.author, Message: d.credit.message,
		Request: requestID(x, asked...),
	}
}

// rescue keeps what c brings, which was refused as stale, and merges it if the client would like
// that: then the answer is what the merge made of the document.
func (d *document) rescue(x *flow.Exchange, c content.Change, stale error) (flow.Done, error) {
	merged, err := d.api.rescueOrMerge(x, d.changeSet(x, c, c.Body.Digest[:]), stale)
	if err != nil {
		return flow.Done{}, err
	}
	d.stat.Commit = merged.Commit
	if err := d.lookAgain(x); err != nil {
		return flow.Done{}, err
	}
	sent := d.representation()
	return flow.Done{Tag: resource.TagOf(d.stat.Entry.Digest), Content: &sent}, nil
}

// refused says why a change was refused, in the light of what is there now.
func (d *document) refused(x *flow.Exchange, err error) error {
	if !fault.Is(err, fault.Stale) {
		return err
	}
	seen := x.State
	if d.see(x, fsapi.Linearizable) == nil {
		x.State = d.state
	}
	return refusal(x, &seen, err)
}

// refusal is what a stale expectation means to the client: what there was nothing
// to delete of is not found, and who said nothing about what there is should have.
func refusal(x *flow.Exchange, seen *flow.State, stale error) error {
	switch {
	case x.Request.Method == http.MethodDelete && !seen.Exists:
		return fault.New(fault.NotFound, "delete", x.Request.URL.Path, seen.Why)
	case !x.Conditions.Guard(seen):
		return flow.ErrUnconditional
	}
	return stale
}
