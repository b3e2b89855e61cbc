package conformance

// Rhapsode describes our own service: a repository for each run. With an admin's token, it
// is judged too whether it matters who asks, unless the service lets everybody in.
func Rhapsode(token string) Target {
	t := rhapsode()
	if token != "" {
		t.guard(token)
	}
	return t
}

var (
	making   = map[string]string{"Content-Type": "application/json", "If-None-Match": "*"}
	posting  = map[string]string{"Content-Type": "application/json"}
	changing = map[string]string{"Content-Type": "application/json", "If-Match": "*"}
)

func rhapsode() Target {
	return Target{
		Name:      "rhapsode",
		Documents: "/content/{run}@main/{name}",
		Prepare: []Step{
			{Method: "PUT", Path: "/repos/{run}", Fields: making, Body: "{}", Expect: []int{201}},
			{Method: "PUT", Path: "/repos/{run}-gone", Fields: making, Body: "{}", Expect: []int{201}},
			{Method: "DELETE", Path: "/repos/{run}-gone", Fields: changing, Expect: []int{200, 202, 204}},
			{Method: "PUT", Path: "/content/{run}@main/folder/page.txt", Fields: making, Body: "a page", Expect: []int{201}},
			{Method: "POST", Path: "/repos/{run}/branches", Fields: posting, Body: `{"name":"ice","from":"main"}`, Expect: []int{201}},
			{Method: "PUT", Path: "/repos/{run}/settings", Fields: changing, Body: settings, Expect: []int{200, 204}},
		},
		Cleanup: []Step{
			{Method: "DELETE", Path: "/repos/{run}", Fields: changing, Expect: []int{200, 202, 204}},
		},
		Claims: []Claim{
			Tags, Dates, Allow, Ranges, Conditional, Problems, MergePatch, JSONPatch, TextDiff, Codings, Digests, Preferences,
			Async, IdempotencyKeys, VersionHistory, Memento,
		},
		Excused: map[string]string{"9110/13.1.1/lines": inTwoLines, "9110/13.1.2/lines": inTwoLines},
		Places: Places{
			Gone:       "/repos/{run}-gone",
			Moved:      "/content/{run}@main/folder",
			Locked:     "/content/{run}@ice/folder/page.txt",
			Immutable:  "{version}",
			Collection: Collection{"/repos/{run}/branches", "application/json", `{"name":"{name}","from":"main"}`},
			Negotiated: Negotiated{"/repos/{run}", "/repos/{run}-never", []string{"application/json", "text/html"}},
			Form: Form{
				"/repos/{run}/changesets", "changeset", "application/json",
				`{"branch":"main","changes":[{"op":"put","path":"{name}","part":"file"}]}`,
			},
		},
	}
}

const inTwoLines = "nginx, if it is in front, refuses a condition that comes in two lines with 400"

// settings freeze a branch, and let somebody read.
const settings = `{"roles":{"{run}-reader":["reader"]},"frozen":[{"branch":"ice","by":"the judge","reason":"to see what comes of it"}]}`

// guard has the target ask as who bears token, and others as who may do less.
func (t *Target) guard(token string) {
	bearer := func(token string) map[string]string { return map[string]string{"Authorization": "Bearer " + token} }
	t.Fields = bearer(token)
	for _, who := range []string{"reader", "stranger"} {
		t.Prepare = append(t.Prepare, Step{
			Method: "POST", Path: "/tokens", Fields: posting,
			Body: `{"user":"{run}-` + who + `"}`, Expect: []int{201}, Keep: map[string]string{who: "token", who + "-id": "id"},
		})
		t.Cleanup = append(t.Cleanup, Step{Method: "DELETE", Path: "/tokens/{" + who + "-id}", Expect: []int{204}})
	}
	t.People = People{Reader: bearer("{reader}"), Stranger: bearer("{stranger}")}
	t.Places.Protected, t.Places.Unknown = "/content/{run}@main/folder/page.txt", "/content/{run}@main/folder/none.txt"
}
