package peers

import (
	"rhapsode/content"
	"rhapsode/fs-service/internal/replica"
	"rhapsode/fs-service/internal/wire"
	"rhapsode/fs-service/internal/wire/pb"
)

// fromBatch writes a batch of objects.
func fromBatch(pool content.Pool, b replica.Batch) *pb.PutObjectsRequest {
	return &pb.PutObjectsRequest{
		Pool: pool[:], Objects: wire.FromObjects(b.Objects),
		Bases: wire.FromDigests(b.Bases), Needs: wire.FromDigests(b.Needs), Tips: wire.FromDigests(b.Tips),
	}
}

// Batch reads a batch of objects. That their bytes are what their digests name is
// for the store to check.
func Batch(p *pb.PutObjectsRequest) (pool content.Pool, b replica.Batch, err error) {
	if pool, err = wire.Pool(p.Pool); err != nil {
		return pool, b, err
	}
	if b.Objects, err = wire.Objects(p.Objects); err != nil {
		return pool, b, err
	}
	if b.Bases, err = wire.Digests(p.Bases); err != nil {
		return pool, b, err
	}
	if b.Needs, err = wire.Digests(p.Needs); err != nil {
		return pool, b, err
	}
	b.Tips, err = wire.Digests(p.Tips)
	return pool, b, err
}
