package fsapi

import (
	"context"
	"strings"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Releaser makes editions. It is the only door through which the tags of editions
// come to be; none moves them or takes them away.
type Releaser interface {
	// Release makes annotated tags and changes the record of them, all or nothing and in one
	// transaction, durable as Writer promises. A tag that is withdrawn makes its edition Gone
	// to whoever reads it by its number; the tag itself stays.
	//
	// Stale: an expectation of the record does not hold. Conflict: a tag is there already;
	// the edition to be withdrawn is not there. NotFound: a target is not there.
	// Invalid: Check.
	Release(context.Context, Release) (Released, error)
}

// Release is some editions, and the record of them.
type Release struct {
	Record content.ChangeSet // on a ref under refs/meta/; its Request makes a repeat known
	Tags   []NewTag          // at most MaxTags
}

// NewTag is an annotated tag that is to be made. Its tagger is the record's author.
type NewTag struct {
	Name    content.RefName // of an edition, or of one that is withdrawn
	Target  content.Digest  // a commit
	Message string          // at most content.MaxMessage bytes
}

// MaxTags is how many tags one Release makes.
const MaxTags = 1900

// Released is what came of a Release.
type Released struct {
	content.Changed
	Tags []Ref // in the Release's order
}

const (
	editionPrefix   = "refs/tags/v/"
	withdrawnPrefix = "refs/withdrawn/v/"
)

// Edition returns the ref of an edition: 3 and 1.12 are the repository's own, and
// m10030/3 is that of one work in it.
func Edition(number string) (content.RefName, error) {
	return content.ParseRefName(editionPrefix + number)
}

// Withdrawal returns the ref that says of an edition that it is withdrawn, and why.
func Withdrawal(edition content.RefName) (content.RefName, error) {
	return content.ParseRefName(withdrawnPrefix + strings.TrimPrefix(edition.String(), editionPrefix))
}

// What content.PublicationsRef holds in these directories may be read by whoever may read
// editions.
const (
	RecordEditions  = "editions"
	RecordDownloads = "downloads"
)

// Published says whether what a ref holds at p is for whoever may read editions.
func Published(ref content.RefName, p content.Path) bool {
	if ref.IsEdition() {
		return true
	}
	dir, _, _ := strings.Cut(p.String(), "/")
	return ref == content.PublicationsRef && (dir == RecordEditions || dir == RecordDownloads)
}

// DownloadOf returns the edition that what a ref holds at p was made of; zero if it is no download.
func DownloadOf(ref content.RefName, p content.Path) content.RefName {
	names := p.Names()
	if ref != content.PublicationsRef || len(names) < 2 || names[0] != RecordDownloads {
		return content.RefName{}
	}
	edition, err := Edition(names[1])
	if err != nil {
		return content.RefName{}
	}
	return edition
}

// Withdraws returns the edition that name says to be withdrawn.
func Withdraws(name content.RefName) (edition content.RefName, ok bool) {
	number, ok := strings.CutPrefix(name.String(), withdrawnPrefix)
	if !ok {
		return content.RefName{}, false
	}
	edition, err := Edition(number)
	return edition, err == nil
}

// Check returns why r could never be carried out, or nil.
func (r Release) Check() error {
	if err := r.Record.Check(); err != nil {
		return err
	}
	switch {
	case !r.Record.Branch.IsMeta():
		return fault.Newf(fault.Invalid, "release", "the record is on %v, which is not under refs/meta/", r.Record.Branch)
	case len(r.Tags) == 0 || len(r.Tags) > MaxTags:
		return fault.Newf(fault.Invalid, "release", "%d tags, not 1 to %d", len(r.Tags), MaxTags)
	}
	seen := make(map[content.RefName]bool, len(r.Tags))
	for _, tag := range r.Tags {
		_, withdraws := Withdraws(tag.Name)
		switch {
		case !tag.Name.IsEdition() && !withdraws:
			return fault.Newf(fault.Invalid, "release", "%v is no edition", tag.Name)
		case tag.Target.IsZero():
			return fault.Newf(fault.Invalid, "release", "%v has no target", tag.Name)
		case len(tag.Message) > content.MaxMessage:
			return fault.Newf(fault.TooLarge, "release", "a message of %d bytes, more than %d", len(tag.Message), content.MaxMessage)
		case seen[tag.Name]:
			return fault.Newf(fault.Invalid, "release", "%v is named twice", tag.Name)
		}
		seen[tag.Name] = true
	}
	return nil
}
