package api

import (
	"net/http"

	"github.com/gorilla/mux"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/resource"
)

// compare is how two revisions differ since they parted.
func (a *API) compare(r *http.Request) (flow.Resource, error) {
	repo, err := resource.ParseRepo(mux.Vars(r)["repo"])
	if err != nil {
		return nil, err
	}
	c := &comparison{fs: a.FS, view: a.view(), repo: repo}
	if c.from, c.to, err = resource.ParseRange(mux.Vars(r)["range"]); err != nil {
		return nil, err
	}
	if isCommit(c.from) && isCommit(c.to) {
		c.cache = immutable
	}
	return c, nil
}

func isCommit(rev content.Revision) bool {
	_, ok := rev.Commit()
	return ok
}

// comparison is read as a list of paths, or as a patch.
type comparison struct {
	view
	fs       fsapi.FS
	repo     content.RepoID
	from, to content.Revision
}

var (
	_ flow.Getter     = (*comparison)(nil)
	_ flow.Fielder    = (*comparison)(nil)
	_ flow.Negotiable = (*comparison)(nil)
)

func (*comparison) Methods(*flow.Exchange) (flow.Methods, error) { return flow.GET, nil }

// Variants are those of a view, and the patch for who asks for it.
func (c *comparison) Variants(x *flow.Exchange) ([]flow.Variant, error) {
	asDiff := flow.Variant{Type: resource.Diff, URL: resource.As(x.Request.URL, resource.AsDiff)}
	if x.Request.URL.Query().Get("as") == resource.AsDiff {
		return []flow.Variant{asDiff}, nil
	}
	variants, err := c.view.Variants(x)
	if !x.Request.URL.Query().Has("as") {
		variants = append(variants, asDiff)
	}
	return variants, err
}

func (c *comparison) Look(x *flow.Exchange) (flow.State, error) {
	patch := x.Variant.Type == resource.Diff
	compared, err := c.fs.Compare(x.Context(), fsapi.CompareQuestion{
		Repo: c.repo, From: c.from, To: c.to, Fresh: freshness(x.Request), Patch: patch,
	})
	if err != nil {
		return absent(err)
	}
	if patch {
		return c.hold(resource.Diff, compared.Patch), nil
	}
	return c.show(x, resource.ComparisonOf(c.repo, compared, x.Request.URL))
}
