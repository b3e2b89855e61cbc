package access

import (
	"slices"
	"strings"
)

// Permission is a set of things that may be done.
type Permission uint16

// What may be done. Create, Grant and Withhold are about the cell, the others about a repository.
const (
	Read      Permission = 1 << iota // its drafts, its history, its settings
	Write                            // to branches that are not protected
	Protected                        // to branches that are
	Force                            // move a branch other than forward
	Configure                        // change the settings
	Delete                           // take the repository away
	Publish                          // make an edition
	Moderate                         // what others said
	Create                           // a repository
	Grant                            // tokens, to anybody
	Withhold                         // what the law demands; and see it all the same
)

const everything = Withhold<<1 - 1

// Has says whether all of q is in p.
func (p Permission) Has(q Permission) bool { return p&q == q }

// Role is a set of permissions with a name. Somebody may have several in a repository.
type Role string

// The roles.
const (
	Reader     Role = "reader"
	Author     Role = "author"
	Maintainer Role = "maintainer"
	Publisher  Role = "publisher"
	Moderator  Role = "moderator"
	Admin      Role = "admin" // everything, in the whole cell
)

// roles is what each permits: the one table.
var roles = []struct {
	role Role
	may  Permission
}{
	{Reader, Read},
	{Author, Read | Write},
	{Maintainer, Read | Write | Protected | Force | Configure | Delete},
	{Publisher, Read | Publish},
	{Moderator, Read | Moderate},
	{Admin, everything},
}

// Permits returns what r permits; nothing if there is no such role.
func (r Role) Permits() Permission {
	for _, row := range roles {
		if row.role == r {
			return row.may
		}
	}
	return 0
}

// inRepository says whether settings may give r to somebody: all but Admin.
func (r Role) inRepository() bool { return r != Admin && r.Permits() != 0 }

// needed names the roles of a repository that permit p.
func needed(p Permission) string {
	var names []string
	for _, row := range roles {
		if row.may.Has(p) {
			names = append(names, string(row.role))
		}
	}
	return strings.Join(names, " or ")
}

// Verb is what a token may be used for.
type Verb string

// The verbs.
const (
	VerbRead     Verb = "read"
	VerbWrite    Verb = "write"
	VerbPublish  Verb = "publish"
	VerbModerate Verb = "moderate"
	VerbAdmin    Verb = "admin"
)

// verbs is what each leaves of its holder's roles.
var verbs = []struct {
	verb Verb
	may  Permission
}{
	{VerbRead, Read},
	{VerbWrite, Read | Write | Protected | Force},
	{VerbPublish, Read | Publish},
	{VerbModerate, Read | Moderate},
	{VerbAdmin, Read | Configure | Delete | Create | Grant | Withhold},
}

// Verbs returns all there are.
func Verbs() []Verb {
	all := make([]Verb, len(verbs))
	for i, row := range verbs {
		all[i] = row.verb
	}
	return all
}

// UsualVerbs are those of a token of which nothing else is said: what an admin's is for, or
// all that is in the daily work of the others.
func UsualVerbs(admin bool) []Verb {
	if admin {
		return Verbs()
	}
	return []Verb{VerbRead, VerbWrite, VerbPublish, VerbModerate}
}

func (v Verb) permits() Permission {
	for _, row := range verbs {
		if row.verb == v {
			return row.may
		}
	}
	return 0
}

// verbFor names the verb that p takes.
func verbFor(p Permission) Verb {
	at := slices.IndexFunc(verbs, func(row struct {
		verb Verb
		may  Permission
	}) bool {
		return row.may.Has(p)
	})
	if at < 0 {
		return VerbAdmin
	}
	return verbs[at].verb
}
