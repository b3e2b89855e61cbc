package wire

import (
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/wire/pb"
	"rhapsode/internal/fault"
)

// Digest reads twenty bytes, or none for the zero Digest.
func Digest(b []byte) (content.Digest, error) {
	if len(b) == 0 {
		return content.Digest{}, nil
	}
	return content.DigestFromBytes(b)
}

// FromDigest writes twenty bytes, or none for the zero Digest.
func FromDigest(d content.Digest) []byte {
	if d.IsZero() {
		return nil
	}
	return d[:]
}

// Digests reads a list.
func Digests(bs [][]byte) ([]content.Digest, error) {
	ds := make([]content.Digest, len(bs))
	for i, b := range bs {
		var err error
		if ds[i], err = content.DigestFromBytes(b); err != nil {
			return nil, err
		}
	}
	return ds, nil
}

// FromDigests writes a list.
func FromDigests(ds []content.Digest) [][]byte {
	bs := make([][]byte, len(ds))
	for i := range ds {
		bs[i] = ds[i][:]
	}
	return bs
}

// Pool reads sixteen bytes.
func Pool(b []byte) (content.Pool, error) {
	if len(b) != len(content.Pool{}) {
		return content.Pool{}, fault.Newf(fault.Invalid, "pool", "%d bytes, not %d", len(b), len(content.Pool{}))
	}
	return content.Pool(b), nil
}

// Request reads sixteen bytes, or none for no request id.
func Request(b []byte) (content.RequestID, error) {
	if len(b) == 0 {
		return content.RequestID{}, nil
	}
	if len(b) != len(content.RequestID{}) {
		return content.RequestID{}, fault.Newf(fault.Invalid, "request id", "%d bytes, not %d", len(b), len(content.RequestID{}))
	}
	return content.RequestID(b), nil
}

// FromSignature writes a signature with its zone.
func FromSignature(s content.Signature) *pb.Signature {
	p := &pb.Signature{Name: []byte(s.Name), Email: []byte(s.Email)}
	if !s.When.IsZero() {
		_, offset := s.When.Zone()
		p.Seconds, p.Offset, p.Set = s.When.Unix(), int32(offset), true
	}
	return p
}

// Signature reads one as it is: an imported commit may hold names that
// content.NewSignature would refuse.
func Signature(p *pb.Signature) content.Signature {
	s := content.Signature{Name: string(p.GetName()), Email: string(p.GetEmail())}
	if p.GetSet() {
		s.When = time.Unix(p.Seconds, 0).In(time.FixedZone("", int(p.Offset)))
	}
	return s
}

// FromEntry writes a tree entry.
func FromEntry(e content.Entry) *pb.Entry {
	return &pb.Entry{Name: []byte(e.Name), Mode: uint32(e.Mode), Digest: FromDigest(e.Digest), Size: e.Size}
}

// Entry reads a tree entry.
func Entry(p *pb.Entry) (content.Entry, error) {
	d, err := Digest(p.GetDigest())
	return content.Entry{Name: string(p.GetName()), Mode: content.Mode(p.GetMode()), Digest: d, Size: p.GetSize()}, err
}

// FromCommit writes a commit.
func FromCommit(c content.Commit) *pb.CommitRecord {
	return &pb.CommitRecord{
		Id: FromDigest(c.ID), Tree: FromDigest(c.Tree), Parents: FromDigests(c.Parents),
		Author: FromSignature(c.Author), Committer: FromSignature(c.Committer), Message: []byte(c.Message),
	}
}

// Commit reads a commit.
func Commit(p *pb.CommitRecord) (content.Commit, error) {
	c := content.Commit{
		Author: Signature(p.GetAuthor()), Committer: Signature(p.GetCommitter()), Message: string(p.GetMessage()),
	}
	var err error
	if c.ID, err = Digest(p.GetId()); err != nil {
		return c, err
	}
	if c.Tree, err = Digest(p.GetTree()); err != nil {
		return c, err
	}
	c.Parents, err = Digests(p.GetParents())
	return c, err
}

// FromExpect writes an expectation.
func FromExpect(e content.Expect) *pb.Expect {
	presence, anyOf, among := e.Parts()
	return &pb.Expect{Presence: uint32(presence), AnyOf: anyOf, Among: FromDigests(among)}
}

// Expect reads an expectation.
func Expect(p *pb.Expect) (content.Expect, error) {
	among, err := Digests(p.GetAmong())
	if err != nil {
		return content.Expect{}, err
	}
	return content.ExpectOf(uint8(p.GetPresence()), p.GetAnyOf(), among)
}

// FromObjects writes objects without copying their bytes.
func FromObjects(objs []content.Object) []*pb.Object {
	ps := make([]*pb.Object, len(objs))
	for i, o := range objs {
		ps[i] = &pb.Object{Digest: objs[i].Digest[:], Kind: uint32(o.Kind), Data: o.Data}
	}
	return ps
}

// Objects reads objects. Whoever stores them checks that their bytes are what
// their digests name.
func Objects(ps []*pb.Object) ([]content.Object, error) {
	objs := make([]content.Object, len(ps))
	for i, p := range ps {
		d, err := content.DigestFromBytes(p.Digest)
		if err != nil {
			return nil, err
		}
		objs[i] = content.Object{Digest: d, Kind: content.Kind(p.Kind), Data: p.Data}
	}
	return objs, nil
}
