package wire

import (
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/wire/pb"
)

// FromBlame writes where the lines of a document are from.
func FromBlame(blamed []fsapi.Blamed) *pb.BlameReply {
	p := &pb.BlameReply{Blamed: make([]*pb.Blamed, len(blamed))}
	for i, b := range blamed {
		p.Blamed[i] = &pb.Blamed{
			First: int64(b.First), Last: int64(b.Last), Then: int64(b.Then),
			Commit: FromDigest(b.Commit), Author: FromSignature(b.Author), Subject: []byte(b.Subject),
		}
	}
	return p
}

// Blame reads where the lines of a document are from.
func Blame(p *pb.BlameReply) ([]fsapi.Blamed, error) {
	return list(p.Blamed, func(p *pb.Blamed) (fsapi.Blamed, error) {
		commit, err := Digest(p.Commit)
		return fsapi.Blamed{
			First: int(p.First), Last: int(p.Last), Then: int(p.Then),
			Commit: commit, Author: Signature(p.Author), Subject: string(p.Subject),
		}, err
	})
}
