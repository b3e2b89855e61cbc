package fsclient

import (
	"context"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/wire"
	"rhapsode/fs-service/internal/wire/pb"
)

// Whoami is in fsapi.Accessor.
func (c *Client) Whoami(ctx context.Context) (access.Caller, error) {
	return askAny(ctx, c, toRead, "who asks", &pb.Empty{}, pb.FileSystemClient.Whoami, wire.Caller)
}

// PutToken is in fsapi.Accessor. Its repeat finds the very token, so it may be sent again.
func (c *Client) PutToken(ctx context.Context, t access.Token) error {
	_, err := askAny(ctx, c, toWrite, "put token", wire.FromToken(t), pb.FileSystemClient.PutToken, nothing)
	return err
}

// Tokens is in fsapi.Accessor.
func (c *Client) Tokens(ctx context.Context, page fsapi.Page) (fsapi.Tokens, error) {
	return askAny(ctx, c, toRead, "tokens", &pb.TokensRequest{Page: wire.FromPage(page)}, pb.FileSystemClient.Tokens, wire.Tokens)
}

// DeleteToken is in fsapi.Accessor.
func (c *Client) DeleteToken(ctx context.Context, id string) error {
	_, err := askAny(ctx, c, toWrite, "delete token", &pb.TokenRequest{Id: id}, pb.FileSystemClient.DeleteToken, nothing)
	return err
}

// Settings is in fsapi.Accessor.
func (c *Client) Settings(ctx context.Context, repo content.RepoID) (fsapi.Settings, error) {
	return ask(ctx, c, repo, toRead, "settings", &pb.RepoRequest{Repo: repo.String()}, pb.FileSystemClient.Settings, wire.Settings)
}

// Takedowns is in fsapi.Withholder.
func (c *Client) Takedowns(ctx context.Context, repo content.RepoID) (access.Takedowns, error) {
	return askAny(ctx, c, toRead, "takedowns", &pb.RepoRequest{Repo: repo.String()}, pb.FileSystemClient.Takedowns, wire.Takedowns)
}

// TakeDown is in fsapi.Withholder. Its repeat finds it in force, so it may be sent again.
func (c *Client) TakeDown(ctx context.Context, repo content.RepoID, t access.Takedown) (access.Takedown, error) {
	return askAny(ctx, c, toWrite, "take down", wire.FromTakedownRequest(repo, t), pb.FileSystemClient.TakeDown, wire.Takedown)
}

// Lift is in fsapi.Withholder.
func (c *Client) Lift(ctx context.Context, repo content.RepoID, edition content.RefName) error {
	request := wire.FromTakedownRequest(repo, access.Takedown{Edition: edition})
	_, err := askAny(ctx, c, toWrite, "lift a takedown", request, pb.FileSystemClient.Lift, nothing)
	return err
}
