package gitserve

import (
	"slices"

	"rhapsode/content"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/fault"
)

// history is which part of it a client is to have.
type history struct {
	cut     map[content.Digest]bool           // commits that it is to have without their parents
	ends    []content.Digest                  // of them, those that it does not know as such yet
	lifted  []content.Digest                  // commits whose parents it is to have now, and lacked
	parents []content.Digest                  // of those lifted: wanted
	near    map[content.Digest]content.Digest // trees like those of parents, that it has
}

// writeShallow tells a client where its history will end.
func (c *conversation) writeShallow(h history) {
	for _, d := range h.ends {
		c.line("shallow %v", d)
	}
	for _, d := range h.lifted {
		c.line("unshallow %v", d)
	}
}

// history finds out where the client's history is to end. Where it asks for no depth, that is
// where it ends now.
func (c *conversation) history(r *request) (history, error) {
	theirs := setOf(r.shallow)
	if !r.depth.limited() {
		return history{cut: theirs}, nil
	}
	d := deepening{conversation: c, depth: r.depth, cut: map[content.Digest]bool{}, met: map[content.Digest]content.Commit{}}
	if err := d.exclude(); err != nil {
		return history{}, err
	}
	if err := d.descend(r); err != nil {
		return history{}, err
	}
	h := history{cut: d.cut, near: map[content.Digest]content.Digest{}}
	for end := range d.cut {
		if !theirs[end] {
			h.ends = append(h.ends, end)
		}
	}
	for _, id := range inOrder(r.shallow) {
		commit, met := d.met[id]
		if !met || d.cut[id] {
			h.cut[id] = true
			continue
		}
		h.lifted = append(h.lifted, id)
		h.parents = append(h.parents, commit.Parents...)
		for _, p := range commit.Parents {
			h.near[p] = commit.Tree
		}
	}
	slices.SortFunc(h.ends, compareDigests)
	return h, nil
}

func setOf(ds []content.Digest) map[content.Digest]bool {
	set := make(map[content.Digest]bool, len(ds))
	for _, d := range ds {
		set[d] = true
	}
	return set
}

// deepening goes down the history level by level to where it is to end.
type deepening struct {
	*conversation
	depth    depth
	excluded map[content.Digest]bool
	cut      map[content.Digest]bool
	met      map[content.Digest]content.Commit
}

// exclude finds the history of the refs that the client does not want.
func (d *deepening) exclude() error {
	d.excluded = map[content.Digest]bool{}
	for _, name := range d.depth.not {
		tip, err := d.refNamed(name)
		if err != nil {
			return err
		}
		for next := []content.Digest{tip}; len(next) > 0; {
			id := next[len(next)-1]
			next = next[:len(next)-1]
			if d.excluded[id] {
				continue
			}
			d.excluded[id] = true
			commit, err := d.commitOf(id)
			if err != nil {
				return err
			}
			next = append(next, commit.Parents...)
		}
	}
	return nil
}

// refNamed returns the commit of a ref that the client sees.
func (d *deepening) refNamed(name string) (id content.Digest, err error) {
	err = d.eachRef(func(r refs.Named) error {
		if full := r.Name.String(); full != name && r.Name.Short() != name || !id.IsZero() {
			return nil
		}
		commit, err := d.commitOf(r.Target)
		id = commit.ID
		return err
	})
	if err == nil && id.IsZero() {
		err = refusal("deepen-not: there is no ref %.80q", name)
	}
	return id, err
}

// descend goes down from the wants, or from where the client's history ends.
func (d *deepening) descend(r *request) error {
	from, levels := r.wants, d.depth.commits
	if d.depth.relative {
		from, levels = r.shallow, levels+1
	}
	var level []content.Commit
	for _, id := range from {
		commit, err := d.commitOf(id)
		if fault.Is(err, fault.Invalid) || d.depth.relative && fault.Is(err, fault.NotFound) {
			continue // a tag of a document; a commit that is not known here
		} else if err != nil {
			return err
		}
		if _, met := d.met[commit.ID]; !met && d.keeps(commit) {
			d.met[commit.ID] = commit
			level = append(level, commit)
		}
	}
	if len(level) == 0 && !d.depth.relative {
		return refusal("no commits selected for shallow requests")
	}
	for n := 1; len(level) > 0; n++ {
		var err error
		if level, err = d.below(level, d.depth.commits > 0 && n >= levels); err != nil {
			return err
		}
	}
	return nil
}

// below returns the parents of a level that were not met before, and cuts off those commits
// of which a parent is not wanted; all of them if the level is the last.
func (d *deepening) below(level []content.Commit, last bool) (next []content.Commit, err error) {
	for _, commit := range level {
		var parents []content.Commit
		for _, p := range commit.Parents {
			parent, err := d.Graph.Commit(d.ctx, d.src, p)
			if err != nil {
				return nil, err
			}
			if !last && d.keeps(parent) {
				parents = append(parents, parent)
			}
		}
		if len(parents) < len(commit.Parents) {
			d.cut[commit.ID] = true
			continue
		}
		for _, parent := range parents {
			if _, met := d.met[parent.ID]; !met {
				d.met[parent.ID] = parent
				next = append(next, parent)
			}
		}
	}
	return next, d.ctx.Err()
}

func (d *deepening) keeps(c content.Commit) bool {
	return !d.excluded[c.ID] && (d.depth.since.IsZero() || !c.Committer.When.Before(d.depth.since))
}
