package api

import (
	"context"
	"net/http"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/repo-api/flow"
)

// cherryPicks is where what one commit did is asked for on a branch that it is not on.
func (a *API) cherryPicks(r *http.Request) (flow.Resource, error) {
	c, err := a.commission(r, maxMerge)
	return &picks{commission: c}, err
}

// reverts is where what one commit did is undone.
func (a *API) reverts(r *http.Request) (flow.Resource, error) {
	c, err := a.commission(r, maxMerge)
	return &picks{commission: c, revert: true}, err
}

type picks struct {
	commission
	revert bool
}

var (
	_ flow.Poster  = (*picks)(nil)
	_ flow.Checker = (*picks)(nil)
	_ flow.Bounded = (*picks)(nil)
)

// Post picks, or reverts. It answers as a merge does.
func (p *picks) Post(x *flow.Exchange) (flow.Done, error) {
	var asked newPick
	text, err := readJSONUpTo(x.Request, maxMerge, &asked)
	if err != nil {
		return flow.Done{}, err
	}
	merge, err := asked.merge()
	if err != nil {
		return flow.Done{}, err
	}
	if merge.From, err = content.ParseRevision(asked.Commit); err != nil {
		return flow.Done{}, err
	}
	return p.bringIn(x, merge, text, func(ctx context.Context, m fsapi.Merge) (fsapi.Merged, error) {
		return p.api.FS.Pick(ctx, fsapi.Pick{Merge: m, Revert: p.revert, Mainline: asked.Mainline})
	})
}

// newPick is a commit that should be done over, or undone.
type newPick struct {
	newJoint
	Commit   string `json:"commit"`             // its id, or what points at it
	Mainline int    `json:"mainline,omitempty"` // of a merge: which parent counts, from 1
}
