package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rhapsode/fs-service/access"
	"rhapsode/fs-service/server"
	"rhapsode/internal/config"
	"rhapsode/internal/fault"
	"rhapsode/internal/gossip"
	"rhapsode/internal/run"
)

func (p *program) fsService() *cobra.Command {
	var c config.FS
	cmd := &cobra.Command{
		Use:   "fs-service",
		Short: "Play one part: a node of the file system",
		Args:  exactly(0, "fs-service [flags]"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := p.load(cmd, "fs-service", &c); err != nil {
				return err
			}
			return p.runFS(cmd.Context(), c)
		},
	}
	config.Declare(cmd.Flags(), &c)
	return cmd
}

func (p *program) runFS(ctx context.Context, c config.FS) error {
	log := p.logger("fs-service", c.Name, c.LogLevel)
	voters, err := parseVoters(c.Voters)
	if err != nil {
		return usage{err}
	}
	node, err := server.New(server.Config{
		Name: c.Name, DataDir: c.Data, GRPCAddr: string(c.Listen),
		Voters: voters, EtcdClientURL: c.EtcdClient, EtcdEndpoints: c.EtcdEndpoints, Nodes: nodesOf(c.Nodes, voters),
		Advertise: string(c.Advertise), Replicas: c.Replicas, Anonymous: access.Role(c.Anonymous.Role()), Token: c.Gossip.Cell, Heartbeat: c.Heartbeat, Election: c.Election, Log: log,
	})
	if err != nil {
		return err
	}
	meta := gossip.Meta{Role: gossip.RoleFS, Addr: c.Advertise.Or(c.Listen)}
	ring, err := newRing(c.Gossip, c.Name, meta, log)
	if err != nil {
		return err
	}
	g := run.NewGroup(ctx)
	g.Go("node", node.Run)
	g.Go("gossip", ring.Run)
	g.Go("hint", func(ctx context.Context) error { return hintLeader(ctx, ring, meta, node.Leads) })
	return g.Wait()
}

// parseVoters reads name=http://peer of each.
func parseVoters(list []string) (map[string]string, error) {
	voters := make(map[string]string)
	for _, text := range list {
		name, url, ok := strings.Cut(text, "=")
		if !ok || name == "" || url == "" {
			return nil, fault.Newf(fault.Invalid, "config", "fs-service.voters: %q is not name=http://host:port", text)
		}
		voters[name] = url
	}
	return voters, nil
}

// nodesOf returns the nodes of the first cluster: those named, or the voters.
func nodesOf(named []string, voters map[string]string) []string {
	if len(named) > 0 {
		return named
	}
	for name := range voters {
		named = append(named, name)
	}
	slices.Sort(named)
	return named
}

const hintInterval = 200 * time.Millisecond

// hintLeader tells the ring whether this node leads etcd, so that changes come
// to where they cost least.
func hintLeader(ctx context.Context, ring *gossip.Ring, meta gossip.Meta, leads func() bool) error {
	tick := time.NewTicker(hintInterval)
	defer tick.Stop()
	for {
		if now := leads(); now != meta.Leader {
			meta.Leader = now
			if err := ring.SetMeta(meta); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
