package wire

import (
	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/wire/pb"
)

// FromRelease writes editions that are to be made.
func FromRelease(r fsapi.Release) *pb.ReleaseRequest {
	p := &pb.ReleaseRequest{Record: FromChangeSet(r.Record)}
	for _, t := range r.Tags {
		p.Tags = append(p.Tags, &pb.NewTag{Name: []byte(t.Name.String()), Target: FromDigest(t.Target), Message: t.Message})
	}
	return p
}

// Release reads editions that are to be made; the caller still has to Check it.
func Release(p *pb.ReleaseRequest) (r fsapi.Release, err error) {
	if r.Record, err = ChangeSet(p.Record); err != nil {
		return r, err
	}
	r.Tags, err = list(p.Tags, func(t *pb.NewTag) (fsapi.NewTag, error) {
		name, err := content.ParseRefName(string(t.Name))
		if err != nil {
			return fsapi.NewTag{}, err
		}
		target, err := Digest(t.Target)
		return fsapi.NewTag{Name: name, Target: target, Message: t.Message}, err
	})
	return r, err
}

// FromReleased writes what came of a release.
func FromReleased(r fsapi.Released) *pb.ReleaseReply {
	p := &pb.ReleaseReply{Record: FromChanged(r.Changed)}
	for _, ref := range r.Tags {
		p.Tags = append(p.Tags, FromRef(ref))
	}
	return p
}

// Released reads what came of a release.
func Released(p *pb.ReleaseReply) (r fsapi.Released, err error) {
	if r.Changed, err = Changed(p.Record); err != nil {
		return r, err
	}
	r.Tags, err = list(p.Tags, Ref)
	return r, err
}
