package config

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Addr is host:port, or empty.
type Addr string

// UnmarshalText refuses what can't be listened on or dialled.
func (a *Addr) UnmarshalText(b []byte) error {
	s := string(b)
	if s != "" {
		_, port, err := net.SplitHostPort(s)
		if n, perr := strconv.Atoi(port); err != nil || perr != nil || n < 0 || n > 65535 {
			return fmt.Errorf("an address is host:port, such as 127.0.0.1:8080")
		}
	}
	*a = Addr(s)
	return nil
}

// Or returns a, or b if a is empty.
func (a Addr) Or(b Addr) string {
	if a == "" {
		return string(b)
	}
	return string(a)
}

// Bytes is a number of bytes.
type Bytes int64

// units are ordered from large to small.
var units = [...]struct {
	name string
	size int64
}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

// UnmarshalText takes a whole number of bytes, KiB, MiB, GiB or TiB.
func (n *Bytes) UnmarshalText(b []byte) error {
	digits, size := strings.TrimSpace(string(b)), int64(1)
	for _, u := range units {
		if rest, ok := strings.CutSuffix(digits, u.name); ok {
			digits, size = strings.TrimSpace(rest), u.size
			break
		}
	}
	v, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || v < 1 || v > math.MaxInt64/size {
		return fmt.Errorf("a size is a whole number of bytes above 0, or of KiB, MiB, GiB or TiB, such as 64MiB")
	}
	*n = Bytes(v * size)
	return nil
}

func (n Bytes) String() string {
	for _, u := range units {
		if n != 0 && int64(n)%u.size == 0 {
			return strconv.FormatInt(int64(n)/u.size, 10) + u.name
		}
	}
	return "0B"
}

// Networks are ranges of addresses.
type Networks []netip.Prefix

// UnmarshalText takes prefixes with commas between.
func (n *Networks) UnmarshalText(b []byte) error {
	*n = nil
	for item := range strings.SplitSeq(string(b), ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		p, err := netip.ParsePrefix(item)
		if err != nil {
			return fmt.Errorf("networks are such as 10.0.0.0/8,::1/128")
		}
		*n = append(*n, p)
	}
	return nil
}

// Balancer is who stands in front of the APIs.
type Balancer string

// The balancers.
const (
	BalancerAuto    Balancer = "auto"
	BalancerNginx   Balancer = "nginx"
	BalancerBuiltin Balancer = "builtin"
)

// UnmarshalText takes one of the three.
func (v *Balancer) UnmarshalText(b []byte) error {
	if !slices.Contains([]Balancer{BalancerAuto, BalancerNginx, BalancerBuiltin}, Balancer(b)) {
		return fmt.Errorf("a balancer is auto, nginx or builtin")
	}
	*v = Balancer(b)
	return nil
}

// Anonymous is what who brings no token may do, in every repository: a role, or nothing.
type Anonymous string

// UnmarshalText takes none, reader, author or admin.
func (v *Anonymous) UnmarshalText(b []byte) error {
	if !slices.Contains([]string{"none", "reader", "author", "admin"}, string(b)) {
		return fmt.Errorf("anonymous is none, reader, author or admin")
	}
	*v = Anonymous(b)
	return nil
}

// Role is the role's name; "": none.
func (v Anonymous) Role() string {
	if v == "none" {
		return ""
	}
	return string(v)
}
