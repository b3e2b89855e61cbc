package wire

import (
	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/wire/pb"
	"rhapsode/internal/fault"
)

// FromRefused writes a change set that should be kept.
func FromRefused(r fsapi.Refused) *pb.KeepRequest {
	return &pb.KeepRequest{Change: FromChangeSet(r.ChangeSet), Owner: r.Owner}
}

// Refused reads a change set that should be kept; the caller still has to Check it.
func Refused(p *pb.KeepRequest) (fsapi.Refused, error) {
	if p.Change == nil {
		return fsapi.Refused{}, fault.Newf(fault.Invalid, "keep", "nothing is to be kept")
	}
	cs, err := ChangeSet(p.Change)
	return fsapi.Refused{ChangeSet: cs, Owner: p.Owner}, err
}

// FromDraft writes what was kept.
func FromDraft(d fsapi.Draft) *pb.KeepReply {
	return &pb.KeepReply{Name: d.Name.String(), Commit: FromDigest(d.Commit), Base: FromDigest(d.Base), Tip: FromDigest(d.Tip)}
}

// Draft reads what was kept.
func Draft(p *pb.KeepReply) (d fsapi.Draft, err error) {
	if d.Name, err = content.ParseRefName(p.Name); err != nil {
		return d, err
	}
	if d.Commit, err = Digest(p.Commit); err != nil {
		return d, err
	}
	if d.Base, err = Digest(p.Base); err != nil {
		return d, err
	}
	d.Tip, err = Digest(p.Tip)
	return d, err
}
