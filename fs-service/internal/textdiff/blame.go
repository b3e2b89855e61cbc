package textdiff

import (
	"cmp"
	"context"
	"slices"
	"sort"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// maxBlamed is how many versions of a document one Blame looks at.
const maxBlamed = 10_000

// Blamed is some neighbouring lines of a document that came with one commit.
type Blamed struct {
	Lines  Span
	Commit content.Commit
	Then   int // where the first of them was in the commit's version, from 0
}

// Blame says of each line of the text at p, in the commit tip, with which commit it came, as
// git blame does: a merge is only to blame for what it has from none of its parents.
// The path is the document: a rename begins it anew.
//
// NotFound: nothing is there. Invalid: no text. TooLarge: more than 10,000 versions.
func Blame(ctx context.Context, past *gitfmt.Past, src gitfmt.Source, tip content.Digest, p content.Path) ([]Blamed, error) {
	b := blame{past: past, src: src, path: p, suspects: map[content.Digest]*version{}}
	v, err := b.version(ctx, tip)
	if err != nil {
		return nil, err
	}
	if v == nil || v.Entry.Mode == 0 {
		return nil, fault.Newf(fault.NotFound, "blame", "%v is not there", p)
	}
	text, err := b.read(ctx, v.Entry)
	if err != nil {
		return nil, err
	}
	var c Comparison
	b.suspect(v, []claim{{now: Span{0, c.Text(text).Len()}}})
	for range maxBlamed {
		v := b.newest()
		if v == nil {
			slices.SortFunc(b.blamed, func(a, b Blamed) int { return cmp.Compare(a.Lines.Begin, b.Lines.Begin) })
			return joined(b.blamed), nil
		}
		if err := b.settle(ctx, v); err != nil {
			return nil, err
		}
	}
	return nil, fault.Newf(fault.TooLarge, "blame", "%v: more than %d versions", p, maxBlamed)
}

// blame is one Blame under way. Every line of the text is in one claim or in blamed.
type blame struct {
	past     *gitfmt.Past
	src      gitfmt.Source
	path     content.Path
	suspects map[content.Digest]*version
	blamed   []Blamed
}

// version is a state of the document, with the commit that brought it.
type version struct {
	gitfmt.Logged
	claims []claim // by then
}

// claim is lines of the text that a version has.
type claim struct {
	now  Span
	then int // where they begin in the version
}

func (c claim) end() int { return c.then + c.now.Len() }

// part is the lines of c that are within s, which counts as then does.
func (c claim) part(s Span) claim {
	begin, end := max(c.then, s.Begin), min(c.end(), s.End)
	if begin >= end {
		return claim{}
	}
	return claim{Span{c.now.Begin + begin - c.then, c.now.Begin + end - c.then}, begin}
}

// version returns the newest version in the history of commit; nil if there never was one.
func (b *blame) version(ctx context.Context, commit content.Digest) (*version, error) {
	items, _, err := b.past.Log(ctx, commit, b.path, gitfmt.Cursor{}, 1)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	return &version{Logged: items[0]}, nil
}

func (b *blame) read(ctx context.Context, e content.Entry) ([]byte, error) {
	if !e.Mode.IsFile() {
		return nil, fault.Newf(fault.Invalid, "blame", "%v is no document", b.path)
	}
	o, err := b.src.Object(ctx, e.Digest)
	if err != nil {
		return nil, err
	}
	if !IsText(o.Data) {
		return nil, fault.Newf(fault.Invalid, "blame", "%v is no text", b.path)
	}
	return o.Data, nil
}

// suspect lets v answer for claims.
func (b *blame) suspect(v *version, claims []claim) {
	if known := b.suspects[v.Commit.ID]; known != nil {
		v = known
	}
	b.suspects[v.Commit.ID] = v
	v.claims = append(v.claims, claims...)
}

// newest takes the newest suspect: claims of others may yet come to an older one.
func (b *blame) newest() *version {
	var newest *version
	for _, v := range b.suspects {
		if newest == nil || v.later(newest) {
			newest = v
		}
	}
	if newest != nil {
		delete(b.suspects, newest.Commit.ID)
	}
	return newest
}

func (v *version) later(than *version) bool {
	if c := v.Commit.Committer.When.Compare(than.Commit.Committer.When); c != 0 {
		return c > 0
	}
	return slices.Compare(v.Commit.ID[:], than.Commit.ID[:]) > 0
}

// settle passes to v's parents, the first one first, what they had already, and blames v for
// the rest.
func (b *blame) settle(ctx context.Context, v *version) error {
	text, err := b.read(ctx, v.Entry)
	if err != nil {
		return err
	}
	left := v.claims
	for _, parent := range v.Commit.Parents {
		older, err := b.version(ctx, parent)
		if err != nil {
			return err
		}
		if older == nil || !older.Entry.Mode.IsFile() || len(left) == 0 {
			continue
		}
		was, err := b.read(ctx, older.Entry)
		if fault.Is(err, fault.Invalid) || fault.Is(err, fault.TooLarge) {
			continue // it was no text then
		}
		if err != nil {
			return err
		}
		var passed []claim
		if passed, left = split(left, was, text); len(passed) > 0 {
			b.suspect(older, passed)
		}
	}
	for _, c := range left {
		b.blamed = append(b.blamed, Blamed{c.now, v.Commit, c.then})
	}
	return nil
}

// split parts claims on the lines of new into those that old has too, as it has
// them, and the others. Claims may overlap in new: a merge can hold a line twice.
func split(claims []claim, old, new []byte) (passed, left []claim) {
	var c Comparison
	was, now := c.Text(old), c.Text(new)
	end := Change{Span{was.Len(), was.Len()}, Span{now.Len(), now.Len()}}
	changes := append(c.Script(was, now), end)
	for _, whole := range claims {
		first := sort.Search(len(changes), func(i int) bool { return changes[i].New.End > whole.then })
		at := 0 // of now
		if first > 0 {
			at = changes[first-1].New.End
		}
		for _, change := range changes[first:] {
			if at >= whole.end() {
				break
			}
			if p := whole.part(Span{at, change.New.Begin}); !p.now.IsEmpty() {
				p.then += change.Old.Begin - change.New.Begin
				passed = append(passed, p)
			}
			if p := whole.part(change.New); !p.now.IsEmpty() {
				left = append(left, p)
			}
			at = change.New.End
		}
	}
	return passed, left
}

// joined joins neighbours that were neighbours in one version.
func joined(blamed []Blamed) []Blamed {
	var all []Blamed
	for _, b := range blamed {
		if n := len(all); n > 0 {
			last := &all[n-1]
			if last.Commit.ID == b.Commit.ID && last.Then+last.Lines.Len() == b.Then {
				last.Lines.End = b.Lines.End
				continue
			}
		}
		all = append(all, b)
	}
	return all
}
