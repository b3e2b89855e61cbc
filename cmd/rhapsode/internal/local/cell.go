package local

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"rhapsode/internal/fault"
	"rhapsode/internal/run"
)

// Options are what a Cell is made from.
type Options struct {
	Dir      string // the data directory
	Shape    Shape
	Binary   string // path of rhapsode
	Nginx    string // path of nginx; "": the built-in balancer
	MaxBody  int64  // bytes of the largest body
	LogLevel string

	Anonymous string // what who brings no token may do; "": as the configuration says
	Config    string // a configuration file that every part reads; "": none
	Dice      *rand.Rand
	Out       io.Writer // for the person at the terminal
}

// Cell is a whole cell on this machine.
type Cell struct {
	opts  Options
	claim *claim
	plan  *Plan

	mu        sync.Mutex          // guards Out
	processes map[Role][]*process // in the plan's order
}

// grace is how long the parts of a role may take to stop. A Ctrl-C takes at most
// the sum over the roles.
func grace(r Role) time.Duration {
	if r == RoleLB {
		return 1800 * time.Millisecond // nginx lets requests under way end
	}
	return 1500 * time.Millisecond
}

// New claims the data directory, ends what an earlier owner left over, and
// makes or reads the plan. It starts nothing. Close gives the directory back.
func New(o Options) (*Cell, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fault.New(fault.Invalid, "open data directory", o.Dir, err)
	}
	o.Dir = dir
	c := &Cell{opts: o, processes: make(map[Role][]*process)}
	if c.claim, err = claimDir(dir); err != nil {
		return nil, err
	}
	if err := c.prepare(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Cell) prepare() (err error) {
	if err := endLeftovers(c.opts.Dir, c.Tell); err != nil {
		return err
	}
	if c.plan, err = LoadPlan(c.opts.Dir, c.opts.Shape, NewPorts(c.opts.Dice)); err != nil {
		return err
	}
	for _, part := range c.plan.Parts {
		c.processes[part.Role] = append(c.processes[part.Role], &process{
			name: part.Name, path: c.opts.Binary, args: c.args(part), dir: c.opts.Dir,
			grace: grace(part.Role), tell: c.Tell,
		})
	}
	return nil
}

// Close gives the data directory back. Only after Run.
func (c *Cell) Close() { c.claim.release() }

// Plan returns what runs where.
func (c *Cell) Plan() *Plan { return c.plan }

// SavePlan keeps a change of the plan.
func (c *Cell) SavePlan() error { return c.plan.Save(c.opts.Dir) }

// Tell writes one line for the person at the terminal.
func (c *Cell) Tell(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(c.opts.Out, format+"\n", args...) // a terminal that is gone needs no line
}

// Run keeps every part alive until ctx ends. Then it stops them in the order
// that loses no request: the balancer, the APIs, the fs-services.
func (c *Cell) Run(ctx context.Context) error {
	ctx, fail := context.WithCancel(ctx)
	defer fail()
	groups := make(map[Role]*run.Group)
	for role, ps := range c.processes {
		groups[role] = run.NewGroup(context.WithoutCancel(ctx)) // each ends in its turn
		for _, p := range ps {
			groups[role].Go(p.name, func(ctx context.Context) error {
				err := p.run(ctx)
				if err != nil {
					fail()
				}
				return err
			})
		}
	}
	<-ctx.Done()
	var first error
	for _, role := range []Role{RoleLB, RoleAPI, RoleFS} {
		groups[role].Stop()
		if err := groups[role].Wait(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// args is the command line that plays part.
func (c *Cell) args(part Part) []string {
	args := []string{
		string(part.Role),
		"--name", part.Name,
		"--listen", part.Listen,
		"--log-level", c.opts.LogLevel,
		"--gossip-cell", c.plan.Cell,
		"--gossip-bind", part.Gossip,
		"--gossip-join", strings.Join(column(c.plan.Role(RoleFS), func(p Part) string { return p.Gossip }), ","),
	}
	if c.opts.Config != "" {
		args = append(args, "--config", c.opts.Config)
	}
	home := filepath.Join(c.opts.Dir, part.Name)
	switch part.Role {
	case RoleFS:
		return append(append(args, "--data", home), c.fsArgs(part)...)
	case RoleAPI:
		return append(args, "--data", home, "--max-body", fmt.Sprint(c.opts.MaxBody))
	}
	balancer := "builtin"
	if c.opts.Nginx != "" {
		balancer = "nginx"
	}
	return append(args, "--data", home, "--max-body", fmt.Sprint(c.opts.MaxBody), "--balancer", balancer,
		"--nginx", c.opts.Nginx, "--hosts", "localhost,127.0.0.1,[::1]")
}

func (c *Cell) fsArgs(part Part) []string {
	nodes := c.plan.Role(RoleFS)
	args := []string{
		"--voters", strings.Join(column(c.plan.Voters(), func(p Part) string { return p.Name + "=" + p.Peer }), ","),
		"--nodes", strings.Join(column(nodes, func(p Part) string { return p.Name }), ","),
		"--etcd-client", part.Client,
	}
	if c.opts.Anonymous != "" {
		args = append(args, "--anonymous", c.opts.Anonymous)
	}
	if part.Peer == "" {
		args = append(args, "--etcd-endpoints", strings.Join(column(c.plan.Voters(), func(p Part) string { return p.Client }), ","))
	}
	return args
}

func column(parts []Part, of func(Part) string) []string {
	var texts []string
	for _, p := range parts {
		texts = append(texts, of(p))
	}
	return texts
}

// Status returns a line a part: where it is and what it is called.
func (c *Cell) Status() []string {
	var lines []string
	for _, part := range c.plan.Parts {
		pid, _ := os.ReadFile(filepath.Join(c.opts.Dir, "run", part.Name+".pid")) // none while it is dead
		lines = append(lines, fmt.Sprintf("  %-6s %-11s %-22s process %s", part.Name, part.Role, part.Listen, strings.TrimSpace(string(pid))))
	}
	return lines
}
