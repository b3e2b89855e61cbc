package fsclient

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/wire"
	"rhapsode/fs-service/internal/wire/pb"
	"rhapsode/internal/fault"
)

// How long things may take.
const (
	readTry   = 2 * time.Second        // one node's answer to a question
	readAll   = 6 * time.Second        // an answer from anybody
	workTry   = 12 * time.Second       // one node's answer to what takes reckoning
	workAll   = 25 * time.Second       // an answer to that from anybody
	writeTry  = 5 * time.Second        // one node's answer to a change
	writeAll  = 15 * time.Second       // the outcome of a change
	suspicion = 10 * time.Second       // how long who did not answer is asked last
	pauseMin  = 20 * time.Millisecond  // between rounds over all nodes
	pauseMax  = 500 * time.Millisecond // …
)

var errStopped = fault.Newf(fault.Unavailable, "call", "the client is stopped")

// route is where a repository is.
type route struct {
	replicas []Node // in the placement's order
}

const routeWeight = 400

// purpose is what a node is wanted for.
type purpose uint8

const (
	toRead purpose = iota
	toWork         // a read that takes reckoning: a patch, a blame
	toWrite
	toImport
)

// locate returns the nodes that hold a repository, from memory or by asking anybody.
func (c *Client) locate(ctx context.Context, id content.RepoID) (route, error) {
	if r, ok := c.routes.Get(id); ok {
		return r, nil
	}
	var r route
	err := c.each(ctx, readTry, c.rank(c.nodes(), toRead), func(ctx context.Context, conn *connection) error {
		l, err := conn.files.Locate(ctx, &pb.RepoRequest{Repo: id.String()})
		if err != nil {
			return wire.FromStatus("locate", err)
		}
		r.replicas = r.replicas[:0]
		for _, replica := range l.Replicas {
			r.replicas = append(r.replicas, Node{Name: replica.Name, Addr: replica.Address})
		}
		return nil
	})
	if err == nil {
		c.routes.Put(id, r, routeWeight)
	}
	return r, err
}

// settled is locate, with patience: a cell that is starting has not placed its
// shards yet.
func (c *Client) settled(ctx context.Context, id content.RepoID) (r route, err error) {
	err = c.persist(ctx, toRead, func(ctx context.Context, _ time.Duration) (err error) {
		r, err = c.locate(ctx, id)
		return err
	})
	return r, err
}

// forget drops what is remembered of where a repository is.
func (c *Client) forget(id content.RepoID) { c.routes.Delete(id) }

// order returns the replicas of a route, those first that are best asked first.
func (c *Client) order(r route, p purpose) []Node {
	alive := c.nodes()
	nodes := slices.Clone(r.replicas)
	for i, n := range nodes {
		if at := slices.IndexFunc(alive, func(a Node) bool { return a.Name == n.Name }); at >= 0 {
			nodes[i] = alive[at]
		}
	}
	return c.rank(nodes, p)
}

// rank sorts nodes: who has not answered lately comes last. Writes prefer the one that leads
// etcd and keep the placement's order otherwise, so that all front ends choose the
// same coordinator; imports, which take many calls, keep to the placement's order;
// reads are spread by the client's own dice, and stick, so that their questions gather.
func (c *Client) rank(nodes []Node, p purpose) []Node {
	suspects := c.suspected()
	type scored struct {
		Node
		score uint64
	}
	all := make([]scored, len(nodes))
	for i, n := range nodes {
		all[i] = scored{Node: n, score: uint64(i) + 1}
		switch {
		case p == toRead || p == toWork:
			all[i].score = maphash.String(c.seed, n.Name) >> 8
		case p == toWrite && n.Leader:
			all[i].score = 0
		}
		if suspects[n.Name] {
			all[i].score |= 1 << 60
		}
	}
	slices.SortStableFunc(all, func(a, b scored) int {
		switch {
		case a.score < b.score:
			return -1
		case a.score > b.score:
			return 1
		}
		return 0
	})
	ranked := make([]Node, len(all))
	for i, n := range all {
		ranked[i] = n.Node
	}
	return ranked
}

func (c *Client) suspected() map[string]bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	var names map[string]bool
	for name, until := range c.suspects {
		if time.Now().After(until) {
			delete(c.suspects, name)
			continue
		}
		if names == nil {
			names = map[string]bool{}
		}
		names[name] = true
	}
	return names
}

func (c *Client) suspect(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.suspects[name] = time.Now().Add(suspicion)
}

// each calls f for one node after the other until one of them has an answer that
// another could not better.
func (c *Client) each(ctx context.Context, try time.Duration, nodes []Node, f func(context.Context, *connection) error) error {
	if len(nodes) == 0 {
		return fault.Newf(fault.Unavailable, "call", "no fs-service is known to be alive")
	}
	var failures []error
	worst := fault.Unavailable
	for _, n := range nodes {
		err := c.ask(ctx, try, n, f)
		switch fault.Of(err) {
		case fault.Unavailable:
		case fault.Unknown, fault.Misplaced:
			worst = max(worst, fault.Of(err))
		default:
			return err
		}
		if err == nil || ctx.Err() != nil {
			return err
		}
		failures = append(failures, err)
	}
	return &fault.Error{Kind: worst, Op: "call", Err: errors.Join(failures...)}
}

func (c *Client) ask(ctx context.Context, try time.Duration, n Node, f func(context.Context, *connection) error) error {
	if n.Addr == "" {
		return fault.Newf(fault.Unavailable, "call", "the address of node %s is not known", n.Name)
	}
	conn, err := c.connect(n.Addr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(wire.Outgoing(ctx), try)
	defer cancel()
	err = f(ctx, conn)
	if k := fault.Of(err); err != nil && (k == fault.Unavailable || k == fault.Unknown) {
		c.suspect(n.Name)
	}
	return err
}

// call asks the replicas of a repository until there is an answer or the time is up.
func (c *Client) call(ctx context.Context, id content.RepoID, p purpose, f func(context.Context, *connection) error) error {
	return c.persist(ctx, p, func(ctx context.Context, try time.Duration) error {
		r, err := c.locate(ctx, id)
		if err != nil {
			return err
		}
		if err = c.each(ctx, try, c.order(r, p), f); err != nil && fault.Of(err) != fault.NotFound {
			c.forget(id)
		}
		return err
	})
}

// callAny asks any node: for what all of them know.
func (c *Client) callAny(ctx context.Context, p purpose, f func(context.Context, *connection) error) error {
	return c.persist(ctx, p, func(ctx context.Context, try time.Duration) error {
		return c.each(ctx, try, c.rank(c.nodes(), p), f)
	})
}

// persist repeats round until it has an answer or the purpose's time is up. A
// change that may have been done at any time stays Unknown to the end, unless its
// outcome is found out.
func (c *Client) persist(ctx context.Context, p purpose, round func(ctx context.Context, try time.Duration) error) error {
	all, try := readAll, readTry
	switch p {
	case toWork:
		all, try = workAll, workTry
	case toWrite:
		all, try = writeAll, writeTry
	}
	ctx, cancel := context.WithTimeout(ctx, all)
	defer cancel()
	var unknown error
	for wait := pauseMin; ; wait = min(2*wait, pauseMax) {
		err := round(ctx, try)
		switch fault.Of(err) {
		case fault.Unknown:
			unknown = err
		case fault.Unavailable, fault.Misplaced:
		default:
			return err
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			if p == toWrite && unknown != nil {
				return unknown
			}
			return &fault.Error{Kind: fault.Unavailable, Op: "call", Err: err}
		case <-time.After(wait):
		}
	}
}
