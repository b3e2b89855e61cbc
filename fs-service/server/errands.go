package server

import (
	"context"

	"rhapsode/fs-service/internal/wire"
	"rhapsode/fs-service/internal/wire/pb"
)

func (f files) BeginErrand(ctx context.Context, p *pb.ErrandRequest) (*pb.ErrandReply, error) {
	e, err := wire.Errand(p)
	if err != nil {
		return nil, wire.Status(err)
	}
	a, err := f.node.BeginErrand(ctx, e)
	return answer(a, err, wire.FromAttempt)
}

func (f files) HoldErrand(ctx context.Context, p *pb.ErrandRequest) (*pb.Empty, error) {
	e, err := wire.Errand(p)
	if err != nil {
		return nil, wire.Status(err)
	}
	return &pb.Empty{}, wire.Status(f.node.HoldErrand(ctx, e))
}

func (f files) FinishErrand(ctx context.Context, p *pb.FinishErrandRequest) (*pb.Empty, error) {
	e, err := wire.Errand(p.Errand)
	if err != nil {
		return nil, wire.Status(err)
	}
	return &pb.Empty{}, wire.Status(f.node.FinishErrand(ctx, e, p.Answer, p.Final))
}

func (f files) Errand(ctx context.Context, p *pb.ErrandKey) (*pb.ErrandReply, error) {
	k, err := wire.ErrandKey(p.Key)
	if err != nil {
		return nil, wire.Status(err)
	}
	a, err := f.node.Errand(ctx, k)
	return answer(a, err, wire.FromAttempt)
}
