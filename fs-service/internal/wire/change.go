package wire

import (
	"rhapsode/content"
	"rhapsode/fs-service/internal/wire/pb"
	"rhapsode/internal/fault"
)

// FromChangeSet writes a change set.
func FromChangeSet(cs content.ChangeSet) *pb.ChangeRequest {
	p := &pb.ChangeRequest{
		Repo: cs.Repo.String(), Branch: cs.Branch.String(), Head: FromExpect(cs.Head),
		Author: FromSignature(cs.Author), Message: cs.Message, Request: cs.Request[:], DryRun: cs.DryRun,
	}
	for i := range cs.Changes {
		c := &cs.Changes[i]
		p.Changes = append(p.Changes, &pb.Change{
			Path: []byte(c.Path.String()), Delete: c.Delete, Mode: uint32(c.Mode), Expect: FromExpect(c.Expect),
			Digest: FromDigest(c.Body.Digest), Size: c.Body.Size, Inline: c.Body.Inline, HasInline: c.Body.Inline != nil,
		})
	}
	return p
}

// ChangeSet reads a change set; the caller still has to Check it.
func ChangeSet(p *pb.ChangeRequest) (cs content.ChangeSet, err error) {
	if cs.Repo, err = content.ParseRepoID(p.Repo); err != nil {
		return cs, err
	}
	if cs.Branch, err = content.ParseRefName(p.Branch); err != nil {
		return cs, err
	}
	if cs.Head, err = Expect(p.Head); err != nil {
		return cs, err
	}
	if cs.Request, err = Request(p.Request); err != nil {
		return cs, err
	}
	if len(p.Changes) > content.MaxChanges {
		return cs, fault.Newf(fault.Invalid, "change", "%d changes, more than %d", len(p.Changes), content.MaxChanges)
	}
	cs.Author, cs.Message, cs.DryRun = Signature(p.Author), p.Message, p.DryRun
	cs.Changes = make([]content.Change, len(p.Changes))
	for i, c := range p.Changes {
		if cs.Changes[i], err = change(c); err != nil {
			return cs, err
		}
	}
	return cs, nil
}

func change(p *pb.Change) (c content.Change, err error) {
	if c.Path, err = content.ParsePath(string(p.Path)); err != nil {
		return c, err
	}
	if c.Expect, err = Expect(p.Expect); err != nil {
		return c, err
	}
	if c.Body.Digest, err = Digest(p.Digest); err != nil {
		return c, err
	}
	c.Delete, c.Mode, c.Body.Size = p.Delete, content.Mode(p.Mode), p.Size
	if p.HasInline {
		c.Body.Inline = append([]byte{}, p.Inline...)
	}
	return c, nil
}

// FromChanged writes what came of a change set.
func FromChanged(c content.Changed) *pb.ChangeReply {
	p := &pb.ChangeReply{Commit: FromDigest(c.Commit), Modified: c.Modified}
	for _, o := range c.Outcomes {
		p.Outcomes = append(p.Outcomes, &pb.Outcome{Created: o.Created, Digest: FromDigest(o.Digest), Size: o.Size})
	}
	return p
}

// Changed reads what came of a change set.
func Changed(p *pb.ChangeReply) (c content.Changed, err error) {
	if c.Commit, err = Digest(p.Commit); err != nil {
		return c, err
	}
	c.Modified = p.Modified
	c.Outcomes = make([]content.Outcome, len(p.Outcomes))
	for i, o := range p.Outcomes {
		d, err := Digest(o.Digest)
		if err != nil {
			return c, err
		}
		c.Outcomes[i] = content.Outcome{Created: o.Created, Digest: d, Size: o.Size}
	}
	return c, nil
}
