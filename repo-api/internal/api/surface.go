package api

import (
	"net/http"

	"rhapsode/fs-service/access"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/openapi"
	"rhapsode/repo-api/internal/page"
	"rhapsode/repo-api/internal/patch"
	"rhapsode/repo-api/internal/problem"
	"rhapsode/repo-api/internal/publication"
	"rhapsode/repo-api/internal/resource"
)

// route is a kind of resource: which targets it has, how it is opened and what can
// be asked of it.
type route struct {
	pattern string
	open    func(*http.Request) (flow.Resource, error)
	paths   []openapi.Path
}

// surface is all that is served, but for metrics and git.
func (a *API) surface() []route {
	return []route{
		{"/", a.root, one("/", "Where everything can be found from", get(resource.Root{}))},
		{"/repos", a.repos, one("/repos", "All repositories, in pages",
			get(resource.List[resource.Repo]{}, pages...),
			post("Make one", newRepo{}, resource.Repo{}))},
		{"/repos/{repo}", a.repo, one("/repos/{repo}", "A repository's record",
			get(resource.Repo{}),
			put("Make it, or say all of it anew", repoSettings{}, resource.Repo{}),
			patching("Say some of it anew, and what it is called: its former name leads to the new one", jsonOf(resource.Repo{})),
			del("Take it away; what it held is kept"))},
		{"/repos/{repo}/settings", a.settings, one("/repos/{repo}/settings", "Who may do what, and which branches are guarded; kept in refs/meta/config",
			get(access.Settings{}),
			put("Say all of them", access.Settings{}, access.Settings{}),
			patching("Say some of them anew", jsonOf(access.Settings{})))},
		{"/repos/{repo}/takedowns", a.takedowns, one("/repos/{repo}/takedowns", "What of it the law demands to be withheld, and what it did; for admins",
			get(resource.List[resource.Takedown]{}))},
		{"/repos/{repo}/takedowns/{what}", a.takedown, one("/repos/{repo}/takedowns/{what}", "The one in force of all of the repository, or of an edition; for admins",
			get(resource.Takedown{}),
			put("Withhold it from everybody but admins", newTakedown{}, resource.Takedown{}),
			del("Show it again; that it was withheld stays on record"))},
		{"/me", a.me, one("/me", "Who asks, and what their token is limited to", get(resource.Caller{}))},
		{"/tokens", a.tokens, one("/tokens", "The tokens of the cell, in pages",
			get(resource.List[resource.Token]{}, pages...),
			post("Make one; its text is shown this once", newToken{}, resource.NewToken{}))},
		{"/tokens/{id}", a.token, one("/tokens/{id}", "A token", del("Revoke it, at once and everywhere"))},
		{"/repos/{repo}/branches", a.branches, one("/repos/{repo}/branches", "Its branches, in pages",
			get(resource.List[resource.Branch]{}, pages...),
			post("Make one", newBranch{}, resource.Branch{}))},
		{"/repos/{repo}/branches/{branch}", a.branch, one("/repos/{repo}/branches/{branch}", "A branch; its ETag is the commit that it points at",
			get(resource.Branch{}),
			put("Make it, or move it forward", target{}, resource.Branch{}),
			del("Take it away; its commits stay"))},
		{"/repos/{repo}/commits", a.commits, one("/repos/{repo}/commits", "Everything that happened, the last first, in pages",
			get(resource.List[resource.Event]{}, history...))},
		{"/repos/{repo}/commits/{id}", a.commit, one("/repos/{repo}/commits/{id}", "A commit and what it changed against its first parent",
			get(resource.CommitDetail{}))},
		{"/repos/{repo}/history/{path:.*}", a.history, one("/repos/{repo}/history/{path}", "The commits that changed a path, the last first, in pages",
			timed(get(resource.List[resource.Event]{}, append(history, "follow")...)))},
		{"/repos/{repo}/changesets", a.changesets, one("/repos/{repo}/changesets", "Where many documents are changed in one commit",
			taking(posting("Change them, all or none", newChangeset{}, resource.Changeset{}), formData))},
		{"/repos/{repo}/blame/{path:.*}", a.blame, one("/repos/{repo}/blame/{path}", "With which commit each line of a document came",
			get(resource.List[resource.Blamed]{}, "ref"))},
		{"/repos/{repo}/compare/{range}", a.compare, one("/repos/{repo}/compare/{from}...{to}", "What was done on the way to one revision since it left another",
			comparing())},
		{"/repos/{repo}/merges", a.merges, one("/repos/{repo}/merges", "Where one branch is brought into another",
			posting("Merge", newMerge{}, resource.Merge{}))},
		{"/repos/{repo}/cherry-picks", a.cherryPicks, one("/repos/{repo}/cherry-picks", "Where what one commit did is done to a branch that it is not on",
			posting("Pick", newPick{}, resource.Merge{}))},
		{"/repos/{repo}/reverts", a.reverts, one("/repos/{repo}/reverts", "Where what one commit did is undone",
			posting("Revert", newPick{}, resource.Merge{}))},
		{"/repos/{repo}/drafts", a.drafts, one("/repos/{repo}/drafts", "The saves of whoever asks that were refused and kept, in pages",
			get(resource.List[resource.Draft]{}, pages...))},
		{"/repos/{repo}/drafts/{id}", a.draft, one("/repos/{repo}/drafts/{id}", "One of them, with what it would have changed",
			get(resource.DraftDetail{}),
			del("Drop it"))},
		{"/repos/{repo}/collections", a.collections, one("/repos/{repo}/collections", "The collections that the work has, in pages",
			get(resource.List[resource.Collection]{}, history...))},
		{"/repos/{repo}/collections/{id}", a.collection, one("/repos/{repo}/collections/{id}", "A collection: what it says of itself, and its tree",
			get(resource.Collection{}, "ref"))},
		{"/repos/{repo}/modules/{id}", a.module, one("/repos/{repo}/modules/{id}", "A module: what it says of itself, and which collections have it",
			get(resource.Module{}, "ref"))},
		{"/repos/{repo}/publications", a.publications, one("/repos/{repo}/publications", "Where a state of the work is asked to become an edition; those asked for, the newest first, in pages",
			get(resource.List[resource.Publication]{}, pages...), publishing())},
		{"/repos/{repo}/publications/{id}", a.publication, one("/repos/{repo}/publications/{id}", "How far a publication has come, and all that was found",
			get(resource.Publication{}), cancelling())},
		{"/repos/{repo}/publications/{id}/acceptances/{user}", a.acceptance, one("/repos/{repo}/publications/{id}/acceptances/{user}", "The word of somebody who is named in what is to be published",
			get(publication.Acceptance{}), put("Give it", newWord{}, publication.Acceptance{}))},
		{"/repos/{repo}/publications/{id}/moderation", a.moderation, one("/repos/{repo}/publications/{id}/moderation", "The word of a moderator",
			get(publication.Moderation{}), put("Give it", newWord{}, publication.Moderation{}))},
		{"/repos/{repo}/versions", a.versions, one("/repos/{repo}/versions", "The editions, the newest first, in pages",
			get(resource.List[resource.Version]{}, pages...))},
		{"/repos/{repo}/versions/{number}", a.version, one("/repos/{repo}/versions/{number}", "An edition: what it is, or itself as a zip or an EPUB",
			downloading(get(resource.Version{})), del("Withdraw it; Rhapsode-Message says why"))},
		{"/repos/{repo}/versions/{number}/downloads", a.downloads, one("/repos/{repo}/versions/{number}/downloads", "What was made of an edition",
			get(resource.List[resource.Download]{}))},
		{"/repos/{repo}/versions/{number}/downloads/{name}", a.download, one("/repos/{repo}/versions/{number}/downloads/{name}", "One of these files; the one that suits the client best is called latest",
			downloadable())},
		{"/repos/{repo}/versions/{number}/read/{name}/{page:.+}", a.read, one("/repos/{repo}/versions/{number}/read/{name}/{page}", "A page of the site that was made of an edition", file("*/*"))},
		{"/ids/{id}", a.identity, append(
			one("/ids/{id}", "A work, by its uuid or the short form of it", elsewhere()),
			one("/ids/{id}@{number}", "A work in one of its editions", elsewhere())...)},
		{"/repos/{repo}/imports/{sha256}", a.imports, one("/repos/{repo}/imports/{sha256}", "A bundle on its way in, and what became of it",
			get(resource.Import{}), uploading())},
		{"/content/{place:.+}", a.content, contentPaths()},
		{"/problems/{slug}", a.problemType, one("/problems/{slug}", "What a type of problem means", get(problem.Type{}))},
		{"/operations/{id}", a.operation, one("/operations/{id}", "A request that nobody waited for", following())},
		{"/healthz", a.health, one("/healthz", "Whether the process is alive", get(status{}))},
		{"/readyz", a.ready, one("/readyz", "Whether requests should come here", get(status{}))},
		{"/openapi.json", a.openAPI, one("/openapi.json", "This description, for programs", file(openapi.MediaType))},
		{"/docs", a.docs, one("/docs", "This description, for people", file(page.Type))},
		{page.FlowURL, a.flowDiagram, one(page.FlowURL, "How a request comes to its status; the way of one is lit",
			file(page.Type, "trace", "status", "method", "target", "fields"))},
		{page.StyleURL, a.style, one(page.StyleURL, "The stylesheet of every page", file(page.StyleType))},
	}
}

// contentPaths are what the one pattern of content stands for.
func contentPaths() []openapi.Path {
	anything := []openapi.Content{{Media: "*/*"}}
	document := openapi.Operation{Method: "GET", Summary: "The bytes, as they were sent", Gives: []openapi.Answer{
		{Status: http.StatusOK, Contents: anything}, {Status: http.StatusPartialContent, Contents: anything},
		{Status: http.StatusNotModified}, {Status: http.StatusFound},
	}}
	changed := []openapi.Answer{
		{Status: http.StatusOK, Contents: anything}, {Status: http.StatusCreated, Contents: anything}, {Status: http.StatusNoContent},
		{Status: http.StatusAccepted},
	}
	return []openapi.Path{
		{Path: "/content/{repo}@{ref}/{path}", Summary: "A document. Only on a branch can it be changed", Operations: []openapi.Operation{
			document,
			{Method: "PUT", Summary: "Make it what is sent", Takes: anything, Gives: changed},
			taking(patching("Change parts of a document: of JSON, or of any text by a diff", anything[0]), patch.TextTypes()...),
			del("Take it away; it stays in the history"),
		}},
		{Path: "/content/{repo}@{ref}/", Summary: "A directory: what is in it, in pages. Its URL ends with a slash", Operations: []openapi.Operation{
			get(resource.Directory{}, pages...),
		}},
		{Path: "/content/{repo}/{path}", Summary: "A document or directory as it is on the default branch", Operations: []openapi.Operation{
			{Method: "GET", Summary: "Where that is", Gives: []openapi.Answer{{Status: http.StatusFound}}},
		}},
	}
}

// The parameters of lists.
var (
	pages   = []string{"limit", "after"}
	history = []string{"limit", "after", "ref"}
)

func one(path, summary string, operations ...openapi.Operation) []openapi.Path {
	return []openapi.Path{{Path: path, Summary: summary, Operations: operations}}
}

func jsonOf(shape any) openapi.Content { return openapi.Content{Media: resource.JSON, Shape: shape} }

// get reads a shape, as JSON or as a page.
func get(shape any, query ...string) openapi.Operation {
	shown := []openapi.Content{jsonOf(shape), {Media: "text/html"}}
	return openapi.Operation{Method: "GET", Summary: "Read it", Query: append([]string{"as"}, query...), Gives: []openapi.Answer{
		{Status: http.StatusOK, Contents: shown}, {Status: http.StatusPartialContent, Contents: []openapi.Content{{Media: "*/*"}}}, {Status: http.StatusNotModified},
	}}
}

// following reads how far something is, until it leads on to what came of it.
func following() openapi.Operation {
	o := get(resource.Operation{})
	o.Gives = append(o.Gives, openapi.Answer{Status: http.StatusSeeOther})
	return o
}

// comparing reads paths, or a patch.
func comparing() openapi.Operation {
	o := get(resource.Comparison{})
	o.Gives[0].Contents = append(o.Gives[0].Contents, openapi.Content{Media: resource.Diff})
	return o
}

// timed can be read as a TimeMap too.
func timed(o openapi.Operation) openapi.Operation {
	o.Gives[0].Contents = append(o.Gives[0].Contents, openapi.Content{Media: resource.LinkFormat})
	return o
}

// file reads what has one form.
func file(media string, query ...string) openapi.Operation {
	return openapi.Operation{Method: "GET", Summary: "Read it", Query: query, Gives: []openapi.Answer{
		{Status: http.StatusOK, Contents: []openapi.Content{{Media: media}}},
		{Status: http.StatusPartialContent, Contents: []openapi.Content{{Media: "*/*"}}}, {Status: http.StatusNotModified},
	}}
}

func post(summary string, asked, made any) openapi.Operation {
	return openapi.Operation{Method: "POST", Summary: summary, Takes: []openapi.Content{jsonOf(asked)}, Gives: []openapi.Answer{
		{Status: http.StatusCreated, Contents: []openapi.Content{jsonOf(made)}}, {Status: http.StatusAccepted},
	}}
}

// posting makes a commit, or finds that there is nothing to make.
func posting(summary string, asked, made any) openapi.Operation {
	o := post(summary, asked, made)
	o.Gives = append(o.Gives, openapi.Answer{Status: http.StatusOK, Contents: []openapi.Content{jsonOf(made)}})
	return o
}

func put(summary string, asked, made any) openapi.Operation {
	shown := []openapi.Content{jsonOf(made)}
	return openapi.Operation{Method: "PUT", Summary: summary, Takes: []openapi.Content{jsonOf(asked)}, Gives: []openapi.Answer{
		{Status: http.StatusOK, Contents: shown}, {Status: http.StatusCreated, Contents: shown}, {Status: http.StatusNoContent},
		{Status: http.StatusAccepted},
	}}
}

func patching(summary string, shown openapi.Content) openapi.Operation {
	o := openapi.Operation{Method: "PATCH", Summary: summary, Gives: []openapi.Answer{
		{Status: http.StatusOK, Contents: []openapi.Content{shown}}, {Status: http.StatusNoContent}, {Status: http.StatusAccepted},
	}}
	for _, media := range patch.Types() {
		o.Takes = append(o.Takes, openapi.Content{Media: media})
	}
	return o
}

// taking takes content of other types too.
func taking(o openapi.Operation, types ...string) openapi.Operation {
	for _, media := range types {
		o.Takes = append(o.Takes, openapi.Content{Media: media})
	}
	return o
}

func uploading() openapi.Operation {
	return openapi.Operation{
		Method: "PATCH", Summary: "Append a piece", Takes: []openapi.Content{{Media: partialUpload}}, Gives: []openapi.Answer{
			{Status: http.StatusNoContent}, {Status: http.StatusAccepted, Contents: []openapi.Content{jsonOf(resource.Import{})}},
		},
	}
}

// publishing takes an order for an edition.
func publishing() openapi.Operation {
	return openapi.Operation{Method: "POST", Summary: "Ask for one", Takes: []openapi.Content{jsonOf(newPublication{})}, Gives: []openapi.Answer{
		{Status: http.StatusAccepted, Contents: []openapi.Content{jsonOf(resource.Publication{})}},
		{Status: http.StatusOK, Contents: []openapi.Content{jsonOf(map[string]any{})}},
	}}
}

// cancelling ends what is on its way.
func cancelling() openapi.Operation {
	return openapi.Operation{Method: "DELETE", Summary: "Cancel it, while it can be", Gives: []openapi.Answer{
		{Status: http.StatusOK, Contents: []openapi.Content{jsonOf(resource.Publication{})}},
	}}
}

// downloading also sends files.
func downloading(o openapi.Operation) openapi.Operation {
	for _, media := range []string{"application/zip", "application/epub+zip"} {
		o.Gives[0].Contents = append(o.Gives[0].Contents, openapi.Content{Media: media})
	}
	return o
}

// downloadable is a file that was made of an edition.
func downloadable() openapi.Operation {
	o := file("*/*")
	o.Gives = append(o.Gives, openapi.Answer{Status: http.StatusFound})
	return o
}

// elsewhere only leads on.
func elsewhere() openapi.Operation {
	return openapi.Operation{Method: "GET", Summary: "Where it is", Gives: []openapi.Answer{{Status: http.StatusFound}, {Status: http.StatusMovedPermanently}}}
}

func del(summary string) openapi.Operation {
	return openapi.Operation{Method: "DELETE", Summary: summary, Gives: []openapi.Answer{{Status: http.StatusNoContent}}}
}

// described is the surface in words.
type described struct {
	paths []openapi.Path
	text  []byte // OpenAPI
}

// describe describes the surface.
func (a *API) describe() (d described, err error) {
	for _, r := range a.surface() {
		d.paths = append(d.paths, r.paths...)
	}
	doc, err := openapi.Describe(apiVersion, d.paths, openapi.Content{Media: problem.MediaType, Shape: problem.Body{}})
	if err == nil {
		d.text, err = doc.MarshalJSON()
	}
	return d, err
}

// apiVersion is the version of what is described; it grows when a client could notice.
const apiVersion = "0.1.0"
