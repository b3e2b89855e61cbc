package api

import (
	"fmt"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/problem"
	"rhapsode/repo-api/internal/resource"
)

// isStale says whether a change was refused for what it expects, so that what it brings is to be kept.
func isStale(err error) bool { return fault.Is(err, fault.Stale) }

// rescue sees to it that a save that was refused as stale is not lost: it is a durable draft
// before the client hears of the refusal, which tells of the draft, of what it is built on, of
// what is there now, and what a merge would come to.
func (a *API) rescue(x *flow.Exchange, set content.ChangeSet, stale error) error {
	_, err := a.settle(x, set, stale, false)
	return err
}

// rescueOrMerge is rescue, but where the client prefers to have it merged at once, that is done.
// What can't be merged is a conflict, and the draft stays.
func (a *API) rescueOrMerge(x *flow.Exchange, set content.ChangeSet, stale error) (fsapi.Merged, error) {
	return a.settle(x, set, stale, x.Prefer.Merge)
}

func (a *API) settle(x *flow.Exchange, set content.ChangeSet, stale error, wanted bool) (fsapi.Merged, error) {
	draft, err := a.FS.Keep(x.Context(), fsapi.Refused{ChangeSet: set, Owner: nobody(set.Author)})
	if err != nil {
		return fsapi.Merged{}, lost(stale, err)
	}
	members := map[string]any{
		"draft": resource.DraftOf(set.Repo, draft.Name, draft.Commit),
		"base":  resource.StateOf(set, draft.Base), "now": resource.StateOf(set, draft.Tip),
	}
	merge := fsapi.Merge{
		Repo: set.Repo, Into: set.Branch, From: content.AtRef(draft.Name), Author: set.Author, Message: set.Message,
		DryRun: !wanted || draft.Base.IsZero(), Request: content.RequestIDOf("merge", set.Request[:]),
	}
	merged, err := a.FS.Merge(x.Context(), merge)
	if err == nil && merge.DryRun {
		members["merge"] = resource.PreviewOf(set.Repo, set.Branch, draft.Name, merged)
	}
	switch {
	case wanted && draft.Base.IsZero():
		err = errNoBase
	case !wanted:
		err = stale
	case err == nil && len(merged.Conflicts) > 0:
		err = inConflict(set.Repo, set.Repo, merged)
	case err == nil:
		x.Honour(flow.MergePreference)
		return merged, nil
	}
	return fsapi.Merged{}, problem.With(err, members, nil)
}

// errNoBase is why a save is not merged though the client would like that.
var errNoBase = fault.Newf(fault.Conflict, "merge", "the version that the change was made of is not known here, so there is nothing to merge by; what was sent is kept as a draft")

// lost says of a refused save that it could not be kept, and why.
func lost(stale, why error) error {
	reason := fault.Of(why).String()
	if problem.Status(why) < 500 {
		reason = why.Error()
	}
	err := &fault.Error{Kind: fault.Stale, Op: "change", Err: fmt.Errorf("%w; and what was sent could not be kept: %s", stale, reason)}
	return problem.With(err, map[string]any{"draft": nil, "not_kept": reason}, nil)
}
