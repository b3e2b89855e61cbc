package local

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"syscall"

	"rhapsode/internal/fault"
)

// Ports draws addresses on loopback that nobody listens on, below those that the
// kernel hands out to outgoing connections.
type Ports struct {
	dice  *rand.Rand
	taken map[string]bool
	err   error // the first time that none was found
}

const (
	lowestPort = 10_000
	portRange  = 22_000
	portDraws  = 1000
)

// NewPorts makes a Ports.
func NewPorts(dice *rand.Rand) *Ports { return &Ports{dice: dice, taken: make(map[string]bool)} }

// Name draws a name that no other cell has.
func (p *Ports) Name() string { return fmt.Sprintf("%016x", p.dice.Uint64()) }

// keep returns addr if it is free, else another.
func (p *Ports) keep(addr string) string {
	if addr != "" && p.take(addr) {
		return addr
	}
	for range portDraws {
		if addr := fmt.Sprintf("127.0.0.1:%d", lowestPort+p.dice.IntN(portRange)); p.take(addr) {
			return addr
		}
	}
	if p.err == nil {
		p.err = fault.Newf(fault.Unavailable, "plan", "no free port after %d tries", portDraws)
	}
	return ""
}

func (p *Ports) keepURL(url string) string {
	return "http://" + p.keep(strings.TrimPrefix(url, "http://"))
}

// peer gives an etcd member its address, which it has for ever.
func (p *Ports) peer(part *Part) error {
	if part.Peer == "" {
		part.Peer = p.keepURL("")
		return p.err
	}
	if addr := strings.TrimPrefix(part.Peer, "http://"); !p.take(addr) {
		return fault.Newf(fault.Unavailable, "plan", "%s belongs to %s and is in use by another program", addr, part.Name)
	}
	return nil
}

// take says whether addr is free for TCP and UDP, and reserves it if so.
func (p *Ports) take(addr string) bool {
	if p.taken[addr] || !free(addr) {
		return false
	}
	p.taken[addr] = true
	return true
}

func free(addr string) bool {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return errors.Is(err, syscall.EACCES) // that is for the part to say
	}
	defer l.Close()
	u, err := net.ListenPacket("udp", addr)
	if err != nil {
		return false
	}
	u.Close()
	return true
}
