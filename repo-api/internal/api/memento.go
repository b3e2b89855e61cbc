package api

import (
	"net/http"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/resource"
)

// A document under a name is its own TimeGate (RFC 7089 4.1.1): who sends
// Accept-Datetime is led to the version that was current then, by the clocks of those
// who committed. That version, under its commit, is a Memento. How versions lead to
// each other is RFC 5829.

const acceptDatetime = "Accept-Datetime"

// moment reads Accept-Datetime. ok is false if it is not sent, or says nothing of a
// document that never changes.
func (d *document) moment(r *http.Request) (when time.Time, ok bool, err error) {
	if _, fixed := d.Rev.Commit(); fixed || !reads(r) || !sends(r, acceptDatetime) {
		return time.Time{}, false, nil
	}
	when, err = time.Parse(http.TimeFormat, r.Header.Get(acceptDatetime))
	if err != nil {
		return time.Time{}, false, fault.Newf(fault.Invalid, acceptDatetime, "it is a date like %s", http.TimeFormat)
	}
	return when, true, nil
}

// travel makes d the way to the version that was current at a time, if there is one.
func (d *document) travel(x *flow.Exchange, when time.Time) (found bool, err error) {
	at := fsapi.At{Repo: d.Repo, Rev: d.Rev, Path: d.Path, Fresh: freshness(x.Request)}
	version, err := d.api.FS.VersionAt(x.Context(), at, when)
	switch {
	case fault.Is(err, fault.NotFound):
		return false, nil
	case err != nil:
		return false, err
	}
	place := d.At(content.AtCommit(version.Commit.ID))
	place.Dir = version.Entry.Mode.IsDir()
	d.looked, d.state = true, flow.State{Moved: flow.Found, To: place.URL()}
	return true, nil
}

// versionFields tells which version this is and where the others are.
func (d *document) versionFields(x *flow.Exchange, h http.Header) {
	link := linker{h}
	link.to(resource.HistoryURL(d.Repo, d.Path, d.Rev), "version-history")
	_, fixed := d.Rev.Commit()
	named, versions := d.Place, d.stat.Versions
	switch {
	case !fixed:
		if reads(x.Request) {
			h.Add("Vary", acceptDatetime)
		}
		if !versions.This.IsZero() {
			link.to(d.At(content.AtCommit(versions.This)).URL(), "latest-version working-copy-of")
		}
	case versions.Line.IsZero():
		return // a change, or more than is known of
	default:
		named = d.At(content.AtRef(versions.Line))
		link.to(named.URL(), "latest-version working-copy")
		if !d.stat.Modified.IsZero() {
			h.Set("Memento-Datetime", d.stat.Modified.UTC().Format(http.TimeFormat))
		}
	}
	if !versions.Before.IsZero() {
		link.to(d.At(content.AtCommit(versions.Before)).URL(), "predecessor-version")
	}
	if fixed && !versions.After.IsZero() {
		link.to(d.At(content.AtCommit(versions.After)).URL(), "successor-version")
	}
	link.to(named.URL(), "original timegate")
	link.to(resource.TimeMapURL(named), `timemap"; type="`+resource.LinkFormat)
}

// linkAround leads to the directory that the document is in, to where each of its lines is
// from, to what its last change did, and to where it can be written.
func (d *document) linkAround(link linker) {
	dir := resource.Place{Repo: d.Repo, Rev: d.Rev, Path: d.Path.Parent(), Dir: true}
	link.to(dir.URL(), "up collection")
	if !d.branch.IsZero() {
		link.to(d.URL(), "edit")
	}
	if d.patchable() {
		link.to(resource.BlameURL(d.Repo, d.Path, d.Rev), `related"; title="blame`)
	}
	this := d.stat.Versions.This
	if _, fixed := d.Rev.Commit(); fixed {
		this = d.stat.Commit
	}
	if before := d.stat.Versions.Before; !before.IsZero() && !this.IsZero() {
		link.to(resource.CompareURL(d.Repo, before, this), `related"; title="compare`)
	}
}

// linker adds links to an answer.
type linker struct{ http.Header }

func (l linker) to(url, rel string) { l.Add("Link", "<"+url+`>; rel="`+rel+`"`) }
