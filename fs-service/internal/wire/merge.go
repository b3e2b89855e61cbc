package wire

import (
	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/wire/pb"
	"rhapsode/internal/fault"
)

// FromMerge writes what should be merged.
func FromMerge(m fsapi.Merge) *pb.MergeRequest {
	p := &pb.MergeRequest{
		Repo: m.Repo.String(), Into: m.Into.String(), Expect: FromExpect(m.Expect), From: m.From.String(),
		Author: FromSignature(m.Author), Message: m.Message, DryRun: m.DryRun, Request: m.Request[:],
	}
	if !m.FromRepo.IsZero() {
		p.FromRepo = m.FromRepo.String()
	}
	for _, r := range m.Resolutions {
		p.Resolutions = append(p.Resolutions, &pb.Resolution{Path: []byte(r.Path.String()), Use: uint32(r.Use), Given: r.Given})
	}
	return p
}

// Merge reads what should be merged.
func Merge(p *pb.MergeRequest) (m fsapi.Merge, err error) {
	if m.Repo, err = content.ParseRepoID(p.Repo); err != nil {
		return m, err
	}
	if m.Into, err = content.ParseRefName(p.Into); err != nil {
		return m, err
	}
	if m.Expect, err = Expect(p.Expect); err != nil {
		return m, err
	}
	if m.From, err = content.ParseRevision(p.From); err != nil {
		return m, err
	}
	if p.FromRepo != "" {
		if m.FromRepo, err = content.ParseRepoID(p.FromRepo); err != nil {
			return m, err
		}
	}
	if m.Request, err = Request(p.Request); err != nil {
		return m, err
	}
	m.Author, m.Message, m.DryRun = Signature(p.Author), p.Message, p.DryRun
	m.Resolutions, err = list(p.Resolutions, func(r *pb.Resolution) (fsapi.Resolution, error) {
		path, err := content.ParsePath(string(r.Path))
		return fsapi.Resolution{Path: path, Use: fsapi.Side(r.Use), Given: r.Given}, err
	})
	return m, err
}

// FromPick writes which commit should be picked.
func FromPick(p fsapi.Pick) *pb.PickRequest {
	return &pb.PickRequest{Merge: FromMerge(p.Merge), Revert: p.Revert, Mainline: uint32(p.Mainline)}
}

// Pick reads which commit should be picked.
func Pick(p *pb.PickRequest) (fsapi.Pick, error) {
	if p.Merge == nil {
		return fsapi.Pick{}, fault.Newf(fault.Invalid, "pick", "nothing is named")
	}
	m, err := Merge(p.Merge)
	return fsapi.Pick{Merge: m, Revert: p.Revert, Mainline: int(p.Mainline)}, err
}

// FromMerged writes what came of a merge.
func FromMerged(m fsapi.Merged) *pb.MergeReply {
	p := &pb.MergeReply{
		Commit: FromDigest(m.Commit), Modified: m.Modified, Ours: FromDigest(m.Ours), Theirs: FromDigest(m.Theirs),
		Bases: FromDigests(m.Bases), More: m.More,
	}
	for _, c := range m.Conflicts {
		p.Conflicts = append(p.Conflicts, &pb.MergeConflict{
			Path: []byte(c.Path.String()), Kind: c.Kind,
			Base: FromEntry(c.Base), Ours: FromEntry(c.Ours), Theirs: FromEntry(c.Theirs),
		})
	}
	return p
}

// Merged reads what came of a merge.
func Merged(p *pb.MergeReply) (m fsapi.Merged, err error) {
	m.Modified, m.More = p.Modified, p.More
	if m.Commit, err = Digest(p.Commit); err != nil {
		return m, err
	}
	if m.Ours, err = Digest(p.Ours); err != nil {
		return m, err
	}
	if m.Theirs, err = Digest(p.Theirs); err != nil {
		return m, err
	}
	if m.Bases, err = Digests(p.Bases); err != nil {
		return m, err
	}
	m.Conflicts, err = list(p.Conflicts, mergeConflict)
	return m, err
}

func mergeConflict(p *pb.MergeConflict) (c fsapi.MergeConflict, err error) {
	c.Kind = p.Kind
	if c.Path, err = content.ParsePath(string(p.Path)); err != nil {
		return c, err
	}
	if c.Base, err = Entry(p.Base); err != nil {
		return c, err
	}
	if c.Ours, err = Entry(p.Ours); err != nil {
		return c, err
	}
	c.Theirs, err = Entry(p.Theirs)
	return c, err
}
