package gate

import (
	"context"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/refs"
)

// withheld returns why a repository is withheld from who asks, or nil.
func (p Pass) withheld() error {
	t, is := p.repo.Takedowns.Of(content.RefName{})
	if !is || p.Caller.MayWithhold(p.repo.ID) == nil {
		return nil
	}
	if err := p.Knows(); err != nil {
		return err
	}
	return t.Refusal(p.repo.ID)
}

// Withheld returns the editions that are withheld from who has the pass.
func (p Pass) Withheld() []content.RefName {
	editions := p.repo.Takedowns.Editions()
	if len(editions) == 0 || p.Caller.MayWithhold(p.repo.ID) == nil {
		return nil
	}
	return editions
}

// EditionWithheld returns why what is at a place is withheld from who has the pass, or nil. The place is a path
// at a ref, or, if that is zero, at a commit.
func (g *Gate) EditionWithheld(ctx context.Context, p Pass, ref content.RefName, commit content.Digest, path content.Path) error {
	withheld := p.Withheld()
	if len(withheld) == 0 || ref.IsBranch() {
		return nil
	}
	for _, edition := range withheld {
		is := ref == edition || fsapi.DownloadOf(ref, path) == edition
		if !is && (ref.IsZero() || ref.IsTag()) {
			var err error
			if is, err = g.stands(ctx, p.repo, edition, commit); err != nil {
				return err
			}
		}
		if is {
			t, _ := p.repo.Takedowns.Of(edition)
			return t.Refusal(p.repo.ID)
		}
	}
	return nil
}

// stands says whether an edition is that of a commit.
func (g *Gate) stands(ctx context.Context, repo refs.Repo, edition content.RefName, commit content.Digest) (bool, error) {
	tag, there := g.Refs.Ref(repo.Key, edition)
	if !there {
		return false, nil
	}
	d, err := gitfmt.Peel(ctx, g.Pool(repo.Pool), tag.Target)
	return err == nil && d == commit, err
}
