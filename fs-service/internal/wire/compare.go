package wire

import (
	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/wire/pb"
)

// FromCompareQuestion writes which states should be compared.
func FromCompareQuestion(q fsapi.CompareQuestion) *pb.CompareRequest {
	return &pb.CompareRequest{Repo: q.Repo.String(), From: q.From.String(), To: q.To.String(), Fresh: uint32(q.Fresh), Patch: q.Patch}
}

// CompareQuestion reads which states should be compared.
func CompareQuestion(p *pb.CompareRequest) (q fsapi.CompareQuestion, err error) {
	if q.Repo, err = content.ParseRepoID(p.Repo); err != nil {
		return q, err
	}
	if q.From, err = content.ParseRevision(p.From); err != nil {
		return q, err
	}
	if q.To, err = content.ParseRevision(p.To); err != nil {
		return q, err
	}
	q.Patch = p.Patch
	q.Fresh, err = freshness(p.Fresh)
	return q, err
}

// FromComparison writes how two states differ.
func FromComparison(c fsapi.Comparison) *pb.CompareReply {
	return &pb.CompareReply{
		Base: FromDigest(c.Base), From: FromDigest(c.From), To: FromDigest(c.To),
		Changes: fromFileChanges(c.Changes), Truncated: c.Truncated, Patch: c.Patch,
	}
}

// Comparison reads how two states differ.
func Comparison(p *pb.CompareReply) (c fsapi.Comparison, err error) {
	c.Truncated, c.Patch = p.Truncated, p.Patch
	if c.Base, err = Digest(p.Base); err != nil {
		return c, err
	}
	if c.From, err = Digest(p.From); err != nil {
		return c, err
	}
	if c.To, err = Digest(p.To); err != nil {
		return c, err
	}
	c.Changes, err = list(p.Changes, fileChange)
	return c, err
}

func fromFileChanges(changes []content.FileChange) []*pb.FileChange {
	ps := make([]*pb.FileChange, len(changes))
	for i, c := range changes {
		ps[i] = &pb.FileChange{Path: []byte(c.Path.String()), Old: FromEntry(c.Old), New: FromEntry(c.New)}
	}
	return ps
}

func fileChange(p *pb.FileChange) (f content.FileChange, err error) {
	if f.Path, err = content.ParsePath(string(p.Path)); err != nil {
		return f, err
	}
	if f.Old, err = Entry(p.Old); err != nil {
		return f, err
	}
	f.New, err = Entry(p.New)
	return f, err
}
