package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rhapsode/cmd/rhapsode/internal/local"
	"rhapsode/content"
	"rhapsode/examples"
	"rhapsode/fs-service/bundle"
	"rhapsode/internal/config"
	"rhapsode/internal/fault"
	"rhapsode/internal/run"
)

func (p *program) up() *cobra.Command {
	var c config.Up
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Run the whole picture on this machine",
		Long: "Run the whole picture on this machine: fs-services, repo-apis and nginx, all on\n" +
			"loopback and all under one data directory. Ctrl-C stops everything in order.",
		Args: exactly(0, "up [flags]"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := p.load(cmd, "up", &c); err != nil {
				return err
			}
			return p.runUp(cmd.Context(), c)
		},
	}
	config.Declare(cmd.Flags(), &c)
	return cmd
}

func balancerName(nginx string) string {
	if nginx == "" {
		return "the built-in balancer"
	}
	return "nginx"
}

const readyTimeout = 60 * time.Second

func (p *program) runUp(ctx context.Context, c config.Up) error {
	binary, err := os.Executable()
	if err != nil {
		return fault.New(fault.Internal, "find this program", "", err)
	}
	file := p.file
	if file != "" {
		if file, err = filepath.Abs(file); err != nil {
			return fault.New(fault.Invalid, "find configuration", p.file, err)
		}
	}
	nginx, err := p.provideNginx(ctx, c.Balancer)
	if err != nil {
		return err
	}
	cell, err := local.New(local.Options{
		Dir: c.Data, Shape: local.Shape{Nodes: c.Nodes, APIs: c.APIs, Port: c.Port}, Binary: binary, Nginx: nginx,
		MaxBody: int64(c.MaxBody), LogLevel: strings.ToLower(c.LogLevel.String()), Anonymous: string(c.Anonymous), Config: file,
		Dice: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())), Out: p.out,
	})
	if err != nil {
		return err
	}
	defer cell.Close()
	first, err := firstToken(nodeOf(cell, c), time.Now())
	if err != nil {
		return err
	}
	cell.Tell("starting %d fs-services, %d repo-apis and %s; their logs are in %s",
		c.Nodes, c.APIs, balancerName(nginx), filepath.Join(c.Data, "log"))

	g := run.NewGroup(ctx)
	g.Go("cell", cell.Run)
	g.Go("welcome", func(ctx context.Context) error { return p.welcome(ctx, cell, c, first) })
	return g.Wait()
}

// provideNginx returns the path of nginx, installing it if need be, or "" for
// the built-in balancer. It says what it does.
func (p *program) provideNginx(ctx context.Context, b config.Balancer) (string, error) {
	if b == config.BalancerBuiltin {
		return "", nil
	}
	if path := local.FindNginx(); path != "" {
		return path, nil
	}
	p.say("nginx is not here; installing it with the package manager")
	path, err := local.InstallNginx(ctx)
	switch {
	case err == nil:
		p.say("nginx is installed as %s", path)
	case b == config.BalancerNginx:
		return "", err
	default:
		p.say("%v; the built-in balancer takes its place", err)
	}
	return path, nil
}

// welcome waits until the cell is ready, imports the example book the first
// time and says what there is.
func (p *program) welcome(ctx context.Context, cell *local.Cell, c config.Up, first string) error {
	wait, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := cell.AwaitReady(wait); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		cell.Tell("not ready after %v: %v; the logs are in %s", readyTimeout, err, filepath.Join(c.Data, "log"))
		return nil // it may yet be
	}
	w := welcome{url: "http://" + cell.Plan().Front, data: c.Data, first: first, closed: c.Anonymous.Role() == ""}
	if err := w.settled(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		cell.Tell("the first token is not known yet: %v", err)
	}
	if !c.NoImport && !cell.Plan().Example {
		if err := p.bringExample(ctx, w.url, first, nodeOf(cell, c)); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			cell.Tell("the example book could not be imported: %v", err)
		} else {
			cell.Plan().Example = true
			if err := cell.SavePlan(); err != nil {
				return err
			}
		}
	}
	if cell.Plan().Example {
		w.tries = exampleTries(w.url)
	}
	cell.Tell("%s", strings.Join(slices.Concat(cell.Status(), []string{""}, w.lines()), "\n"))
	return nil
}

// nodeOf is the data directory of the first node.
func nodeOf(cell *local.Cell, c config.Up) string {
	return filepath.Join(c.Data, cell.Plan().Role(local.RoleFS)[0].Name)
}

// exampleTime is how long the token is good that the example book comes in with, if the first
// one is not at hand any more.
const exampleTime = 15 * time.Minute

// bringExample imports the example book in an admin's name: the first, or one for this alone.
func (p *program) bringExample(ctx context.Context, url, token, dir string) error {
	if token == "" {
		until := time.Now().Add(exampleTime).UTC().Truncate(time.Second)
		m, err := leaveToken(dir, newToken{Admin: true, Label: "the example book", Expires: &until}, time.Now())
		if err != nil {
			return err
		}
		token = m.Text
		if err := awaitToken(ctx, url, token); err != nil {
			return err
		}
	}
	return importExample(ctx, url, token)
}

// exampleRepo is where the example book goes.
const exampleRepo = "guide"

// importExample imports the guide as anybody would import a history.
func importExample(ctx context.Context, url, token string) error {
	commits, err := examples.Guide()
	if err != nil {
		return err
	}
	var overlays []bundle.Overlay
	for _, c := range commits {
		author, err := content.NewSignature(c.Author, c.Email, c.When)
		if err != nil {
			return err
		}
		overlays = append(overlays, bundle.Overlay{Author: author, Message: c.Message, When: c.When, Put: c.Put, Delete: c.Delete})
	}
	f := importFlags{repo: exampleRepo, url: url, token: token}
	_, err = importFrom(ctx, f, silence{}, func() (*bundle.File, error) {
		return bundle.FromCommits(ctx, overlays, f.options)
	})
	return err
}

// say writes one line for the person at the terminal.
func (p *program) say(format string, args ...any) {
	fmt.Fprintf(p.out, format+"\n", args...) // a terminal that is gone needs no line
}
