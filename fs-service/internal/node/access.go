package node

import (
	"context"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
)

// Whoami is in fsapi.Accessor.
func (n *Node) Whoami(ctx context.Context) (access.Caller, error) {
	if err := n.refs.Barrier(ctx); err != nil {
		return access.Caller{}, err
	}
	who, err := n.gate.Who(ctx)
	return who.Caller, err
}

// PutToken is in fsapi.Accessor.
func (n *Node) PutToken(ctx context.Context, t access.Token) error {
	who, err := n.Whoami(ctx)
	if err == nil {
		err = who.May(access.Grant)
	}
	if err != nil {
		return err
	}
	return n.refs.PutToken(ctx, t)
}

// Tokens is in fsapi.Accessor.
func (n *Node) Tokens(ctx context.Context, page fsapi.Page) (fsapi.Tokens, error) {
	who, err := n.Whoami(ctx)
	if err == nil {
		err = who.May(access.Grant)
	}
	if err != nil {
		return fsapi.Tokens{}, err
	}
	most := limit(page)
	found := n.refs.Tokens(page.After, most+1)
	var all fsapi.Tokens
	for _, t := range found[:min(len(found), most)] {
		t.Hash = [len(t.Hash)]byte{}
		all.Tokens = append(all.Tokens, t.Token)
	}
	if len(found) > most {
		all.Next = all.Tokens[most-1].ID
	}
	return all, nil
}

// DeleteToken is in fsapi.Accessor.
func (n *Node) DeleteToken(ctx context.Context, id string) error {
	who, err := n.Whoami(ctx)
	if err != nil {
		return err
	}
	_, ok := n.refs.Token(id)
	if own := ok && id == who.Token; !own {
		if err := who.May(access.Grant); err != nil {
			return err
		}
	}
	if !ok {
		return &fault.Error{Kind: fault.NotFound, Op: "token", Name: id}
	}
	return n.refs.DeleteToken(ctx, id)
}

// Settings is in fsapi.Accessor.
func (n *Node) Settings(ctx context.Context, id content.RepoID) (fsapi.Settings, error) {
	if err := n.refs.Barrier(ctx); err != nil {
		return fsapi.Settings{}, err
	}
	repo, pass, err := n.passing(ctx, id)
	if err == nil {
		err = pass.May(access.Read) // who has which role is nothing for everybody
	}
	if err != nil {
		return fsapi.Settings{}, err
	}
	d, err := n.gate.Document(ctx, repo)
	return fsapi.Settings{Text: d.Text, Digest: content.NewObject(content.KindBlob, d.Text).Digest, Stored: d.Stored}, err
}
