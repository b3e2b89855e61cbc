package api

import (
	"encoding/json"
	"math"
	"net/http"

	"github.com/gorilla/mux"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/patch"
	"rhapsode/repo-api/internal/problem"
	"rhapsode/repo-api/internal/resource"
)

// repo is one repository's record.
func (a *API) repo(r *http.Request) (flow.Resource, error) {
	id, err := resource.ParseRepo(mux.Vars(r)["repo"])
	return &repository{api: a, view: a.view(), id: id}, err
}

type repository struct {
	api *API
	view
	jsonContent
	id  content.RepoID
	now fsapi.Repo
}

var (
	_ flow.Getter  = (*repository)(nil)
	_ flow.Putter  = (*repository)(nil)
	_ flow.Patcher = (*repository)(nil)
	_ flow.Deleter = (*repository)(nil)
)

func (*repository) Methods(*flow.Exchange) (flow.Methods, error) {
	return flow.GET | flow.PUT | flow.PATCH | flow.DELETE, nil
}

func (r *repository) Consumes(method string) []string {
	if method == http.MethodPatch {
		return patch.Types()
	}
	return r.jsonContent.Consumes(method)
}

func (r *repository) Look(x *flow.Exchange) (flow.State, error) {
	// A deletion has no repeats to be known by: what is gone is gone.
	judges := named(x.Request) && x.Request.Method != http.MethodDelete
	var err error
	if r.now, err = r.api.FS.Repo(x.Context(), r.id); err != nil {
		state, err := absent(err)
		state.Judges = judges
		return state, err
	}
	shape := resource.RepoOf(r.now)
	if o := shape.Origin; o != nil && o.URL != "" {
		r.links = []string{"<" + o.URL + `>; rel="via"`}
	}
	state, err := r.show(x, shape)
	state.Guarded, state.Judges = true, judges
	return state, err
}

// Put makes the repository, or changes its record: {"description", "default_branch"}.
func (r *repository) Put(x *flow.Exchange) (flow.Done, error) {
	var asked repoSettings
	text, err := readJSON(x.Request, &asked)
	if err != nil {
		return flow.Done{}, err
	}
	return r.change(x, repoRecord{r.id, asked}, text)
}

// Patch changes a part of what Put changes, and what the repository is called.
func (r *repository) Patch(x *flow.Exchange) (flow.Done, error) {
	text, err := readPatch(x, maxJSON)
	if err != nil {
		return flow.Done{}, err
	}
	if !x.State.Exists {
		return flow.Done{}, fault.New(fault.NotFound, "patch", r.id.String(), x.State.Why)
	}
	asked, err := r.patched(x, text)
	if err != nil {
		return flow.Done{}, err
	}
	return r.change(x, asked, []byte(mediaOf(x.Request)), text)
}

// patched is what the settings are after a patch. What was taken out is empty again.
func (r *repository) patched(x *flow.Exchange, text []byte) (after repoRecord, err error) {
	branch := r.now.Default.Short()
	now, err := json.Marshal(repoRecord{r.id, repoSettings{Description: &r.now.Description, Default: &branch}})
	if err != nil {
		return after, fault.New(fault.Internal, "write JSON", "", err)
	}
	if now, err = patch.Apply(mediaOf(x.Request), now, text); err != nil {
		return after, err
	}
	if err := decodeJSON(now, &after); err != nil {
		return after, problem.Unprocessable(err)
	}
	if after.Description == nil {
		after.Description = new(string)
	}
	if after.Default == nil || after.Name.IsZero() {
		return after, problem.Unprocessable(fault.Newf(fault.Invalid, "patch", "a repository has a name and a default_branch"))
	}
	return after, nil
}

// change has the record say what is asked; text is how that was said.
func (r *repository) change(x *flow.Exchange, asked repoRecord, text ...[]byte) (flow.Done, error) {
	change, err := asked.change(r.id)
	if err != nil {
		return flow.Done{}, err
	}
	change.Name = asked.Name
	change.Revision, change.Request = r.expected(x), requestID(x, text...)
	repo, created, err := r.api.FS.PutRepo(x.Context(), change)
	if err != nil {
		return flow.Done{}, r.refused(x, err)
	}
	if _, err := r.show(x, resource.RepoOf(repo)); err != nil {
		return flow.Done{}, err
	}
	return flow.Done{Created: created, Location: location(created || repo.ID != r.id, resource.RepoURL(repo.ID)), Content: r.representation()}, nil
}

// Delete takes the repository away; what it held is kept.
func (r *repository) Delete(x *flow.Exchange) (flow.Done, error) {
	err := r.api.FS.DeleteRepo(x.Context(), r.id, r.expected(x))
	return flow.Done{}, r.refused(x, err)
}

// expected is the revision that the conditions expect the record to be at. The
// tag is of what the record looks like, so they are judged on what was seen.
func (r *repository) expected(x *flow.Exchange) int64 {
	const none, any, never = 0, -1, math.MaxInt64
	switch {
	case !x.Conditions.Guard(&x.State):
		return none
	case !x.Conditions.Hold(&x.State):
		return never
	case !x.State.Exists:
		return none
	case x.Conditions.IfMatch.Any:
		return any
	}
	return r.now.Revision
}

func (r *repository) refused(x *flow.Exchange, err error) error {
	if !fault.Is(err, fault.Stale) {
		return err
	}
	seen := x.State
	if now, err := r.Look(x); err == nil {
		x.State = now
	}
	return refusal(x, &seen, err)
}
