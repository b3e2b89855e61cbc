package fsclient

import (
	"context"

	"rhapsode/content"
	"rhapsode/fs-service/internal/wire"
	"rhapsode/fs-service/internal/wire/pb"
)

// BeginErrand is in fsapi.Errands.
func (c *Client) BeginErrand(ctx context.Context, e content.Errand) (content.Attempt, error) {
	return askAny(ctx, c, toWrite, "begin errand", wire.FromErrand(e), pb.FileSystemClient.BeginErrand, wire.Attempt)
}

// HoldErrand is in fsapi.Errands.
func (c *Client) HoldErrand(ctx context.Context, e content.Errand) error {
	_, err := askAny(ctx, c, toWrite, "hold errand", wire.FromErrand(e), pb.FileSystemClient.HoldErrand, nothing)
	return err
}

// FinishErrand is in fsapi.Errands.
func (c *Client) FinishErrand(ctx context.Context, e content.Errand, answer []byte, final bool) error {
	p := &pb.FinishErrandRequest{Errand: wire.FromErrand(e), Answer: answer, Final: final}
	_, err := askAny(ctx, c, toWrite, "finish errand", p, pb.FileSystemClient.FinishErrand, nothing)
	return err
}

// Errand is in fsapi.Errands.
func (c *Client) Errand(ctx context.Context, k content.ErrandKey) (content.Attempt, error) {
	return askAny(ctx, c, toRead, "errand", &pb.ErrandKey{Key: k[:]}, pb.FileSystemClient.Errand, wire.Attempt)
}

// nothing reads an answer that says only that it was done.
func nothing(*pb.Empty) (struct{}, error) { return struct{}{}, nil }
