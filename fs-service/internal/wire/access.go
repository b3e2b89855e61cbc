package wire

import (
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/wire/pb"
	"rhapsode/internal/fault"
)

func fromScope(s access.Scope) *pb.Scope {
	p := &pb.Scope{Repos: s.Repos, Paths: s.Paths}
	for _, v := range s.Verbs {
		p.Verbs = append(p.Verbs, string(v))
	}
	return p
}

func scope(p *pb.Scope) access.Scope {
	s := access.Scope{Repos: p.GetRepos(), Paths: p.GetPaths()}
	for _, v := range p.GetVerbs() {
		s.Verbs = append(s.Verbs, access.Verb(v))
	}
	return s
}

// FromToken writes a token's record.
func FromToken(t access.Token) *pb.TokenRecord {
	return &pb.TokenRecord{
		Id: t.ID, Hash: t.Hash[:], User: t.User, Label: t.Label,
		Created: fromTime(t.Created), Expires: fromTime(t.Expires), Scope: fromScope(t.Scope), Admin: t.Admin,
	}
}

// Token reads a token's record.
func Token(p *pb.TokenRecord) (t access.Token, err error) {
	if len(p.GetHash()) != len(t.Hash) {
		return t, fault.Newf(fault.Invalid, "token", "a hash of %d bytes, not %d", len(p.GetHash()), len(t.Hash))
	}
	copy(t.Hash[:], p.Hash)
	t.ID, t.User, t.Label, t.Admin = p.Id, p.User, p.Label, p.Admin
	t.Created, t.Expires, t.Scope = toTime(p.Created), toTime(p.Expires), scope(p.Scope)
	return t, nil
}

// FromTokens writes a page of tokens.
func FromTokens(t fsapi.Tokens) *pb.TokensReply {
	p := &pb.TokensReply{Next: t.Next}
	for _, token := range t.Tokens {
		p.Tokens = append(p.Tokens, FromToken(token))
	}
	return p
}

// Tokens reads a page of tokens.
func Tokens(p *pb.TokensReply) (t fsapi.Tokens, err error) {
	t.Next = p.Next
	t.Tokens, err = list(p.Tokens, Token)
	return t, err
}

// FromCaller writes who asks.
func FromCaller(c access.Caller) *pb.CallerRecord {
	return &pb.CallerRecord{
		User: c.User, Token: c.Token, Label: c.Label, Expires: fromTime(c.Expires), Scope: fromScope(c.Scope), Role: string(c.Role),
	}
}

// Caller reads who asks.
func Caller(p *pb.CallerRecord) (access.Caller, error) {
	return access.Caller{
		User: p.User, Token: p.Token, Label: p.Label, Expires: toTime(p.Expires), Scope: scope(p.Scope), Role: access.Role(p.Role),
	}, nil
}

// FromSettings writes a repository's settings.
func FromSettings(s fsapi.Settings) *pb.SettingsReply {
	return &pb.SettingsReply{Text: s.Text, Digest: s.Digest[:], Stored: s.Stored}
}

// Settings reads a repository's settings.
func Settings(p *pb.SettingsReply) (s fsapi.Settings, err error) {
	s.Text, s.Stored = p.Text, p.Stored
	s.Digest, err = content.DigestFromBytes(p.Digest)
	return s, err
}

// fromTime writes a time, to the second; the zero time is 0.
func fromTime(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func toTime(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// FromTakedown writes a takedown.
func FromTakedown(t access.Takedown) *pb.Takedown {
	return &pb.Takedown{
		Edition: t.Edition.String(), Reason: printable(t.Reason), BlockedBy: printable(t.BlockedBy),
		By: t.By, At: fromTime(t.At), Lifted: fromTime(t.Lifted), LiftedBy: t.LiftedBy,
	}
}

// Takedown reads a takedown.
func Takedown(p *pb.Takedown) (t access.Takedown, err error) {
	if p.GetEdition() != "" {
		if t.Edition, err = content.ParseRefName(p.GetEdition()); err != nil {
			return t, err
		}
	}
	t.Reason, t.BlockedBy, t.By, t.At = p.GetReason(), p.GetBlockedBy(), p.GetBy(), toTime(p.GetAt())
	t.Lifted, t.LiftedBy = toTime(p.GetLifted()), p.GetLiftedBy()
	return t, nil
}

// FromTakedowns writes the takedowns of a repository.
func FromTakedowns(ts access.Takedowns) *pb.TakedownsReply {
	p := &pb.TakedownsReply{}
	for _, t := range ts {
		p.Takedowns = append(p.Takedowns, FromTakedown(t))
	}
	return p
}

// Takedowns reads the takedowns of a repository.
func Takedowns(p *pb.TakedownsReply) (access.Takedowns, error) { return list(p.Takedowns, Takedown) }

// FromTakedownRequest writes what is to be withheld, or no longer.
func FromTakedownRequest(repo content.RepoID, t access.Takedown) *pb.TakedownRequest {
	return &pb.TakedownRequest{Repo: repo.String(), Takedown: FromTakedown(t)}
}

// TakedownRequest reads what is to be withheld, or no longer.
func TakedownRequest(p *pb.TakedownRequest) (repo content.RepoID, t access.Takedown, err error) {
	if repo, err = content.ParseRepoID(p.Repo); err == nil {
		t, err = Takedown(p.Takedown)
	}
	return repo, t, err
}
