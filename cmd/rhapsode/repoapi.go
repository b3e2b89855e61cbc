package main

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fsclient"
	"rhapsode/internal/config"
	"rhapsode/internal/fault"
	"rhapsode/internal/gossip"
	"rhapsode/internal/run"
	"rhapsode/repo-api/server"
)

func (p *program) repoAPI() *cobra.Command {
	var c config.API
	cmd := &cobra.Command{
		Use:   "repo-api",
		Short: "Play one part: HTTP in front of the file system",
		Args:  exactly(0, "repo-api [flags]"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := p.load(cmd, "repo-api", &c); err != nil {
				return err
			}
			return p.runAPI(cmd.Context(), c)
		},
	}
	config.Declare(cmd.Flags(), &c)
	return cmd
}

func (p *program) runAPI(ctx context.Context, c config.API) error {
	log := p.logger("repo-api", c.Name, c.LogLevel)
	meta := gossip.Meta{Role: gossip.RoleAPI, Addr: c.Advertise.Or(c.Listen), Draining: true} // until it can answer
	ring, err := newRing(c.Gossip, c.Name, meta, log)
	if err != nil {
		return err
	}
	client := fsclient.New(fsclient.Options{
		Nodes: func() []fsclient.Node { return nodesIn(ring) }, CacheBytes: int64(c.Cache), Log: log,
	})
	if err := os.MkdirAll(c.Data, 0o750); err != nil {
		return fault.New(fault.Unavailable, "make data directory", "", err)
	}
	front, err := server.New(server.Config{
		FS: client, Listen: string(c.Listen), MetricsListen: string(c.Metrics), MaxBody: int64(c.MaxBody), Spool: c.Data, Log: log,
		Limits: limitsOf(c.Limit), Proxies: c.Proxies,
		Ready: func(ctx context.Context) error { return ready(ctx, client) },
	})
	if err != nil {
		return err
	}

	return stages(ctx,
		func(base *run.Group) {
			base.Go("gossip", ring.Run)
			base.Go("fsclient", client.Run)
		},
		func(doors *run.Group) {
			doors.Go("http", front.Run)
			doors.Go("announce", func(ctx context.Context) error { return announce(ctx, ring, meta, client) })
		},
		func(ctx context.Context) { sayFarewell(ctx, ring, meta, log) },
	)
}

func limitsOf(l config.Limit) server.Limits {
	return server.Limits{Caller: l.Caller, Address: l.Address, Burst: time.Duration(l.Burst) * time.Second, Local: l.Local}
}

// nodesIn returns the fs-services that seem to be alive.
func nodesIn(ring *gossip.Ring) []fsclient.Node {
	var nodes []fsclient.Node
	for _, m := range ring.Members() {
		if m.Role == gossip.RoleFS {
			nodes = append(nodes, fsclient.Node{Name: m.Name, Addr: m.Addr, Leader: m.Leader})
		}
	}
	return nodes
}

// ready says why no request could be served now, or nil.
func ready(ctx context.Context, fs fsapi.FS) error {
	_, err := fs.Repos(ctx, fsapi.Page{Limit: 1})
	return err
}

const (
	readyInterval = 50 * time.Millisecond
	readyTry      = 2 * time.Second
	farewell      = 500 * time.Millisecond // for balancers to hear that requests should go elsewhere
)

// announce invites requests once they can be served. It does not take that back
// later: a file system that nobody reaches is a 503, and the balancer's to pass on.
func announce(ctx context.Context, ring *gossip.Ring, meta gossip.Meta, fs fsapi.FS) error {
	tick := time.NewTicker(readyInterval)
	defer tick.Stop()
	for {
		try, cancel := context.WithTimeout(ctx, readyTry)
		err := ready(try, fs)
		cancel()
		if err == nil {
			meta.Draining = false
			return ring.SetMeta(meta)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// sayFarewell tells the balancers, if there are any, that this process drains,
// and gives them time to hear it.
func sayFarewell(ctx context.Context, ring *gossip.Ring, meta gossip.Meta, log *slog.Logger) {
	isBalancer := func(m gossip.Member) bool { return m.Role == gossip.RoleLB }
	if !slices.ContainsFunc(ring.Members(), isBalancer) {
		return
	}
	meta.Draining = true
	if err := ring.SetMeta(meta); err != nil {
		log.Warn("the balancers don't know that this process ends", "error", err)
		return
	}
	select {
	case <-time.After(farewell):
	case <-ctx.Done():
	}
}
