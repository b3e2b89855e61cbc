package api

import (
	"net/http"

	"rhapsode/content"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/resource"
)

// never is an expectation that nothing fulfils: it asks the file system for
// nothing but whether it has seen the request before.
func never() content.Expect { return content.OneOf() }

// expectation is what the conditions of a change expect of what it changes.
//
// Tags are expectations as they are. A date is judged on what was seen, and what
// was seen is then expected; so is a mixture of conditions. Without a condition
// there must be nothing: what is not known about can't be overwritten.
func expectation(x *flow.Exchange) content.Expect {
	c, seen := &x.Conditions, &x.State
	dated := !c.IfUnmodifiedSince.IsZero() && !c.IfMatch.Sent()
	switch {
	case x.Request.Method == http.MethodDelete && !seen.Exists:
		return never()
	case !c.Guard(seen):
		return content.Absent()
	case c.IfMatch.Any && !c.IfNoneMatch.Sent():
		return content.Present()
	case c.IfMatch.Sent() && !c.IfNoneMatch.Sent():
		return content.OneOf(digests(c.IfMatch.List, false)...)
	case c.IfNoneMatch.Any && !c.IfMatch.Sent() && !dated:
		return content.Absent()
	case c.IfNoneMatch.Sent() && !c.IfMatch.Sent() && !dated:
		return content.NoneOf(digests(c.IfNoneMatch.List, true)...)
	case !c.Hold(seen):
		return never()
	case !seen.Exists:
		return content.Absent()
	}
	return content.OneOf(digests([]flow.Tag{seen.Tag}, false)...)
}

// digests returns what tags stand for. A weak tag counts only where comparison is
// weak; one that no digest was made into stands for nothing.
func digests(tags []flow.Tag, weak bool) []content.Digest {
	var ds []content.Digest
	for _, t := range tags {
		if d, ok := resource.DigestOf(t); ok && (weak || !t.Weak()) {
			ds = append(ds, d)
		}
	}
	return ds
}
