package access

import (
	"errors"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Rights are what one caller may do in one repository, as its settings are now.
type Rights struct {
	caller   Caller
	repo     content.RepoID
	settings *Settings
	roles    Permission // what the caller's roles permit
	may      Permission // … of that, what their token is not limited from
	editions bool       // something was published
}

// In returns the rights of c in a repository. Published says whether it has an edition; it
// is asked only where that matters.
func In(c Caller, repo content.RepoID, s *Settings, published func() bool) Rights {
	r := Rights{caller: c, repo: repo, settings: s, roles: c.Role.Permits()}
	if c.User != "" {
		r.roles |= s.permits(c.User)
	}
	if c.Scope.names(repo) {
		r.may = r.roles & c.Scope.permits()
	}
	if r.may&Read == 0 && s.Visibility == Editions {
		r.editions = published()
	}
	return r
}

// Settings are those that the rights follow from. Shared: do not write to them.
func (r Rights) Settings() *Settings { return r.settings }

// Knows returns nil if the caller may know that the repository is there.
func (r Rights) Knows() error {
	if r.may != 0 || r.settings.Visibility == Public || r.editions {
		return nil
	}
	return r.hidden()
}

// Read returns nil if the caller may read what is at and under p in a state of the work. Edition says
// whether that state was published.
func (r Rights) Read(p content.Path, edition bool) error {
	switch {
	case r.settings.Visibility == Public, edition && r.settings.Visibility == Editions:
		return nil
	case r.may.Has(Read) && r.caller.Scope.covers(p):
		return nil
	}
	return r.refuse(Read)
}

// All says whether the caller may read everything, so that nothing needs to be asked
// of a single document.
func (r Rights) All() bool {
	return r.settings.Visibility == Public || r.may.Has(Read) && len(r.caller.Scope.Paths) == 0
}

// May returns nil if the caller may do p in the whole repository.
func (r Rights) May(p Permission) error {
	if r.may.Has(p) && len(r.caller.Scope.Paths) == 0 {
		return nil
	}
	return r.refuse(p)
}

// Walk returns nil if the caller may see that a state of the work is there, though perhaps not all that it holds.
func (r Rights) Walk(edition bool) error {
	if r.may.Has(Read) || r.Read(content.Path{}, edition) == nil {
		return nil
	}
	return r.refuse(Read)
}

// Store returns nil if the caller may bring bytes for a change that is yet to be judged.
func (r Rights) Store() error {
	if r.may.Has(Write) || r.may.Has(Publish) {
		return nil
	}
	return r.refuse(Write)
}

// Change returns nil if the caller may carry out a change set.
func (r Rights) Change(cs content.ChangeSet) error {
	switch {
	case cs.Branch == content.ConfigRef:
		return r.May(Configure)
	case cs.Branch == content.PublicationsRef:
		return r.May(Publish)
	case cs.Branch == content.ModerationsRef:
		return r.May(Moderate)
	case cs.Branch.IsMeta() && r.Records() == nil:
		return nil
	}
	if err := r.Keep(cs); err != nil {
		return err
	}
	return r.open(cs.Branch)
}

// Keep returns nil if the caller may carry out a change set on some branch, so that what could
// not go on this one may be kept as a draft.
func (r Rights) Keep(cs content.ChangeSet) error {
	if !r.may.Has(Write) {
		return r.refuse(Write)
	}
	for _, c := range cs.Changes {
		if !r.caller.Scope.covers(c.Path) {
			return r.refuse(Write)
		}
	}
	return nil
}

// Records returns nil if the caller may add to what is kept about the work, and is not the work.
func (r Rights) Records() error {
	for _, p := range []Permission{Write, Publish, Moderate} {
		if r.may.Has(p) {
			return nil
		}
	}
	return r.refuse(Write)
}

// Move returns nil if the caller may have a ref point elsewhere: other than forward, if
// forced. To make an edition, or to withdraw one, is to publish.
func (r Rights) Move(ref content.RefName, forced bool) error {
	due := Write
	_, _, draft := ref.Draft()
	switch {
	case draft:
	case ref.IsMeta():
		due = Configure // all that is about the work and not of it
	case ref.IsEdition() || !ref.IsBranch() && !ref.IsTag():
		due = Publish
	case forced:
		due = Write | Force
	}
	if err := r.May(due); err != nil || !ref.IsBranch() {
		return err
	}
	return r.open(ref)
}

// open returns nil if the branch may be changed by somebody who may write.
func (r Rights) open(branch content.RefName) error {
	if r.settings.protects(branch) && !r.may.Has(Protected) {
		return forbidden("protected", needed(Protected)+": "+branch.Short()+" is a protected branch")
	}
	if f, ok := r.settings.frozen(branch); ok {
		return &fault.Error{Kind: fault.Locked, Op: "change", Name: branch.Short(),
			Err:   errors.New("it is frozen by " + f.By + ": " + f.Reason),
			Facts: map[string]string{"by": f.By, "reason": f.Reason}}
	}
	return nil
}

// refuse says why p is refused, in the words that the caller may hear.
func (r Rights) refuse(p Permission) error {
	switch {
	case r.Knows() != nil:
		return r.hidden()
	case !r.caller.Known():
		return Unauthenticated()
	case !r.roles.Has(p):
		return forbidden("role", needed(p)+" of "+r.repo.String())
	case !r.may.Has(p):
		return forbidden("token-verb", "a token with the verb "+string(verbFor(p)))
	}
	return forbidden("token-path", "a token that is not limited to paths that this is not among")
}

// hidden is what who may not know of the repository is told.
func (r Rights) hidden() error { return Hidden(r.caller, r.repo) }

// Hidden is what c is told of a repository that they may not know of, or that is not there.
func Hidden(c Caller, repo content.RepoID) error {
	if !c.Known() && c.Role == "" {
		return Unauthenticated()
	}
	return &fault.Error{Kind: fault.NotFound, Op: "repository", Name: repo.String()}
}

// Unauthenticated is what is told to who has to say who they are, and why does not
// depend on what they asked for.
func Unauthenticated() error {
	return fault.Newf(fault.Unauthenticated, "access", "it takes a token")
}

// NoToken is what is told to who brought what is no token, or one that is no longer good.
func NoToken() error {
	return fault.Newf(fault.Unauthenticated, "access", "the token is not known, or no longer good")
}

func forbidden(rule, needed string) error {
	err := fault.Newf(fault.Forbidden, "access", "it takes %s", needed).(*fault.Error)
	err.Facts = map[string]string{"rule": rule, "needed": needed}
	return err
}
