package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"rhapsode/internal/fault"
)

// Plan says which parts there are and where. It outlives every run: etcd's
// members find each other at the addresses of the first start.
type Plan struct {
	Cell    string `json:"cell"`
	Front   string `json:"front"` // the front door's host:port
	Parts   []Part `json:"parts"` // fs-services, then repo-apis, then the balancer
	Example bool   `json:"example"`
}

// Part is one process of the cell.
type Part struct {
	Name   string `json:"name"`
	Role   Role   `json:"role"`
	Listen string `json:"listen"`           // its service, host:port
	Gossip string `json:"gossip"`           // host:port
	Peer   string `json:"peer,omitempty"`   // an etcd member's URL for the others
	Client string `json:"client,omitempty"` // … and for nodes that are none
}

// Role is the command that plays a part.
type Role string

// The roles, in the order in which they are needed.
const (
	RoleFS  Role = "fs-service"
	RoleAPI Role = "repo-api"
	RoleLB  Role = "lb"
)

// maxVoters is how many members etcd has at most: more make each write slower
// and only the loss of many machines at once more bearable.
const maxVoters = 3

// Shape is what a plan is made for.
type Shape struct {
	Nodes int
	APIs  int
	Port  int // of the front door; 0: any
}

// LoadPlan reads dir's plan, or begins one, and fits it to the shape. Addresses
// that somebody else took meanwhile are drawn anew, but for etcd's.
func LoadPlan(dir string, s Shape, ports *Ports) (*Plan, error) {
	p, err := readPlan(dir)
	if err != nil {
		return nil, err
	}
	first := p == nil
	if first {
		p = &Plan{Cell: ports.Name()}
	}
	if had := len(p.Role(RoleFS)); !first && had != s.Nodes {
		return nil, fault.Newf(fault.Invalid, "plan", "%s was made with %d nodes, not %d: a cell can't change its nodes yet", dir, had, s.Nodes)
	}
	if err := p.fit(s, ports); err != nil {
		return nil, err
	}
	return p, p.Save(dir)
}

func readPlan(dir string) (*Plan, error) {
	b, err := os.ReadFile(planFile(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.New(fault.Unavailable, "read plan", "", err)
	}
	var p Plan
	if err := json.Unmarshal(b, &p); err != nil {
		return nil, fault.New(fault.Corrupt, "read plan", planFile(dir), err)
	}
	return &p, nil
}

func planFile(dir string) string { return filepath.Join(dir, "up.json") }

// Save makes p the plan of dir, whole or not at all.
func (p *Plan) Save(dir string) error {
	b, err := json.MarshalIndent(p, "", "\t")
	if err != nil {
		return fault.New(fault.Internal, "save plan", "", err)
	}
	next := planFile(dir) + ".next"
	if err := os.WriteFile(next, append(b, '\n'), 0o640); err != nil {
		return fault.New(fault.Unavailable, "save plan", "", err)
	}
	if err := os.Rename(next, planFile(dir)); err != nil {
		return fault.New(fault.Unavailable, "save plan", "", err)
	}
	return nil
}

// Role returns the parts that play r.
func (p *Plan) Role(r Role) []Part {
	var parts []Part
	for _, part := range p.Parts {
		if part.Role == r {
			parts = append(parts, part)
		}
	}
	return parts
}

// Voters returns the fs-services that are members of etcd.
func (p *Plan) Voters() []Part {
	return slices.DeleteFunc(p.Role(RoleFS), func(part Part) bool { return part.Peer == "" })
}

// fit makes p have the shape s, with addresses that are free.
func (p *Plan) fit(s Shape, ports *Ports) (err error) {
	before := make(map[string]Part)
	for _, part := range p.Parts {
		before[part.Name] = part
	}
	if p.Front, err = front(p.Front, s.Port, ports); err != nil {
		return err
	}
	voters := min(s.Nodes, maxVoters)
	if voters == 2 {
		voters = 1 // two can lose none, just as one
	}
	p.Parts = nil
	for i := range s.Nodes {
		part := before[fmt.Sprintf("fs%d", i+1)]
		part.Name, part.Role = fmt.Sprintf("fs%d", i+1), RoleFS
		if i < voters {
			if err := ports.peer(&part); err != nil {
				return err
			}
			if s.Nodes > voters {
				part.Client = ports.keepURL(part.Client)
			}
		}
		p.Parts = append(p.Parts, part)
	}
	for i := range s.APIs {
		part := before[fmt.Sprintf("api%d", i+1)]
		part.Name, part.Role = fmt.Sprintf("api%d", i+1), RoleAPI
		p.Parts = append(p.Parts, part)
	}
	p.Parts = append(p.Parts, Part{Name: "lb1", Role: RoleLB, Gossip: before["lb1"].Gossip})
	for i := range p.Parts {
		part := &p.Parts[i]
		part.Gossip = ports.keep(part.Gossip)
		if part.Role == RoleLB {
			part.Listen = p.Front
		} else {
			part.Listen = ports.keep(part.Listen)
		}
	}
	return ports.err
}

// front returns the front door's address. A port that was asked for is had or
// is an error; with 0, that of the last time is had if it can be.
func front(before string, port int, ports *Ports) (string, error) {
	if port == 0 {
		return ports.keep(before), ports.err
	}
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	if !ports.take(addr) {
		return "", fault.Newf(fault.Unavailable, "plan", "port %d is in use; --port 0 takes any that is free", port)
	}
	return addr, nil
}
