package limit

import (
	"net/http"
	"net/netip"
	"strings"
)

// AddressOf is where r comes from. What X-Forwarded-For says counts only if the
// connection is from one of proxies, and of that only the last: any other the client
// could have written itself.
func AddressOf(r *http.Request, proxies []netip.Prefix) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	from := peer.Addr().Unmap()
	for _, p := range proxies {
		if p.Contains(from) {
			return forwarded(r, from)
		}
	}
	return from
}

// forwarded is the address that the nearest proxy saw, or otherwise.
func forwarded(r *http.Request, otherwise netip.Addr) netip.Addr {
	lines := r.Header["X-Forwarded-For"]
	if len(lines) == 0 {
		return otherwise
	}
	last := lines[len(lines)-1]
	last = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
	if address, err := netip.ParseAddr(last); err == nil {
		return address.Unmap()
	}
	return otherwise
}
