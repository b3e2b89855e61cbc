package api

import (
	"net/http"

	"github.com/gorilla/mux"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/resource"
)

// branches is the collection of a repository's branches.
func (a *API) branches(r *http.Request) (flow.Resource, error) {
	repo, err := resource.ParseRepo(mux.Vars(r)["repo"])
	return &branchCollection{api: a, view: a.view(), repo: repo}, err
}

type branchCollection struct {
	api *API
	view
	jsonContent
	repo content.RepoID
}

var (
	_ flow.Getter = (*branchCollection)(nil)
	_ flow.Poster = (*branchCollection)(nil)
)

func (*branchCollection) Methods(*flow.Exchange) (flow.Methods, error) {
	return flow.GET | flow.POST, nil
}

func (c *branchCollection) Look(x *flow.Exchange) (flow.State, error) {
	if !reads(x.Request) {
		return flow.State{Exists: true}, nil
	}
	page, err := pageOf(x.Request)
	if err != nil {
		return flow.State{}, err
	}
	refs, err := c.api.FS.Refs(x.Context(), c.repo, "refs/heads/", page)
	if err != nil {
		return absent(err)
	}
	c.next(x.Request, refs.Next)
	return c.show(x, resource.ListOf(refs.Refs, c.shape))
}

func (c *branchCollection) shape(r fsapi.Ref) resource.Branch { return resource.BranchOf(c.repo, r) }

// Post makes a branch: {"name", "from" or "commit"}.
func (c *branchCollection) Post(x *flow.Exchange) (flow.Done, error) {
	var asked newBranch
	text, err := readJSON(x.Request, &asked)
	if err != nil {
		return flow.Done{}, err
	}
	move := fsapi.RefMove{Repo: c.repo, Expect: content.Absent(), Request: requestID(x, text)}
	if move.Name, err = content.Branch(asked.Name); err != nil {
		return flow.Done{}, err
	}
	if move.To, err = c.api.resolve(x, c.repo, asked.target); err != nil {
		return flow.Done{}, err
	}
	ref, err := c.api.FS.MoveRef(x.Context(), move)
	if fault.Is(err, fault.Stale) {
		err = fault.Newf(fault.Conflict, "branch", "there is one called %v already", move.Name.Short())
	}
	if err != nil {
		return flow.Done{}, err
	}
	_, err = c.show(x, c.shape(ref))
	return flow.Done{
		Created: true, Location: resource.BranchURL(c.repo, ref.Name), Tag: resource.TagOf(ref.Target), Content: c.representation(),
	}, err
}

// newBranch is a branch that is to be made.
type newBranch struct {
	Name string `json:"name"`
	target
}

// target is where a branch should point: at a commit, or where a branch or tag does.
type target struct {
	Commit *content.Digest `json:"commit,omitempty"`
	From   string          `json:"from,omitempty"`
	Force  bool            `json:"force,omitempty"` // other than forward
}

// resolve returns the revision that t names; nothing: where the default branch points.
func (a *API) resolve(x *flow.Exchange, repo content.RepoID, t target) (content.Revision, error) {
	switch {
	case t.Commit != nil && t.From != "":
		return content.Revision{}, fault.Newf(fault.Invalid, "branch", "commit and from are both set")
	case t.Commit != nil:
		return content.AtCommit(*t.Commit), nil
	case t.From != "":
		return content.ParseRevision(t.From)
	}
	record, err := a.FS.Repo(x.Context(), repo)
	return content.AtRef(record.Default), err
}
