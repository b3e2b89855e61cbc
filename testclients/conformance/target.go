package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Target says where on a server the judge may write and what the server claims
// to offer. It is all that the judge knows of a server.
//
// In paths and bodies, {run} is a name that no other run has, {name} a name
// that is free, and {version} the path that Content-Location named when
// a document was last written.
type Target struct {
	Name string `json:"name"`
	// Documents is the path of a document that PUT makes, GET reads and DELETE
	// removes, with {name} in it.
	Documents string `json:"documents"`
	// Fields go with every request.
	Fields map[string]string `json:"fields,omitempty"`
	// Prepare runs before the first case, Cleanup after the last.
	Prepare []Step `json:"prepare,omitempty"`
	Cleanup []Step `json:"cleanup,omitempty"`
	// Claims are what the server says it does: its lack is then a failure.
	// What is neither claimed nor found is not applicable.
	Claims []Claim `json:"claims,omitempty"`
	Places Places  `json:"places"`
}

// Step is one request that sets the stage.
type Step struct {
	Method string            `json:"method"`
	Path   string            `json:"path"`
	Fields map[string]string `json:"fields,omitempty"`
	Body   string            `json:"body,omitempty"`
	Expect []int             `json:"expect"`
}

// Places are paths that only some servers have; an empty one is not offered.
type Places struct {
	Gone       string     `json:"gone,omitempty"`      // answers 410
	Moved      string     `json:"moved,omitempty"`     // answers 301 or 308
	Protected  string     `json:"protected,omitempty"` // answers 401
	Limited    string     `json:"limited,omitempty"`   // answers 429
	Immutable  string     `json:"immutable,omitempty"` // never changes; may be {version}
	Collection Collection `json:"collection"`
	Negotiated Negotiated `json:"negotiated"`
}

// Collection makes a new resource of what is posted.
type Collection struct {
	Path string `json:"path,omitempty"`
	Type string `json:"type,omitempty"`
	Body string `json:"body,omitempty"`
}

// Negotiated is a resource with a variant for each of two or more media types.
type Negotiated struct {
	Path    string   `json:"path,omitempty"`
	Missing string   `json:"missing,omitempty"` // one like it that does not exist
	Types   []string `json:"types,omitempty"`
}

// Claim is something that a server may offer.
type Claim string

// The claims.
const (
	Tags           Claim = "tags"            // documents have strong entity tags
	Dates          Claim = "dates"           // documents have Last-Modified
	Allow          Claim = "options"         // OPTIONS is answered with Allow
	Ranges         Claim = "ranges"          // byte ranges of documents
	Conditional    Claim = "428"             // overwriting without a condition is refused
	Problems       Claim = "problems"        // errors are application/problem+json
	MergePatch     Claim = "merge-patch"     // PATCH of JSON documents by RFC 7396
	JSONPatch      Claim = "json-patch"      // PATCH of JSON documents by RFC 6902
	Codings        Claim = "codings"         // documents in gzip
	Digests        Claim = "digests"         // Repr-Digest and Content-Digest
	Preferences    Claim = "preferences"     // Prefer: return=…
	VersionHistory Claim = "version-history" // links of RFC 5829
)

var claims = []Claim{
	Tags, Dates, Allow, Ranges, Conditional, Problems, MergePatch, JSONPatch, Codings, Digests, Preferences, VersionHistory,
}

// Rhapsode describes our own service: a repository for each run.
func Rhapsode() Target {
	fresh := map[string]string{"Content-Type": "application/json", "If-None-Match": "*"}
	return Target{
		Name:      "rhapsode",
		Documents: "/content/{run}@main/{name}",
		Prepare: []Step{
			{"PUT", "/repos/{run}", fresh, "{}", []int{201}},
			{"PUT", "/repos/{run}-gone", fresh, "{}", []int{201}},
			{"DELETE", "/repos/{run}-gone", map[string]string{"If-Match": "*"}, "", []int{200, 202, 204}},
			{"PUT", "/content/{run}@main/folder/page.txt", map[string]string{"If-None-Match": "*"}, "a page", []int{201}},
		},
		Cleanup: []Step{
			{"DELETE", "/repos/{run}", map[string]string{"If-Match": "*"}, "", []int{200, 202, 204}},
		},
		Claims: []Claim{Tags, Dates, Allow, Ranges, Conditional, Problems, Codings, Digests, VersionHistory},
		Places: Places{
			Gone:       "/repos/{run}-gone",
			Moved:      "/content/{run}@main/folder",
			Immutable:  "{version}",
			Collection: Collection{"/repos/{run}/branches", "application/json", `{"name":"{name}","from":"main"}`},
			Negotiated: Negotiated{"/repos/{run}", "/repos/{run}-never", []string{"application/json", "text/html"}},
		},
	}
}

// Load reads the description of another server.
func Load(r io.Reader) (Target, error) {
	var t Target
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&t); err != nil {
		return Target{}, fmt.Errorf("target: %w", err)
	}
	return t, t.check()
}

func (t Target) check() error {
	if !strings.HasPrefix(t.Documents, "/") || !strings.Contains(t.Documents, "{name}") {
		return fmt.Errorf("target: documents is %q, not a path with {name} in it", t.Documents)
	}
	for _, c := range t.Claims {
		if !slices.Contains(claims, c) {
			return fmt.Errorf("target: claim %q is none of %v", c, claims)
		}
	}
	if n := t.Places.Negotiated; n.Path != "" && len(n.Types) < 2 {
		return fmt.Errorf("target: %s is negotiated among %d types", n.Path, len(n.Types))
	}
	return nil
}
