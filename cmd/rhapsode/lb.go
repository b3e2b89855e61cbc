package main

import (
	"github.com/spf13/cobra"

	"rhapsode/cmd/rhapsode/internal/local"
	"rhapsode/internal/config"
	"rhapsode/internal/fault"
	"rhapsode/internal/gossip"
	"rhapsode/internal/run"
	"rhapsode/lb"
)

func (p *program) lb() *cobra.Command {
	var c config.LB
	cmd := &cobra.Command{
		Use:   "lb",
		Short: "Play one part: nginx, or a balancer of our own, in front of the APIs",
		Args:  exactly(0, "lb [flags]"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := p.load(cmd, "lb", &c); err != nil {
				return err
			}
			return p.runLB(cmd, c)
		},
	}
	config.Declare(cmd.Flags(), &c)
	return cmd
}

func (p *program) runLB(cmd *cobra.Command, c config.LB) error {
	log := p.logger("lb", c.Name, c.LogLevel)
	nginx, err := chooseNginx(c.Balancer, c.Nginx)
	if err != nil {
		return err
	}
	ring, err := newRing(c.Gossip, c.Name, gossip.Meta{Role: gossip.RoleLB, Addr: string(c.Listen)}, log)
	if err != nil {
		return err
	}
	balancer, err := lb.New(lb.Options{
		Dir: c.Data, Listen: string(c.Listen), Hosts: c.Hosts, MaxBody: int64(c.MaxBody), Patience: c.Patience, Nginx: nginx, Ring: ring, Log: log,
	})
	if err != nil {
		return err
	}
	g := run.NewGroup(cmd.Context())
	g.Go("gossip", ring.Run)
	g.Go("lb", balancer.Run)
	return g.Wait()
}

// chooseNginx returns the path of the nginx to use, or "" for the built-in balancer.
func chooseNginx(b config.Balancer, path string) (string, error) {
	if b == config.BalancerBuiltin {
		return "", nil
	}
	if path == "" {
		path = local.FindNginx()
	}
	if path == "" && b == config.BalancerNginx {
		return "", fault.Newf(fault.Unavailable, "find nginx", "it is not here; --balancer builtin does without")
	}
	return path, nil
}
