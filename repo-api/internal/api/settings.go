package api

import (
	"encoding/json"
	"net/http"

	"github.com/gorilla/mux"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/patch"
	"rhapsode/repo-api/internal/problem"
	"rhapsode/repo-api/internal/resource"
)

// settings are what a repository's people agreed on. They are a document of the
// repository's own, so their tag is its blob's id.
func (a *API) settings(r *http.Request) (flow.Resource, error) {
	repo, err := resource.ParseRepo(mux.Vars(r)["repo"])
	return &settings{api: a, view: a.view(), repo: repo}, err
}

type settings struct {
	api *API
	view
	jsonContent
	repo   content.RepoID
	now    fsapi.Settings
	credit credit
}

var (
	_ flow.Getter  = (*settings)(nil)
	_ flow.Putter  = (*settings)(nil)
	_ flow.Patcher = (*settings)(nil)
)

func (*settings) Methods(*flow.Exchange) (flow.Methods, error) {
	return flow.GET | flow.PUT | flow.PATCH, nil
}

// Consumes lists what settings are changed with.
func (s *settings) Consumes(method string) []string {
	if method == http.MethodPatch {
		return patch.Types()
	}
	return s.jsonContent.Consumes(method)
}

// Bounds bounds what is sent.
func (*settings) Bounds() flow.Bounds { return flow.Bounds{Max: access.MaxSettings} }

// Check reads who changes the settings and why.
func (s *settings) Check(x *flow.Exchange) (err error) {
	s.credit, err = creditOf(x.Request.Header)
	return err
}

func (s *settings) Look(x *flow.Exchange) (flow.State, error) {
	var err error
	if s.now, err = s.api.FS.Settings(x.Context(), s.repo); err != nil {
		return absent(err)
	}
	var state flow.State
	if x.Variant.Type == "" || x.Variant.Type == resource.JSON {
		state = s.hold(resource.JSON, s.now.Text)
		state.Tag = resource.TagOf(s.now.Digest)
	} else {
		var members any
		if err := json.Unmarshal(s.now.Text, &members); err != nil {
			return flow.State{}, fault.New(fault.Corrupt, "read settings", "", err)
		}
		state, err = s.show(x, members)
	}
	state.Guarded, state.Judges = true, named(x.Request)
	return state, err
}

// Put makes the settings what is sent.
func (s *settings) Put(x *flow.Exchange) (flow.Done, error) {
	text, err := readUpTo(x.Request.Body, -1, access.MaxSettings)
	if err != nil {
		return flow.Done{}, err
	}
	return s.change(x, text, text)
}

// Patch changes a part of them.
func (s *settings) Patch(x *flow.Exchange) (flow.Done, error) {
	asked, err := readPatch(x, maxJSON)
	if err != nil {
		return flow.Done{}, err
	}
	text, err := patch.Apply(mediaOf(x.Request), s.now.Text, asked)
	if err != nil {
		return flow.Done{}, err
	}
	return s.change(x, text, []byte(mediaOf(x.Request)), asked)
}

// change has the settings say text; asked is how that was said.
func (s *settings) change(x *flow.Exchange, text []byte, asked ...[]byte) (flow.Done, error) {
	if _, err := access.ParseSettings(text); err != nil {
		return flow.Done{}, problem.Unprocessable(err)
	}
	path, err := content.ParsePath(access.SettingsFile)
	if err != nil {
		return flow.Done{}, err
	}
	_, err = s.api.FS.Change(x.Context(), content.ChangeSet{
		Repo: s.repo, Branch: content.ConfigRef, Author: s.credit.author, Message: s.credit.message, Request: requestID(x, asked...),
		Changes: []content.Change{{Path: path, Body: content.InlineBody(text), Expect: s.expected(x)}},
	})
	if fault.Is(err, fault.Stale) {
		seen := x.State
		if now, err := s.Look(x); err == nil {
			x.State = now
		}
		return flow.Done{}, refusal(x, &seen, err)
	}
	if err != nil {
		return flow.Done{}, err
	}
	s.hold(resource.JSON, text)
	return flow.Done{Tag: resource.TagOf(content.InlineBody(text).Digest), Content: s.representation()}, nil
}

// expected is what the conditions expect of the document. The default settings have a tag
// but are no document yet: who has seen them expects that there is still none.
func (s *settings) expected(x *flow.Exchange) content.Expect {
	switch {
	case s.now.Stored || !x.Conditions.Guard(&x.State):
		return expectation(x)
	case x.Conditions.Hold(&x.State):
		return content.Absent()
	}
	return never()
}
