package main

import (
	"log/slog"

	"rhapsode/internal/config"
	"rhapsode/internal/gossip"
)

// newRing makes the membership that each part of a cell has.
func newRing(c config.Gossip, name string, meta gossip.Meta, log *slog.Logger) (*gossip.Ring, error) {
	meta.Version = versionText()
	return gossip.New(gossip.Options{
		Name: name, Cell: c.Cell, Bind: string(c.Bind), Advertise: string(c.Advertise), Join: c.Join,
		Meta: meta, Probe: c.Probe, Log: log,
	})
}
