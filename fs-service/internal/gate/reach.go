package gate

import (
	"context"
	"maps"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/fault"
)

// Memory for what repositories reach: of one with a million commits, all.
const (
	reachBytes  = 64 << 20
	reachWeight = 60 // of a commit in a map
)

// Owns returns nil if a commit, or a tag, that somebody named by its id is the repository's.
// In a pool of its own that is all there is. In one that is shared it is what the
// repository's own refs reach now: the rest is others', and as good as not there.
func (g *Gate) Owns(ctx context.Context, repo refs.Repo, id content.Digest) error {
	if !repo.Shared {
		return nil
	}
	if r, err := g.reachOf(ctx, repo); err != nil || r.met[id] {
		return err
	}
	if err := g.Refs.Barrier(ctx); err != nil { // a ref may have come to it just now
		return err
	}
	r, err := g.reachOf(ctx, repo)
	if err == nil && !r.met[id] {
		err = &fault.Error{Kind: fault.NotFound, Op: "commit", Name: id.String()}
	}
	return err
}

// reach is what a repository's refs reach. It never changes once it is made.
type reach struct {
	tips map[content.RefName]content.Digest
	met  map[content.Digest]bool // commits, and the tags that refs point to
}

// reachOf returns what a repository's refs reach now. If all of them only moved forward since
// that was asked last, only what is new is walked.
func (g *Gate) reachOf(ctx context.Context, repo refs.Repo) (*reach, error) {
	tips := g.tips(repo)
	before, ok := g.reaches.Get(repo.Key)
	if ok && maps.Equal(before.tips, tips) {
		return before, nil
	}
	now, lost, err := g.walk(ctx, repo, tips, before)
	if err == nil && lost {
		now, _, err = g.walk(ctx, repo, tips, nil)
	}
	if err != nil {
		return nil, err
	}
	g.reaches.Put(repo.Key, now, reachWeight*int64(len(now.tips)+len(now.met)))
	return now, nil
}

// walk returns what tips reach, taking from before what it meets of that. Lost says that it
// did not come to all tips of before, so that there may be too much in it.
func (g *Gate) walk(ctx context.Context, repo refs.Repo, tips map[content.RefName]content.Digest, before *reach) (now *reach, lost bool, err error) {
	src, now := g.Pool(repo.Pool), &reach{tips: tips, met: map[content.Digest]bool{}}
	var commits []content.Digest
	for _, tip := range tips {
		now.met[tip] = true
		commit, err := gitfmt.Peel(ctx, src, tip)
		if err == nil {
			commits = append(commits, commit)
		} else if !fault.Is(err, fault.Invalid) { // a tag of a document leads to no commit
			return nil, false, err
		}
	}
	err = g.Graph.Ancestors(ctx, src, commits, func(d content.Digest) bool {
		now.met[d] = true
		return before == nil || !before.met[d]
	})
	if err != nil || before == nil {
		return now, false, err
	}
	for _, tip := range before.tips {
		lost = lost || !now.met[tip]
	}
	maps.Copy(now.met, before.met)
	return now, lost, nil
}

// tips are where the refs of a repository point.
func (g *Gate) tips(repo refs.Repo) map[content.RefName]content.Digest {
	tips := map[content.RefName]content.Digest{}
	for after := ""; ; {
		some := g.Refs.List(repo.Key, "refs/", after, page)
		for _, r := range some {
			tips[r.Name], after = r.Target, r.Name.String()
		}
		if len(some) < page {
			return tips
		}
	}
}
