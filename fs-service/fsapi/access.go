package fsapi

import (
	"context"

	"rhapsode/content"
	"rhapsode/fs-service/access"
)

// Accessor tells who asks, and who may. Who asks travels with the context of every
// call (internal/caller); every method of an FS judges it, and beyond what is named with
// it returns Unauthenticated (it takes a token, or a better one), Forbidden and Locked
// (fault.Error.Facts say why), and NotFound for what the caller may not know of.
type Accessor interface {
	// Whoami returns who asks.
	Whoami(context.Context) (access.Caller, error)

	// PutToken stores a new token; it is good everywhere when this returns. Who asks may grant.
	// Stale: there is another of its id.
	PutToken(context.Context, access.Token) error

	// Tokens returns the tokens, ordered by id. Who asks may grant.
	Tokens(context.Context, Page) (Tokens, error)

	// DeleteToken revokes a token: no change that is acknowledged later was made with it.
	// Who asks may grant, or asks with that token. NotFound.
	DeleteToken(ctx context.Context, id string) error

	// Settings returns a repository's settings (access.Settings). They are changed as
	// documents are, on the branch content.ConfigRef.
	Settings(ctx context.Context, repo content.RepoID) (Settings, error)
}

// Tokens is a page of tokens.
type Tokens struct {
	Tokens []access.Token // without their hashes
	Next   string
}

// Settings are a repository's settings as they are written down.
type Settings struct {
	Text   []byte
	Digest content.Digest // of Text
	Stored bool           // false: they are the default, and access.SettingsFile is not there yet
}
