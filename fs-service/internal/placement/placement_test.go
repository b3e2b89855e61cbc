package placement_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rhapsode/content"
	"rhapsode/fs-service/internal/placement"
)

func TestQuorum(t *testing.T) {
	for n, want := range map[int]int{1: 1, 2: 2, 3: 2, 4: 3, 5: 3} {
		if got := placement.Quorum(n); got != want {
			t.Errorf("Quorum(%d) = %d, want %d", n, got, want)
		}
	}
}

func TestWantedCount(t *testing.T) {
	tests := []struct {
		name                  string
		nodes, replicas, want int
	}{
		{"no node", 0, 3, 0},
		{"fewer nodes than replicas", 2, 3, 2},
		{"as many", 3, 3, 3},
		{"more", 7, 3, 3},
		{"no replica", 3, 0, 0},
		{"less than none", 3, -1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := placement.Wanted(9, named(tt.nodes), tt.replicas)
			if len(got) != tt.want {
				t.Fatalf("%d replicas, want %d", len(got), tt.want)
			}
		})
	}
}

func TestWantedIgnoresTheOrderOfNodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := drawNodes(t)
		s := content.Shard(rapid.Byte().Draw(t, "shard"))
		a := placement.Wanted(s, nodes, 3)
		b := placement.Wanted(s, rapid.Permutation(nodes).Draw(t, "shuffled"), 3)
		if !slices.Equal(a, b) {
			t.Fatalf("%v, shuffled %v", a, b)
		}
	})
}

// A shard that did not gain the new node is where it was, in the same order; one
// that did lost exactly its last choice.
func TestJoinMovesOnlyItsShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := withoutZones(drawNodes(t))
		joined := placement.Node{Name: "new", Weight: 1}
		after := append(slices.Clone(before), joined)
		for s := range content.Shards {
			was := placement.Wanted(content.Shard(s), before, 3)
			is := placement.Wanted(content.Shard(s), after, 3)
			at := slices.Index(is, joined.Name)
			if at < 0 {
				if !slices.Equal(was, is) {
					t.Fatalf("shard %d moved from %v to %v without the new node", s, was, is)
				}
				continue
			}
			others := slices.Delete(slices.Clone(is), at, at+1)
			if !slices.Equal(others, was[:len(others)]) {
				t.Fatalf("shard %d: %v became %v", s, was, is)
			}
		}
	})
}

func TestJoinTakesItsFairShare(t *testing.T) {
	for _, n := range []int{3, 5, 9, 20} {
		t.Run(fmt.Sprintf("%d nodes", n), func(t *testing.T) {
			nodes := named(n + 1)
			moved := 0
			for s := range content.Shards {
				if slices.Contains(placement.Wanted(content.Shard(s), nodes, 3), nodes[n].Name) {
					moved++
				}
			}
			within(t, "replicas taken", moved, content.Shards*3/float64(n+1), 3/float64(n+1))
		})
	}
}

func TestLoadIsBalanced(t *testing.T) {
	for _, n := range []int{3, 4, 6, 10} {
		t.Run(fmt.Sprintf("%d nodes", n), func(t *testing.T) {
			holds, leads := make(map[string]int), make(map[string]int)
			for s := range content.Shards {
				w := placement.Wanted(content.Shard(s), named(n), 3)
				leads[w[0]]++
				for _, name := range w {
					holds[name]++
				}
			}
			for _, node := range named(n) {
				within(t, node.Name+" leads", leads[node.Name], content.Shards/float64(n), 1/float64(n))
				within(t, node.Name+" holds", holds[node.Name], content.Shards*3/float64(n), 3/float64(n))
			}
		})
	}
}

func TestWeightIsAShare(t *testing.T) {
	nodes := named(5)
	nodes[0].Weight = 4 // of 8
	leads := 0
	for s := range content.Shards {
		if placement.Wanted(content.Shard(s), nodes, 1)[0] == nodes[0].Name {
			leads++
		}
	}
	within(t, "shards of the heavy node", leads, content.Shards/2.0, 0.5)
}

func TestReplicasSpreadOverZones(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := drawNodes(t)
		zoneOf := make(map[string]string)
		zones := make(map[string]bool)
		for _, n := range nodes {
			z := n.Zone
			if z == "" {
				z = "alone " + n.Name
			}
			zoneOf[n.Name], zones[z] = z, true
		}
		for s := range content.Shards {
			w := placement.Wanted(content.Shard(s), nodes, 3)
			got := make(map[string]bool)
			for _, name := range w {
				got[zoneOf[name]] = true
			}
			if want := min(3, len(zones)); len(got) != want {
				t.Fatalf("shard %d on %v: %d zones, want %d", s, w, len(got), want)
			}
		}
	})
}

func named(n int) []placement.Node {
	nodes := make([]placement.Node, n)
	for i := range nodes {
		nodes[i] = placement.Node{Name: fmt.Sprintf("node-%d", i)}
	}
	return nodes
}

func drawNodes(t *rapid.T) []placement.Node {
	return rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) placement.Node {
		return placement.Node{
			Name:   rapid.StringMatching(`[a-m]{1,8}`).Draw(t, "name"),
			Weight: rapid.Float64Range(0.1, 10).Draw(t, "weight"),
			Zone:   rapid.SampledFrom([]string{"", "a", "b", "c", "d"}).Draw(t, "zone"),
		}
	}), 3, 12, func(n placement.Node) string { return n.Name }).Draw(t, "nodes")
}

func withoutZones(nodes []placement.Node) []placement.Node {
	for i := range nodes {
		nodes[i].Zone = ""
	}
	return nodes
}

// within fails if got is further from mean than chance allows: four standard
// deviations of that many shards, each chosen with probability p.
func within(t *testing.T, what string, got int, mean, p float64) {
	t.Helper()
	if p = min(p, 1); math.Abs(float64(got)-mean) > 4*math.Sqrt(content.Shards*p*(1-p))+1 {
		t.Errorf("%s: %d, want about %.0f", what, got, mean)
	}
}
