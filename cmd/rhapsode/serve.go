package main

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rhapsode/fs-service/access"
	fsserver "rhapsode/fs-service/server"
	"rhapsode/internal/config"
	"rhapsode/internal/run"
	apiserver "rhapsode/repo-api/server"
)

func (p *program) serve() *cobra.Command {
	var c config.Serve
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the whole service in one process, with one node and no nginx",
		Args:  exactly(0, "serve [flags]"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := p.load(cmd, "serve", &c); err != nil {
				return err
			}
			return p.runServe(cmd.Context(), c)
		},
	}
	config.Declare(cmd.Flags(), &c)
	return cmd
}

// soleNode is the name of serve's only node, and soleVoter its address for
// other voters, of which there are none: any port will do.
const (
	soleNode  = "sole"
	soleVoter = "http://127.0.0.1:0"
)

func (p *program) runServe(ctx context.Context, c config.Serve) error {
	log := p.logger("serve", soleNode, c.LogLevel)
	first, err := firstToken(filepath.Join(c.Data, soleNode), time.Now())
	if err != nil {
		return err
	}
	node, err := fsserver.New(fsserver.Config{
		Name: soleNode, DataDir: filepath.Join(c.Data, soleNode), Voters: map[string]string{soleNode: soleVoter},
		Nodes: []string{soleNode}, Replicas: 1, Anonymous: access.Role(c.Anonymous.Role()), Log: log,
	})
	if err != nil {
		return err
	}
	front, err := apiserver.New(apiserver.Config{
		FS: node.FS(), Listen: string(c.Listen), MaxBody: int64(c.MaxBody), Spool: c.Data, Log: log,
		Limits: limitsOf(c.Limit), Proxies: c.Proxies,
		Ready: func(ctx context.Context) error { return ready(ctx, node.FS()) },
	})
	if err != nil {
		return err
	}
	return stages(ctx,
		func(base *run.Group) { base.Go("node", node.Run) },
		func(doors *run.Group) {
			doors.Go("http", front.Run)
			doors.Go("welcome", func(ctx context.Context) error {
				select {
				case <-node.Ready():
					return p.greet(ctx, c, "http://"+front.Addr().String(), first)
				case <-ctx.Done():
					return nil
				}
			})
		},
		func(context.Context) {}, // nobody sends requests here but who sees it end
	)
}

// greet tells what there is, once the first token opens it.
func (p *program) greet(ctx context.Context, c config.Serve, url, first string) error {
	w := welcome{url: url, data: c.Data, first: first, closed: c.Anonymous.Role() == "", tries: emptyTries(url)}
	switch err := w.settled(ctx); {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		p.say("the first token is not known yet: %v", err)
	}
	p.say("%s", strings.Join(w.lines(), "\n"))
	return nil
}
