package gitserve

import (
	"slices"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/fault"
)

// tips returns what a client sees refs point to.
func (c *conversation) tips() (tips []content.Digest, err error) {
	err = c.eachRef(func(r refs.Named) error {
		tips = append(tips, r.Target)
		return nil
	})
	return inOrder(tips), err
}

// inOrder sorts ds and drops repeats.
func inOrder(ds []content.Digest) []content.Digest {
	slices.SortFunc(ds, compareDigests)
	return slices.Compact(ds)
}

// checkWants puts the wants in order and refuses a want that a client does not see: it is neither shown nor reachable
// from what is.
func (c *conversation) checkWants(r *request) error {
	r.wants = inOrder(r.wants)
	tips, err := c.tips()
	if err != nil {
		return err
	}
	r.all = slices.Equal(r.wants, tips)
	for _, d := range r.wants {
		if _, shown := slices.BinarySearchFunc(tips, d, compareDigests); shown {
			continue
		}
		seen, err := c.reachable(tips, d)
		if err != nil {
			return err
		}
		if !seen {
			return refusal("upload-pack: not our ref %v", d)
		}
	}
	return nil
}

// reachable says whether d, a commit or any other object, can be reached from tips.
func (c *conversation) reachable(tips []content.Digest, d content.Digest) (bool, error) {
	h, err := c.Replicas.Stat(c.ctx, c.Repo.Pool, d)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	if h.Kind != content.KindCommit {
		k, err := c.closureOf(tips, true)
		return err == nil && k.has(d), err
	}
	target, err := c.Graph.Commit(c.ctx, c.src, d)
	if err != nil {
		return false, err
	}
	found := false
	for _, tip := range tips {
		if found, err = c.leadsTo(tip, map[content.Digest]bool{d: true}, target.Committer.When.Unix()); found || err != nil {
			break
		}
	}
	return found, err
}

// suffices says whether the history of every want leads to something common, so that nothing
// is gained by going on to look.
func (c *conversation) suffices(wants, common []content.Digest) (bool, error) {
	if len(common) == 0 {
		return false, nil
	}
	known := make(map[content.Digest]bool, len(common))
	oldest := int64(1 << 62)
	for _, d := range common {
		known[d] = true
		if commit, err := c.commitOf(d); err == nil {
			oldest = min(oldest, commit.Committer.When.Unix())
		}
	}
	for _, want := range wants {
		if found, err := c.leadsTo(want, known, oldest); !found || err != nil {
			return false, err
		}
	}
	return true, nil
}

// leadsTo says whether one of targets is in the history of from. What is older than oldest
// is not looked at, so clocks that were wrong may hide something.
func (c *conversation) leadsTo(from content.Digest, targets map[content.Digest]bool, oldest int64) (bool, error) {
	if targets[from] {
		return true, nil
	}
	first, err := c.commitOf(from)
	if fault.Is(err, fault.Invalid) {
		return false, nil // a tag of a document
	} else if err != nil {
		return false, err
	}
	met := map[content.Digest]bool{first.ID: true}
	for stack := []content.Commit{first}; len(stack) > 0; {
		commit := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if targets[commit.ID] {
			return true, nil
		}
		for _, p := range commit.Parents {
			if met[p] {
				continue
			}
			met[p] = true
			parent, err := c.Graph.Commit(c.ctx, c.src, p)
			if err != nil {
				return false, err
			}
			if parent.Committer.When.Unix() >= oldest {
				stack = append(stack, parent)
			}
		}
	}
	return false, nil
}

// commitOf returns the commit that d is or, as a tag, stands for. Invalid: there is none.
func (c *conversation) commitOf(d content.Digest) (content.Commit, error) {
	d, err := gitfmt.Peel(c.ctx, c.src, d)
	if err != nil {
		return content.Commit{}, err
	}
	return c.Graph.Commit(c.ctx, c.src, d)
}
