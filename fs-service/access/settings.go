package access

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"rhapsode/content"
)

// SettingsFile is where a repository's settings are, in the commit that
// content.ConfigRef points at.
const SettingsFile = "settings.json"

// MaxSettings is the size of the largest settings, in bytes.
const MaxSettings = 256 << 10

// Visibility is how much of a repository everybody may see.
type Visibility string

// The visibilities.
const (
	Private  Visibility = "private"  // nothing
	Editions Visibility = "editions" // what was published
	Public   Visibility = "public"   // all of it
)

// Settings are what a repository's people agreed on: one JSON document in its own history.
type Settings struct {
	Visibility Visibility        `json:"visibility,omitempty"`
	Roles      map[string][]Role `json:"roles,omitempty"`     // by user
	Protected  []string          `json:"protected,omitempty"` // globs of branches that authors don't write to
	Frozen     []Freeze          `json:"frozen,omitempty"`

	// Of publishing. Where it is not said, several people ask each other, and one does not.
	Acceptance *bool    `json:"acceptance,omitempty"` // an edition waits for the word of everybody who is named in it
	Moderation *bool    `json:"moderation,omitempty"` // somebody's first edition waits for a moderator
	Licence    string   `json:"licence,omitempty"`    // of documents that do not say theirs, a URL
	Authors    []string `json:"authors,omitempty"`    // … and who wrote them
}

// Freeze forbids everybody to change a branch.
type Freeze struct {
	Branch string `json:"branch"` // a glob
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// DefaultSettings are those of a repository that has none of its own. Owner made it; "": nobody known.
func DefaultSettings(owner string) *Settings {
	s := &Settings{Visibility: Editions, Roles: map[string][]Role{}, Protected: []string{}, Frozen: []Freeze{}}
	if owner != "" {
		s.Roles[owner] = []Role{Maintainer, Publisher}
	}
	return s
}

// Text is the document that says s.
func (s *Settings) Text() []byte {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // strings and booleans
	}
	return append(text, '\n')
}

// permits is what a user's roles permit.
func (s *Settings) permits(user string) (p Permission) {
	for _, r := range s.Roles[user] {
		if r.inRepository() {
			p |= r.Permits()
		}
	}
	return p
}

func (s *Settings) protects(branch content.RefName) bool {
	return slices.ContainsFunc(s.Protected, func(glob string) bool { return matches(glob, branch.Short()) })
}

func (s *Settings) frozen(branch content.RefName) (Freeze, bool) {
	at := slices.IndexFunc(s.Frozen, func(f Freeze) bool { return matches(f.Branch, branch.Short()) })
	if at < 0 {
		return Freeze{}, false
	}
	return s.Frozen[at], true
}

// ParseSettings reads the document. What is left out is as DefaultSettings says, without an owner.
// The error names the member by its JSON Pointer (fault.Error.Facts).
func ParseSettings(text []byte) (*Settings, error) {
	if len(text) > MaxSettings {
		return nil, bad("", "settings of %d bytes, more than %d", len(text), MaxSettings)
	}
	s := DefaultSettings("")
	err := members("", text, map[string]func(string, json.RawMessage) error{
		"visibility": func(at string, v json.RawMessage) error { return s.readVisibility(at, v) },
		"roles":      func(at string, v json.RawMessage) error { return s.readRoles(at, v) },
		"protected": func(at string, v json.RawMessage) error {
			return items(at, v, func(at string, v json.RawMessage) error {
				glob, err := pattern(at, v)
				s.Protected = append(s.Protected, glob)
				return err
			})
		},
		"frozen":     func(at string, v json.RawMessage) error { return items(at, v, s.readFreeze) },
		"acceptance": func(at string, v json.RawMessage) error { return value(at, v, &s.Acceptance, "true or false") },
		"moderation": func(at string, v json.RawMessage) error { return value(at, v, &s.Moderation, "true or false") },
		"licence":    func(at string, v json.RawMessage) error { return value(at, v, &s.Licence, "the URL of a licence") },
		"authors": func(at string, v json.RawMessage) error {
			return items(at, v, func(at string, v json.RawMessage) error {
				var name string
				err := value(at, v, &name, "a name")
				s.Authors = append(s.Authors, name)
				return err
			})
		},
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Settings) readVisibility(at string, v json.RawMessage) error {
	const due = `"private", "editions" or "public"`
	if err := value(at, v, &s.Visibility, due); err != nil {
		return err
	}
	switch s.Visibility {
	case Private, Editions, Public:
		return nil
	}
	return bad(at, "%.40q is not %s", string(s.Visibility), due)
}

func (s *Settings) readRoles(at string, v json.RawMessage) error {
	var byUser map[string]json.RawMessage
	if err := value(at, v, &byUser, "an object of lists of roles, by user"); err != nil {
		return err
	}
	for _, user := range slices.Sorted(maps.Keys(byUser)) {
		at := at + "/" + escape(user)
		if !goodUser(user) {
			return bad(at, "a user's name has 1 to %d letters, digits, dots, dashes, underscores or @", MaxUser)
		}
		s.Roles[user] = nil
		err := items(at, byUser[user], func(at string, v json.RawMessage) error {
			var r Role
			if err := value(at, v, &r, "a role"); err != nil {
				return err
			}
			if !r.inRepository() {
				return bad(at, "%.40q is no role in a repository: reader, author, maintainer, publisher or moderator", string(r))
			}
			s.Roles[user] = append(s.Roles[user], r)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Settings) readFreeze(at string, v json.RawMessage) error {
	var f Freeze
	err := members(at, v, map[string]func(string, json.RawMessage) error{
		"branch": func(at string, v json.RawMessage) (err error) { f.Branch, err = pattern(at, v); return err },
		"by":     func(at string, v json.RawMessage) error { return value(at, v, &f.By, "who froze it") },
		"reason": func(at string, v json.RawMessage) error { return value(at, v, &f.Reason, "why") },
	})
	if err == nil && (f.Branch == "" || f.By == "" || f.Reason == "") {
		err = bad(at, "a freeze says branch, by and reason")
	}
	s.Frozen = append(s.Frozen, f)
	return err
}

// members reads an object, each member with its reader.
func members(at string, text []byte, readers map[string]func(string, json.RawMessage) error) error {
	var found map[string]json.RawMessage
	if err := value(at, text, &found, "an object"); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		read, ok := readers[name]
		if !ok {
			return bad(at+"/"+escape(name), "there is no setting of this name")
		}
		if err := read(at+"/"+name, found[name]); err != nil {
			return err
		}
	}
	return nil
}

// items reads a list, item by item.
func items(at string, text []byte, read func(string, json.RawMessage) error) error {
	var found []json.RawMessage
	if err := value(at, text, &found, "a list"); err != nil {
		return err
	}
	for i, v := range found {
		if err := read(fmt.Sprintf("%s/%d", at, i), v); err != nil {
			return err
		}
	}
	return nil
}

func pattern(at string, v json.RawMessage) (glob string, err error) {
	if err := value(at, v, &glob, "a pattern of branch names"); err != nil {
		return "", err
	}
	if _, err := path.Match(glob, ""); err != nil || glob == "" || len(glob) > maxGlob {
		return "", bad(at, "%.80q is no pattern of branch names", glob)
	}
	return glob, nil
}

// value reads one value; null is none.
func value(at string, text []byte, into any, due string) error {
	if err := json.Unmarshal(text, into); err != nil || bytes.Equal(bytes.TrimSpace(text), []byte("null")) {
		return bad(at, "it is not %s", due)
	}
	return nil
}

// escape writes a member's name as RFC 6901 has it.
func escape(name string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(name) }
