package fsapi

import (
	"context"
	"io"

	"rhapsode/content"
)

// Git speaks stock git's own protocol over a repository.
type Git interface {
	// ServeGit carries out one request: it reads in to its end, unless it fails, and writes
	// the answer to out while it is made. A fetch shows what was acknowledged before it began.
	// When a push says "ok" of a ref, that is durable as Writer promises.
	//
	// What git's protocol can say itself (an unknown want, a refused ref) it
	// says in out, and ServeGit returns nil. An error is about a request that came to
	// nothing if no byte of out was written, and an answer that breaks off otherwise.
	// Beyond the common ones: NotFound, Gone; Invalid (not git's protocol); TooLarge; Full.
	ServeGit(ctx context.Context, call GitCall, in io.Reader, out io.Writer) error
}

// GitService is what git wants of a repository.
type GitService string

// The services.
const (
	UploadPack  GitService = "git-upload-pack"  // clone and fetch
	ReceivePack GitService = "git-receive-pack" // push
)

// GitCall says what a request of git's is.
type GitCall struct {
	Repo      content.RepoID
	Service   GitService
	Version   int  // of the protocol that the client asks for; 2, or anything else for 0
	Advertise bool // what there is, before any request; in is empty
}
