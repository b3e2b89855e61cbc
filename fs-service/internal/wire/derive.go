package wire

import (
	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/wire/pb"
)

// fromDerive writes what a repository should begin as; nil: empty.
func fromDerive(d fsapi.Derive) *pb.Derive {
	if d.Repo.IsZero() {
		return nil
	}
	return &pb.Derive{Repo: d.Repo.String(), Rev: d.Rev.String(), Title: d.Title}
}

// derive reads what fromDerive wrote.
func derive(p *pb.Derive) (d fsapi.Derive, err error) {
	if p == nil {
		return d, nil
	}
	d.Title = p.Title
	if d.Repo, err = content.ParseRepoID(p.Repo); err != nil {
		return d, err
	}
	d.Rev, err = revision(p.Rev)
	return d, err
}

// fromOrigin writes what a repository was derived from; nil: it began empty.
func fromOrigin(o fsapi.Origin) *pb.Origin {
	if o.Commit.IsZero() {
		return nil
	}
	return &pb.Origin{Repo: o.Repo.String(), Rev: o.Rev.String(), Commit: FromDigest(o.Commit), Title: o.Title}
}

// origin reads what fromOrigin wrote.
func origin(p *pb.Origin) (o fsapi.Origin, err error) {
	if p == nil {
		return o, nil
	}
	o.Title = p.Title
	if p.Repo != "" {
		if o.Repo, err = content.ParseRepoID(p.Repo); err != nil {
			return o, err
		}
	}
	if o.Rev, err = revision(p.Rev); err != nil {
		return o, err
	}
	o.Commit, err = Digest(p.Commit)
	return o, err
}

// revision reads a revision; "" is the zero one.
func revision(s string) (content.Revision, error) {
	if s == "" {
		return content.Revision{}, nil
	}
	return content.ParseRevision(s)
}
