package gitserve

import (
	"context"
	"io"
	"log/slog"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/placement"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/fs-service/internal/replica"
	"rhapsode/internal/fault"
	"rhapsode/internal/lru"
)

// Mover judges what a push wants of refs, and moves them (coordinator.Coordinator).
type Mover interface {
	Push(ctx context.Context, repo content.RepoID, updates []refs.Update, atomic bool) (refused []error, err error)
}

// Options are what a Server is made of.
type Options struct {
	Refs     refs.Refs
	Replicas *replica.Replicas
	Mover    Mover
	Trees    *gitfmt.Trees
	Graph    *gitfmt.Graph
	Clock    func() time.Time
	MaxPack  int64 // bytes of one push; 0: 2 GiB
	Log      *slog.Logger
}

// Bounds.
const (
	defaultMaxPack = 2 << 30
	maxRequest     = 16 << 20         // bytes of a request to fetch
	maxServed      = 64               // requests under way at one node
	maxCounting    = 4                // of them, that look for what a client lacks
	maxTaking      = 2                // of them, that check and store what was pushed
	maxPush        = 15 * time.Minute // from the first byte of a push to its report
	closureBytes   = 64 << 20         // what is remembered of whole closures
	peelBytes      = 4 << 20          // what is remembered of annotated tags
)

// Server answers stock git.
type Server struct {
	Options
	closures *lru.Cache[closureKey, *closure]
	peels    *lru.Cache[content.Digest, content.Digest]
	served   chan struct{} // capacity maxServed
	counting chan struct{} // capacity maxCounting
	taking   chan struct{} // capacity maxTaking
}

// New makes a server.
func New(o Options) *Server {
	if o.MaxPack == 0 {
		o.MaxPack = defaultMaxPack
	}
	return &Server{
		Options:  o,
		closures: lru.New[closureKey, *closure](closureBytes, closureBytes/2),
		peels:    lru.New[content.Digest, content.Digest](peelBytes, peelBytes),
		served:   make(chan struct{}, maxServed), counting: make(chan struct{}, maxCounting), taking: make(chan struct{}, maxTaking),
	}
}

// Target is the repository that a call is about, and where it is.
type Target struct {
	Repo refs.Repo
	At   placement.Placement

	Withheld []content.RefName // refs that this client does not see
}

// Serve carries out one call (fsapi.Git). The view of the refs is as new as the caller
// has made sure of.
func (s *Server) Serve(ctx context.Context, t Target, call fsapi.GitCall, in io.Reader, out io.Writer) error {
	select {
	case s.served <- struct{}{}:
		defer func() { <-s.served }()
	default:
		return fault.Newf(fault.Unavailable, "git", "%d requests are under way", maxServed)
	}
	c := &conversation{Server: s, Target: t, ctx: ctx, src: s.Replicas.Pool(t.Repo.Pool), lines: newLines(out)}
	switch {
	case call.Service == fsapi.UploadPack && call.Advertise && call.Version == 2:
		return c.advertiseCommands()
	case call.Service == fsapi.UploadPack && call.Advertise:
		return c.advertiseRefs(call.Service, fetchCapabilities(t.Repo.Default))
	case call.Service == fsapi.UploadPack && call.Version == 2:
		return c.command(newReader(&bounded{in, maxRequest}))
	case call.Service == fsapi.UploadPack:
		return c.uploadPack(newReader(&bounded{in, maxRequest}))
	case call.Service == fsapi.ReceivePack && call.Advertise:
		return c.advertiseRefs(call.Service, pushCapabilities)
	case call.Service == fsapi.ReceivePack:
		return c.receivePack(in)
	}
	return fault.Newf(fault.Invalid, "git", "there is no service %.40q", call.Service)
}

// conversation is one call under way.
type conversation struct {
	*Server
	Target
	*lines
	ctx  context.Context // of the call
	src  gitfmt.Source
	tick func(found int) error // tells the client how far a walk is; may be nil
}

// enter waits for a place in room; leave gives it back.
func (c *conversation) enter(room chan struct{}) (leave func(), err error) {
	select {
	case room <- struct{}{}:
		return func() { <-room }, nil
	case <-c.ctx.Done():
		return nil, c.ctx.Err()
	}
}
