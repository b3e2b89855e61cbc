package conformance

import (
	"strings"
	"sync"

	"rhapsode/testclients/conformance/exchange"
)

// Coverage is what a run has touched.
type Coverage struct {
	// Answers counts, for each method, the answers of each status.
	Answers map[string]map[int]int `json:"answers"`
	// Edges counts the steps between two nodes of the server's decision
	// diagram; nil if no answer told its trace.
	Edges map[Edge]int `json:"edges,omitempty"`
}

// Edge is one step of a decision: from a node to the next.
type Edge struct{ From, To string }

// MarshalText makes an edge a key.
func (e Edge) MarshalText() ([]byte, error) { return []byte(e.From + ">" + e.To), nil }

// TraceField is where a server tells which decisions it took, as the names of
// the nodes in their order, if it is asked with Prefer: trace.
const TraceField = "Rhapsode-Trace"

// seen gathers the coverage of a run.
type seen struct {
	mu  sync.Mutex
	all Coverage // guarded by mu
}

// maxEdges bounds what a server can make the judge remember.
const maxEdges = 10_000

func newSeen() *seen {
	return &seen{all: Coverage{Answers: map[string]map[int]int{}}}
}

func (s *seen) note(method string, got exchange.Response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all.Answers[method] == nil {
		s.all.Answers[method] = map[int]int{}
	}
	s.all.Answers[method][got.Status]++
	nodes := strings.Fields(got.Header.Get(TraceField))
	for i := 1; i < len(nodes) && len(s.all.Edges) < maxEdges; i++ {
		if s.all.Edges == nil {
			s.all.Edges = map[Edge]int{}
		}
		s.all.Edges[Edge{nodes[i-1], nodes[i]}]++
	}
}

// coverage returns what was gathered; nothing may be noted afterwards.
func (s *seen) coverage() Coverage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all
}
