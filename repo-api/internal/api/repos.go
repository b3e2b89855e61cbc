package api

import (
	"net/http"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/resource"
)

// repos is the collection of repositories.
func (a *API) repos(*http.Request) (flow.Resource, error) {
	return &repoCollection{api: a, view: a.view()}, nil
}

type repoCollection struct {
	api *API
	view
	jsonContent
}

var (
	_ flow.Getter   = (*repoCollection)(nil)
	_ flow.Poster   = (*repoCollection)(nil)
	_ flow.Consumer = (*repoCollection)(nil)
	_ flow.Bounded  = (*repoCollection)(nil)
)

func (*repoCollection) Methods(*flow.Exchange) (flow.Methods, error) {
	return flow.GET | flow.POST, nil
}

func (c *repoCollection) Look(x *flow.Exchange) (flow.State, error) {
	if !reads(x.Request) {
		return flow.State{Exists: true}, nil
	}
	page, err := pageOf(x.Request)
	if err != nil {
		return flow.State{}, err
	}
	repos, err := c.api.FS.Repos(x.Context(), page)
	if err != nil {
		return flow.State{}, err
	}
	c.next(x.Request, repos.Next)
	return c.show(x, resource.ListOf(repos.Repos, resource.RepoOf))
}

// Post makes a repository: {"name", "description", "default_branch", "derived_from"}.
func (c *repoCollection) Post(x *flow.Exchange) (flow.Done, error) {
	var asked newRepo
	text, err := readJSON(x.Request, &asked)
	if err != nil {
		return flow.Done{}, err
	}
	change, err := asked.change(asked.Name)
	if err != nil {
		return flow.Done{}, err
	}
	if asked.DerivedFrom != nil {
		if change.Derive, err = c.api.derivation(x.Context(), *asked.DerivedFrom); err != nil {
			return flow.Done{}, err
		}
	}
	change.Request = requestID(x, text)
	repo, _, err := c.api.FS.PutRepo(x.Context(), change)
	if fault.Is(err, fault.Stale) {
		err = fault.Newf(fault.Conflict, "repository", "there is one called %v already", change.ID)
	}
	if err != nil {
		return flow.Done{}, err
	}
	state, err := c.show(x, resource.RepoOf(repo))
	return flow.Done{Created: true, Location: resource.RepoURL(repo.ID), Tag: state.Tag, Content: c.representation()}, err
}

// newRepo is what may be said of a repository that is to be made.
type newRepo struct {
	repoRecord
	DerivedFrom *string `json:"derived_from,omitempty"` // repo or repo@ref: what it begins as, sharing that history
}

// repoRecord is what of a repository's record may be changed.
type repoRecord struct {
	Name content.RepoID `json:"name"`
	repoSettings
}

// repoSettings is what may be said of a repository.
type repoSettings struct {
	Description *string `json:"description,omitempty"`
	Default     *string `json:"default_branch,omitempty"`
}

// change makes a change of the record of id of what is set.
func (s repoSettings) change(id content.RepoID) (fsapi.RepoChange, error) {
	if id.IsZero() {
		return fsapi.RepoChange{}, fault.Newf(fault.Invalid, "repository", "the name is missing")
	}
	change := fsapi.RepoChange{ID: id, Description: s.Description}
	var err error
	if s.Default != nil {
		change.Default, err = content.Branch(*s.Default)
	}
	return change, err
}

// jsonContent is what resources have in common that are sent JSON.
type jsonContent struct{}

func (jsonContent) Consumes(string) []string { return []string{resource.JSON} }
func (jsonContent) Bounds() flow.Bounds      { return flow.Bounds{Max: maxJSON} }
