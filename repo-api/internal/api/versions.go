package api

import (
	"context"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/publication"
	"rhapsode/repo-api/internal/resource"
)

// versions are the editions of a repository, the newest first. The cursor is the number of the
// last one shown.
func (a *API) versions(r *http.Request) (flow.Resource, error) {
	repo, err := resource.ParseRepo(mux.Vars(r)["repo"])
	return a.reading("", func(x *flow.Exchange) (any, string, error) {
		page, err := pageOf(x.Request)
		if err != nil {
			return nil, "", err
		}
		var before book.Number
		if page.After != "" {
			if before, err = book.ParseNumber(page.After); err != nil {
				return nil, "", err
			}
		}
		editions, next, err := a.Publisher.Editions(x.Context(), repo, before, most(page))
		if err != nil {
			return nil, "", err
		}
		cursor := ""
		if !next.IsZero() {
			cursor = next.String()
		}
		return resource.ListOf(editions, func(e publication.Edition) resource.Version { return resource.VersionOf(repo, e) }), cursor, nil
	}), err
}

// version is one edition: what it is, and what was made of it.
func (a *API) version(r *http.Request) (flow.Resource, error) {
	repo, n, err := editionIn(r)
	return &version{api: a, view: a.view(), repo: repo, number: n}, err
}

func editionIn(r *http.Request) (repo content.RepoID, n book.Number, err error) {
	if repo, err = resource.ParseRepo(mux.Vars(r)["repo"]); err != nil {
		return repo, n, err
	}
	if n, err = book.ParseNumber(mux.Vars(r)["number"]); err != nil {
		err = fault.New(fault.NotFound, "edition", "", err)
	}
	return repo, n, err
}

type version struct {
	api *API
	view
	repo    content.RepoID
	number  book.Number
	edition publication.Edition
	sent    *publication.Download // instead of what is said of the edition
}

var (
	_ flow.Getter     = (*version)(nil)
	_ flow.Deleter    = (*version)(nil)
	_ flow.Fielder    = (*version)(nil)
	_ flow.Negotiable = (*version)(nil)
)

func (*version) Methods(*flow.Exchange) (flow.Methods, error) { return flow.GET | flow.DELETE, nil }

func (v *version) load(ctx context.Context) (err error) {
	if v.edition.Number.IsZero() {
		v.edition, err = v.api.Publisher.Edition(ctx, v.repo, v.number)
	}
	return err
}

// Variants are what is said of the edition, and the edition itself in each type that it
// was made in once.
func (v *version) Variants(x *flow.Exchange) ([]flow.Variant, error) {
	variants, err := v.view.Variants(x)
	if err != nil || x.Request.URL.Query().Has("as") || v.load(x.Context()) != nil || v.edition.Withdrawn != nil {
		return variants, err // Look tells what is wrong
	}
	for _, d := range representing(v.edition.Downloads) {
		variants = append(variants, flow.Variant{Type: d.Type, URL: resource.DownloadURL(v.repo, v.number, d.Name)})
	}
	return variants, nil
}

// representing are the downloads that are the edition in another form: the first of each type.
func representing(all []publication.Download) (some []publication.Download) {
	for _, d := range all {
		if !slices.ContainsFunc(some, func(other publication.Download) bool { return other.Type == d.Type }) {
			some = append(some, d)
		}
	}
	return some
}

func (v *version) Look(x *flow.Exchange) (flow.State, error) {
	err := v.load(x.Context())
	if err == nil && reads(x.Request) {
		err = v.api.shown(x.Context(), v.repo, v.number)
	}
	if err != nil {
		return absent(err)
	}
	if w := v.edition.Withdrawn; w != nil && reads(x.Request) {
		return flow.State{Gone: true, Why: fault.Newf(fault.Gone, "edition", "edition %v of %v was withdrawn: %s", v.number, v.repo, w.Reason)}, nil
	}
	if !v.edition.Previous.IsZero() {
		v.links = append(v.links, "<"+resource.VersionURL(v.repo, v.edition.Previous)+`>; rel="predecessor-version"`)
	}
	v.links = append(v.links, "<"+resource.VersionsURL(v.repo)+`>; rel="version-history"`)
	for _, d := range representing(v.edition.Downloads) {
		v.links = append(v.links, "<"+resource.DownloadURL(v.repo, v.number, d.Name)+`>; rel="alternate"; type="`+d.Type+`"`)
		if d.Type == x.Variant.Type {
			v.sent = &d
		}
	}
	if v.sent != nil {
		return flow.State{Exists: true, Tag: resource.TagOf(v.sent.Blob), Exact: true}, nil
	}
	state, err := v.show(x, resource.VersionOf(v.repo, v.edition))
	state.Guarded = true
	return state, err
}

// Get sends what is said of the edition, or what was made of it.
func (v *version) Get(x *flow.Exchange) (flow.Representation, error) {
	if v.sent != nil {
		return downloaded(v.api, v.repo, v.number, *v.sent), nil
	}
	return v.view.Get(x)
}

// Delete withdraws the edition; Rhapsode-Message says why. What it was stays on record.
func (v *version) Delete(x *flow.Exchange) (flow.Done, error) {
	credit, err := creditOf(x.Request.Header)
	if err != nil {
		return flow.Done{}, err
	}
	by, err := v.api.person(x)
	if err != nil {
		return flow.Done{}, err
	}
	if strings.TrimSpace(credit.message) == "" {
		return flow.Done{}, fault.Newf(fault.Invalid, "withdraw", "%s says why: who looks for the edition will be told", messageField)
	}
	return flow.Done{}, v.api.Publisher.Withdraw(x.Context(), v.repo, v.number, by, strings.TrimSpace(credit.message))
}

// Fields are those of what is sent.
func (v *version) Fields(x *flow.Exchange, h http.Header) {
	v.view.Fields(x, h)
	if v.sent != nil {
		attach(h, *v.sent)
	}
}

// downloads are what was made of an edition.
func (a *API) downloads(r *http.Request) (flow.Resource, error) {
	repo, n, err := editionIn(r)
	return a.reading("", func(x *flow.Exchange) (any, string, error) {
		e, err := a.standing(x.Context(), repo, n)
		return resource.DownloadsOf(repo, e), "", err
	}), err
}

// shown returns why an edition is withheld from who asks, or nil. Its record, which says what it is, is not.
func (a *API) shown(ctx context.Context, repo content.RepoID, n book.Number) error {
	edition, err := fsapi.Edition(n.String())
	if err != nil {
		return err
	}
	_, err = a.FS.Stat(ctx, fsapi.StatQuestion{At: fsapi.At{Repo: repo, Rev: content.AtRef(edition)}, Brief: true})
	if !fault.Is(err, fault.Withheld) {
		return nil // the record is what tells of anything else
	}
	return err
}

// standing is an edition that was neither withdrawn nor taken down.
func (a *API) standing(ctx context.Context, repo content.RepoID, n book.Number) (publication.Edition, error) {
	e, err := a.Publisher.Edition(ctx, repo, n)
	if err == nil {
		err = a.shown(ctx, repo, n)
	}
	if err == nil && e.Withdrawn != nil {
		err = fault.Newf(fault.Gone, "edition", "edition %v of %v was withdrawn: %s", n, repo, e.Withdrawn.Reason)
	}
	return e, err
}

// download is one file that was made of an edition. It never changes.
func (a *API) download(r *http.Request) (flow.Resource, error) {
	repo, n, err := editionIn(r)
	return &download{api: a, repo: repo, number: n, name: mux.Vars(r)["name"]}, err
}

type download struct {
	api    *API
	repo   content.RepoID
	number book.Number
	name   string
	file   publication.Download
}

var (
	_ flow.Getter  = (*download)(nil)
	_ flow.Fielder = (*download)(nil)
)

// recommended is the name of whatever suits the client best.
const recommended = "latest"

func (*download) Methods(*flow.Exchange) (flow.Methods, error) { return flow.GET, nil }

func (d *download) Look(x *flow.Exchange) (flow.State, error) {
	e, err := d.api.standing(x.Context(), d.repo, d.number)
	if err != nil {
		return absent(err)
	}
	if d.name == recommended {
		file, ok := publication.Recommend(e.Downloads, x.Request.Header.Get("User-Agent"), x.Request.Header.Get("Accept"))
		if !ok {
			return flow.State{Why: fault.Newf(fault.NotFound, "download", "nothing was made of edition %v", d.number)}, nil
		}
		return flow.State{Moved: flow.Found, To: resource.DownloadURL(d.repo, d.number, file.Name)}, nil
	}
	for _, file := range e.Downloads {
		if file.Name == d.name {
			d.file = file
			return flow.State{Exists: true, Tag: resource.TagOf(file.Blob), Modified: e.Date, Exact: true}, nil
		}
	}
	return flow.State{Why: fault.Newf(fault.NotFound, "download", "edition %v has no %q", d.number, d.name)}, nil
}

func (d *download) Get(*flow.Exchange) (flow.Representation, error) {
	return downloaded(d.api, d.repo, d.number, d.file), nil
}

func (d *download) Fields(x *flow.Exchange, h http.Header) {
	if d.file.Name == "" {
		h.Set("Cache-Control", revalidate)
		h.Set("Vary", "Accept, User-Agent")
		return
	}
	h["Cache-Control"] = cachings[immutable]
	h["X-Content-Type-Options"] = nosniff
	attach(h, d.file)
}

// attach names the file that is sent.
func attach(h http.Header, d publication.Download) {
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.Name}))
}

// downloaded is a download as it is sent.
func downloaded(a *API, repo content.RepoID, n book.Number, d publication.Download) flow.Representation {
	return flow.Representation{Type: d.Type, Size: d.Size, Parts: stored{a, repo, n, d}}
}

// stored opens parts of a download.
type stored struct {
	api    *API
	repo   content.RepoID
	number book.Number
	file   publication.Download
}

// Open is as flow.Opener says.
func (s stored) Open(ctx context.Context, off, n int64) (io.ReadCloser, error) {
	return s.api.Publisher.Open(ctx, s.repo, s.number, s.file, off, n)
}

// identity is where a work is found by its uuid, or the short form of that, and perhaps the number
// of one of its editions behind an @.
func (a *API) identity(r *http.Request) (flow.Resource, error) {
	id, number, numbered := strings.Cut(mux.Vars(r)["id"], "@")
	i := &identity{api: a, id: id}
	if numbered {
		var err error
		if i.number, err = book.ParseNumber(number); err != nil {
			return nil, fault.New(fault.NotFound, "edition", "", err)
		}
	}
	return i, nil
}

type identity struct {
	api    *API
	id     string
	number book.Number
}

var _ flow.Fielder = (*identity)(nil)

func (*identity) Methods(*flow.Exchange) (flow.Methods, error) { return flow.GET, nil }

// Look leads from the short form to the long one, and from there to the document in the edition.
func (i *identity) Look(x *flow.Exchange) (flow.State, error) {
	home, short, err := i.api.Publisher.Find(x.Context(), i.id)
	if err != nil {
		return absent(err)
	}
	if short {
		return flow.State{Moved: flow.Renamed, To: resource.IdentityURL(home.UUID, i.number)}, nil
	}
	edition, work, err := i.api.Publisher.EditionOf(x.Context(), home, i.number)
	if err != nil {
		return absent(err)
	}
	place := resource.EditionPlace(home.Repo, edition.Number)
	if place.Path, err = content.ParsePath(work.Path); err != nil {
		return flow.State{}, err
	}
	place.Dir = false
	moved := flow.Found
	if !i.number.IsZero() {
		moved = flow.Renamed
	}
	return flow.State{Moved: moved, To: place.URL()}, nil
}

func (*identity) Fields(_ *flow.Exchange, h http.Header) { h.Set("Cache-Control", revalidate) }
