package refs

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"rhapsode/internal/fault"
	"rhapsode/internal/run"
)

// EtcdOptions says which etcd to use: Server if this process is a voter, else
// the Endpoints of some who are.
type EtcdOptions struct {
	Server    *Server
	Endpoints []string     // client URLs
	Log       *slog.Logger // must be set
}

// Etcd is Refs over etcd, in this process or elsewhere. It answers from its view
// as soon as it is Ready, with a quorum or without one.
type Etcd struct {
	ledger
	options  EtcdOptions
	etcd     *etcdStore
	barriers *barriers
	ready    chan struct{}
	readied  sync.Once
}

var _ Refs = (*Etcd)(nil)

// NewEtcd makes one at rest.
func NewEtcd(o EtcdOptions) *Etcd {
	s := &etcdStore{server: o.Server, connected: make(chan struct{})}
	e := &Etcd{
		ledger:  ledger{view: newView(), store: s},
		options: o,
		etcd:    s,
		ready:   make(chan struct{}),
	}
	e.barriers = newBarriers(e.ask)
	return e
}

// Run connects, and keeps the view current until ctx ends. It returns an error
// if the server in this process ended, or if a record can't be understood. It
// runs once.
func (e *Etcd) Run(ctx context.Context) error {
	client, release, err := e.connect(ctx)
	if err != nil || ctx.Err() != nil {
		return err
	}
	defer release()
	defer client.Close()
	e.etcd.connect(client)

	g := run.NewGroup(ctx)
	g.Go("view", e.follow)
	g.Go("barriers", e.barriers.run)
	if e.options.Server != nil {
		g.Go("server", e.options.Server.ended)
	}
	return g.Wait()
}

// Ready is closed once the view shows what was known to this node's voter, or to
// the one that it asked.
func (e *Etcd) Ready() <-chan struct{} { return e.ready }

// Barrier is as Refs says.
func (e *Etcd) Barrier(ctx context.Context) error { return e.barriers.wait(ctx) }

// ask learns the revision that is current now and waits for the view to reach it.
func (e *Etcd) ask(ctx context.Context) error {
	revision, err := e.etcd.current(ctx)
	if err != nil {
		return err
	}
	return e.view.wait(ctx, revision)
}

// connect returns a client, and what to call when it is no longer used.
func (e *Etcd) connect(ctx context.Context) (*clientv3.Client, func(), error) {
	if e.options.Server != nil {
		return e.options.Server.attach(ctx)
	}
	client, err := clientv3.New(clientv3.Config{
		Context:              ctx,
		Endpoints:            e.options.Endpoints,
		DialKeepAliveTime:    keepAlive,
		DialKeepAliveTimeout: keepAlive,
		MaxCallSendMsgSize:   maxRequest,
		Logger:               zapTo(e.options.Log, zap.WarnLevel),
	})
	if err != nil {
		return nil, nil, fault.New(fault.Invalid, "connect to etcd", "", err)
	}
	return client, func() {}, nil
}

// Leader says whether the voter in this process leads etcd: a hint, old as soon
// as it is given.
func (e *Etcd) Leader() bool { return e.options.Server != nil && e.options.Server.Leader() }

// errBehind says that the view can't go on from where it is.
var errBehind = errors.New("history was compacted past the view")

// follow keeps the view current: it loads everything once, then follows the
// changes, and loads again if it fell so far behind that they were compacted.
func (e *Etcd) follow(ctx context.Context) error {
	loaded := false
	for ctx.Err() == nil {
		if !loaded {
			err := e.load(ctx)
			switch {
			case fault.Is(err, fault.Corrupt):
				return err
			case err != nil:
				e.options.Log.Warn("refs_not_loaded", "error", err)
				pause(ctx)
				continue
			}
			loaded = true
			e.readied.Do(func() { close(e.ready) })
		}
		switch err := e.watch(ctx); {
		case fault.Is(err, fault.Corrupt):
			return err
		case errors.Is(err, errBehind):
			loaded = false
		case ctx.Err() == nil:
			e.options.Log.Warn("refs_watch_broken", "error", err)
			pause(ctx)
		}
	}
	return nil
}

// load replaces the view by what the nearest voter has. That may be older than
// the truth, but it is never older than the view, and needs no quorum.
func (e *Etcd) load(ctx context.Context) error {
	s := newState()
	revision := int64(0)
	for next := everything; ; {
		page, err := e.etcd.page(ctx, next, revision)
		if err != nil {
			return err
		}
		revision = page.revision
		if revision < e.view.at() {
			return fault.Newf(fault.Unavailable, "load refs", "the voter is at %d, the view at %d", revision, e.view.at())
		}
		for _, r := range page.entries {
			if _, _, err := s.apply(r); err != nil {
				return err
			}
		}
		if next = page.next; next == "" {
			break
		}
	}
	e.view.replace(s, revision)
	return nil
}

// watch feeds the view with changes until that is no longer possible. It watches
// all keys: of a part, the last change may lie before the revision that a
// barrier waits for, and nothing would tell that there is nothing more.
func (e *Etcd) watch(ctx context.Context) error {
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	changes := e.etcd.client.Watch(ctx, everything, clientv3.WithFromKey(), clientv3.WithRev(e.view.at()+1))
	for response := range changes {
		if response.CompactRevision != 0 {
			return errBehind
		}
		if err := response.Err(); err != nil {
			return err
		}
		if len(response.Events) == 0 {
			continue
		}
		entries := make([]entry, len(response.Events))
		for i, event := range response.Events {
			entries[i] = entry{key: string(event.Kv.Key), revision: event.Kv.ModRevision}
			if event.Type == clientv3.EventTypePut {
				entries[i].value = event.Kv.Value
			}
		}
		if err := e.view.advance(entries, entries[len(entries)-1].revision); err != nil {
			return err
		}
	}
	return errors.New("the watch ended")
}
