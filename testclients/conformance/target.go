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
// In paths, bodies and fields, {run} is a name that no other run has, {name} a name
// that is free, {version} the path that Content-Location named when a document was
// last written, and what a step keeps is called what the step says.
type Target struct {
	Name string `json:"name"`
	// Documents is the path of a document that PUT makes, GET reads and DELETE
	// removes, with {name} in it.
	Documents string `json:"documents"`
	// Fields go with every request. Authorization and Cookie are those of somebody who
	// may do everything, and are left out where it matters who asks.
	Fields map[string]string `json:"fields,omitempty"`
	People People            `json:"people"`
	// Prepare runs before the first case, Cleanup after the last.
	Prepare []Step `json:"prepare,omitempty"`
	Cleanup []Step `json:"cleanup,omitempty"`
	// Claims are what the server says it does: its lack is then a failure.
	// What is neither claimed nor found is not applicable.
	Claims []Claim `json:"claims,omitempty"`
	// Excused are rules, by their IDs, that the target is known to break, and why: a
	// failure is then told of as not applicable, with that reason.
	Excused map[string]string `json:"excused,omitempty"`
	Places  Places            `json:"places"`
}

// Step is one request that sets the stage.
type Step struct {
	Method string            `json:"method"`
	Path   string            `json:"path"`
	Fields map[string]string `json:"fields,omitempty"`
	Body   string            `json:"body,omitempty"`
	Expect []int             `json:"expect"`
	// Keep names members of the answer, a JSON object, by what they are called from then on.
	Keep map[string]string `json:"keep,omitempty"`
}

// People are known by fields; nobody is without any.
type People struct {
	Reader   map[string]string `json:"reader,omitempty"`   // may read what is protected, and not change it
	Stranger map[string]string `json:"stranger,omitempty"` // may not know whether there is such a thing
}

// Places are paths that only some servers have; an empty one is not offered.
type Places struct {
	Gone       string     `json:"gone,omitempty"`      // answers 410
	Moved      string     `json:"moved,omitempty"`     // answers 301 or 308
	Protected  string     `json:"protected,omitempty"` // answers 401 to nobody
	Unknown    string     `json:"unknown,omitempty"`   // beside what is protected, and not there
	Limited    string     `json:"limited,omitempty"`   // answers 429
	Locked     string     `json:"locked,omitempty"`    // answers 423 to who would change it
	Withheld   string     `json:"withheld,omitempty"`  // answers 451
	Immutable  string     `json:"immutable,omitempty"` // never changes; may be {version}
	Form       Form       `json:"form"`
	Collection Collection `json:"collection"`
	Negotiated Negotiated `json:"negotiated"`
}

// Collection makes a new resource of what is posted.
type Collection struct {
	Path string `json:"path,omitempty"`
	Type string `json:"type,omitempty"`
	Body string `json:"body,omitempty"`
}

// Form takes multipart/form-data whose first part is Name, of the type Type, and refers to
// a second part that is called file: the content of a document.
type Form struct {
	Path  string `json:"path,omitempty"`
	Name  string `json:"name,omitempty"`
	Type  string `json:"type,omitempty"`
	Value string `json:"value,omitempty"` // with {name}, that of the document
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
	Tags            Claim = "tags"            // documents have strong entity tags
	Dates           Claim = "dates"           // documents have Last-Modified
	Allow           Claim = "options"         // OPTIONS is answered with Allow
	Ranges          Claim = "ranges"          // byte ranges of documents
	Conditional     Claim = "428"             // overwriting without a condition is refused
	Problems        Claim = "problems"        // errors are application/problem+json
	MergePatch      Claim = "merge-patch"     // PATCH of JSON documents by RFC 7396
	JSONPatch       Claim = "json-patch"      // PATCH of JSON documents by RFC 6902
	TextDiff        Claim = "text-diff"       // PATCH of text documents by a unified diff
	Codings         Claim = "codings"         // documents in gzip
	Digests         Claim = "digests"         // Repr-Digest and Content-Digest
	Preferences     Claim = "preferences"     // Prefer: return=…
	Async           Claim = "respond-async"   // Prefer: respond-async, for what the collection makes
	IdempotencyKeys Claim = "idempotency-key" // a POST to the collection with a key is carried out once
	VersionHistory  Claim = "version-history" // links of RFC 5829
	Memento         Claim = "memento"         // documents are their own TimeGates (RFC 7089)
	Authentication  Claim = "authentication"  // it matters who asks
	RateLimits      Claim = "rate-limits"     // answers tell how often one may ask
)

var claims = []Claim{
	Tags, Dates, Allow, Ranges, Conditional, Problems, MergePatch, JSONPatch, TextDiff, Codings, Digests, Preferences,
	Async, IdempotencyKeys, VersionHistory, Memento, Authentication, RateLimits,
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
