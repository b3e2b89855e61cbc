package gossip

import (
	"context"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/hashicorp/memberlist"

	"rhapsode/internal/fault"
	"rhapsode/internal/run"
)

// Options are what a Ring is made from.
type Options struct {
	Name      string        // unique in the ring
	Cell      string        // rings of different cells never mix, even if they meet
	Bind      string        // host:port to listen on, UDP and TCP
	Advertise string        // host:port that others reach it at; "": Bind
	Join      []string      // some members' addresses; its own among them does no harm
	Meta      Meta          // what it says of itself at first
	Probe     time.Duration // how often a member asks another whether it lives; 0: DefaultProbe
	Log       *slog.Logger
}

// DefaultProbe suits one machine or one room: a death is noticed in a second or
// so. Members in different places want several times as much.
const DefaultProbe = 250 * time.Millisecond

const (
	firstRejoin  = 100 * time.Millisecond // the pause after a failed join doubles from here …
	steadyRejoin = 3 * time.Second        // … to here, which is also how often lost seeds are looked for
	leaveTimeout = 500 * time.Millisecond
	metaTimeout  = time.Second
)

// Ring is one process's membership.
type Ring struct {
	opts  Options
	bind  endpoint
	adv   endpoint
	told  *announcement
	known *roster
}

type endpoint struct {
	host string
	port int
}

// New makes a Ring that has not joined anything yet.
func New(o Options) (*Ring, error) {
	if o.Name == "" {
		return nil, fault.Newf(fault.Invalid, "make ring", "no name")
	}
	bind, err := parseEndpoint(o.Bind)
	if err != nil {
		return nil, err
	}
	adv := bind
	if o.Advertise != "" {
		if adv, err = parseEndpoint(o.Advertise); err != nil {
			return nil, err
		}
	}
	if o.Probe == 0 {
		o.Probe = DefaultProbe
	}
	told, err := newAnnouncement(o.Meta)
	if err != nil {
		return nil, err
	}
	return &Ring{
		opts: o, bind: bind, adv: adv, told: told,
		known: newRoster(Member{o.Name, o.Meta}, o.Log),
	}, nil
}

func parseEndpoint(addr string) (endpoint, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return endpoint{}, fault.New(fault.Invalid, "parse address", addr, err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return endpoint{}, fault.Newf(fault.Invalid, "parse address", "%q has no port from 1 to 65535", addr)
	}
	return endpoint{host, int(n)}, nil
}

// Members returns the living, this process included, ordered by name.
func (r *Ring) Members() []Member { return r.known.members() }

// Changed returns a channel that is closed when Members next changes. Take the
// channel first and ask for the members after that, or a change may be missed.
func (r *Ring) Changed() <-chan struct{} { return r.known.changes() }

// SetMeta replaces what this process says of itself. The others hear of it
// soon, if Run is running, or else when it does.
func (r *Ring) SetMeta(m Meta) error {
	if err := r.told.set(m); err != nil {
		return err
	}
	r.known.put(listed{Member: Member{r.opts.Name, m}})
	return nil
}

// Run is a member of the ring until ctx ends; then it says farewell, so that
// the others need not find out. Seeds that are not there are no error: it keeps
// looking for them. The error is that the address can't be listened on.
func (r *Ring) Run(ctx context.Context) error {
	list, err := memberlist.Create(r.config())
	if err != nil {
		return fault.New(fault.Unavailable, "listen for gossip", r.opts.Bind, err)
	}
	defer r.known.forgetOthers()

	g := run.NewGroup(ctx)
	g.Go("join", func(ctx context.Context) error { return r.keepJoining(ctx, list) })
	g.Go("announce", func(ctx context.Context) error { return r.keepAnnouncing(ctx, list) })
	err = g.Wait()

	if err := list.Leave(leaveTimeout); err != nil {
		r.opts.Log.Debug("the others may not have heard the farewell", "error", err)
	}
	if err := list.Shutdown(); err != nil {
		r.opts.Log.Warn("gossip did not shut down cleanly", "error", err)
	}
	return err
}

// keepJoining looks for the seeds that are not members: at the start because
// nothing is known, later because a ring that was cut never heals by itself
// once each side has given the other up.
func (r *Ring) keepJoining(ctx context.Context, list *memberlist.Memberlist) error {
	pause := firstRejoin
	for {
		missing := r.missingSeeds()
		joined := 0
		if len(missing) > 0 {
			joined, _ = list.Join(missing) // the error is that some did not answer, which the number says too
			r.opts.Log.Debug("looked for seeds", "missing", missing, "joined", joined)
		}
		if joined > 0 || len(missing) == 0 {
			pause = steadyRejoin
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, steadyRejoin)
	}
}

func (r *Ring) missingSeeds() []string {
	var missing []string
	for _, seed := range r.opts.Join {
		if seed != r.opts.Bind && seed != r.opts.Advertise && !r.known.at(seed) {
			missing = append(missing, seed)
		}
	}
	return missing
}

func (r *Ring) keepAnnouncing(ctx context.Context, list *memberlist.Memberlist) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.told.news:
			if err := list.UpdateNode(metaTimeout); err != nil {
				r.opts.Log.Warn("the others may not know yet what changed here", "error", err)
			}
		}
	}
}

// config derives memberlist's many times from one: two missed probes and
// a suspicion of two more make a death known in about five probe intervals.
func (r *Ring) config() *memberlist.Config {
	c := memberlist.DefaultLANConfig()
	c.Name = r.opts.Name
	c.Label = r.opts.Cell
	c.BindAddr, c.BindPort = r.bind.host, r.bind.port
	c.AdvertiseAddr, c.AdvertisePort = r.adv.host, r.adv.port

	c.ProbeInterval = r.opts.Probe
	c.ProbeTimeout = r.opts.Probe * 3 / 5
	c.SuspicionMult = 2
	c.SuspicionMaxTimeoutMult = 2
	c.AwarenessMaxMultiplier = 2
	c.GossipInterval = r.opts.Probe / 5
	c.PushPullInterval = 40 * r.opts.Probe
	c.TCPTimeout = time.Second
	c.DeadNodeReclaimTime = 4 * r.opts.Probe // a name may come back at another address

	c.Delegate = r.told
	c.Events = r.known
	c.Logger = slog.NewLogLogger(r.opts.Log.Handler(), slog.LevelDebug)
	return c
}
