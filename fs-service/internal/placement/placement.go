// Package placement says which nodes should hold which shard.
//
// It is pure arithmetic: the same shard and the same nodes give the same answer
// on every machine, in whatever order the nodes are named. What is true, and not
// only wanted, is a record in etcd (fs-service/internal/refs); a Placement here
// is the shape of that record.
package placement

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"

	"rhapsode/content"
)

// Placement is where a shard is. Its Revision is the epoch that every
// transaction on the shard's refs is checked against.
type Placement struct {
	Shard    content.Shard
	Replicas []string // node names; the first living one coordinates
	Revision int64
}

// Node is a place for replicas.
type Node struct {
	Name   string
	Weight float64 // share of the shards, against the other nodes' weights; 0 or less: 1
	Zone   string  // what fails together; "": the node alone
}

// Wanted returns the nodes that should hold s, the preferred coordinator first:
// replicas of them, or all if there are fewer.
//
// It is weighted rendezvous hashing: a node that joins takes its share from all
// the others and nothing else moves; a node that leaves gives its share to all.
// No two replicas share a zone while there is a zone without one.
func Wanted(s content.Shard, nodes []Node, replicas int) []string {
	ranked := rank(s, nodes)
	wanted := make([]string, 0, min(max(replicas, 0), len(ranked)))
	used := make(map[string]int) // replicas by zone
	for len(wanted) < cap(wanted) {
		best := 0
		for i, n := range ranked {
			if used[zone(n)] < used[zone(ranked[best])] {
				best = i
			}
		}
		used[zone(ranked[best])]++
		wanted = append(wanted, ranked[best].Name)
		ranked = slices.Delete(ranked, best, best+1)
	}
	return wanted
}

// Quorum returns how many of n replicas are a majority.
func Quorum(n int) int { return n/2 + 1 }

// rank orders nodes by their liking for s, the fondest first.
func rank(s content.Shard, nodes []Node) []Node {
	type scored struct {
		Node
		score float64
	}
	all := make([]scored, len(nodes))
	for i, n := range nodes {
		all[i] = scored{n, score(s, n)}
	}
	slices.SortFunc(all, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.Name, b.Name))
	})
	ranked := make([]Node, len(all))
	for i, n := range all {
		ranked[i] = n.Node
	}
	return ranked
}

// score is -weight/ln(u) with u drawn evenly from (0,1) by shard and name, so
// that a node comes first with a chance in proportion to its weight.
func score(s content.Shard, n Node) float64 {
	h := sha256.Sum256(append([]byte{byte(s)}, n.Name...))
	u := (float64(binary.BigEndian.Uint64(h[:])>>11) + 0.5) / (1 << 53)
	weight := n.Weight
	if weight <= 0 {
		weight = 1
	}
	return -weight / math.Log(u)
}

// zone returns what n shares its fate with.
func zone(n Node) string {
	if n.Zone == "" {
		return "node " + n.Name
	}
	return "zone " + n.Zone
}
