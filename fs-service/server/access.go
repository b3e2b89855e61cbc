package server

import (
	"context"

	"rhapsode/content"
	"rhapsode/fs-service/internal/wire"
	"rhapsode/fs-service/internal/wire/pb"
)

func (f files) Whoami(ctx context.Context, _ *pb.Empty) (*pb.CallerRecord, error) {
	who, err := f.node.Whoami(ctx)
	return answer(who, err, wire.FromCaller)
}

func (f files) PutToken(ctx context.Context, p *pb.TokenRecord) (*pb.Empty, error) {
	t, err := wire.Token(p)
	if err != nil {
		return nil, wire.Status(err)
	}
	return &pb.Empty{}, wire.Status(f.node.PutToken(ctx, t))
}

func (f files) Tokens(ctx context.Context, p *pb.TokensRequest) (*pb.TokensReply, error) {
	t, err := f.node.Tokens(ctx, wire.Page(p.Page))
	return answer(t, err, wire.FromTokens)
}

func (f files) DeleteToken(ctx context.Context, p *pb.TokenRequest) (*pb.Empty, error) {
	return &pb.Empty{}, wire.Status(f.node.DeleteToken(ctx, p.Id))
}

func (f files) Settings(ctx context.Context, p *pb.RepoRequest) (*pb.SettingsReply, error) {
	id, err := content.ParseRepoID(p.Repo)
	if err != nil {
		return nil, wire.Status(err)
	}
	s, err := f.node.Settings(ctx, id)
	return answer(s, err, wire.FromSettings)
}

func (f files) Takedowns(ctx context.Context, p *pb.RepoRequest) (*pb.TakedownsReply, error) {
	id, err := content.ParseRepoID(p.Repo)
	if err != nil {
		return nil, wire.Status(err)
	}
	all, err := f.node.Takedowns(ctx, id)
	return answer(all, err, wire.FromTakedowns)
}

func (f files) TakeDown(ctx context.Context, p *pb.TakedownRequest) (*pb.Takedown, error) {
	id, t, err := wire.TakedownRequest(p)
	if err != nil {
		return nil, wire.Status(err)
	}
	t, err = f.node.TakeDown(ctx, id, t)
	return answer(t, err, wire.FromTakedown)
}

func (f files) Lift(ctx context.Context, p *pb.TakedownRequest) (*pb.Empty, error) {
	id, t, err := wire.TakedownRequest(p)
	if err != nil {
		return nil, wire.Status(err)
	}
	return &pb.Empty{}, wire.Status(f.node.Lift(ctx, id, t.Edition))
}
