package gossip

import (
	"encoding/json"

	"github.com/hashicorp/memberlist"

	"rhapsode/internal/fault"
)

// Role is the part that a member plays.
type Role string

// The roles.
const (
	RoleFS  Role = "fs"
	RoleAPI Role = "api"
	RoleLB  Role = "lb"
)

// Meta is what a member says of itself. Encoded it has at most 512 bytes, so
// that it fits into every packet of the ring.
type Meta struct {
	Role     Role   `json:"r"`
	Addr     string `json:"a,omitempty"` // host:port of its service: gRPC of an fs, HTTP of an api
	Leader   bool   `json:"l,omitempty"` // it leads etcd, or did a moment ago
	Draining bool   `json:"d,omitempty"` // it finishes what it has and wants nothing new
	Version  string `json:"v,omitempty"` // of the binary
}

// Member is a process that is thought to be alive.
type Member struct {
	Name string
	Meta
}

func (m Meta) encode() ([]byte, error) {
	b, err := json.Marshal(m)
	if err != nil {
		return nil, fault.New(fault.Invalid, "encode meta", "", err)
	}
	if len(b) > memberlist.MetaMaxSize {
		return nil, fault.Newf(fault.Invalid, "encode meta", "%d bytes, more than %d", len(b), memberlist.MetaMaxSize)
	}
	return b, nil
}

func decodeMeta(b []byte) (m Meta, err error) {
	if err := json.Unmarshal(b, &m); err != nil {
		return Meta{}, fault.New(fault.Invalid, "decode meta", "", err)
	}
	return m, nil
}
