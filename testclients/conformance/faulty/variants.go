package faulty

import (
	"bytes"
	"compress/gzip"
	"strconv"
	"strings"
)

// preferred returns the offer that RFC 9110 12.5.1 chooses, "" if none is acceptable.
func (s *Server) preferred(lines []string, offers ...string) (best string) {
	if len(items(lines, false)) == 0 {
		return offers[0]
	}
	greatest := 0.0
	for _, offer := range offers {
		weight, specific := 0.0, 0
		for _, item := range items(lines, false) {
			kind, q := weighed(item, s.rules.zeroIsWeight)
			how := fits(kind, offer)
			if s.rules.bluntRanges {
				how = min(how, 1)
			}
			if how > specific {
				weight, specific = q, how
			}
		}
		if weight > greatest {
			best, greatest = offer, weight
		}
	}
	return best
}

// weighed splits a member of an Accept field.
func weighed(item string, zeroIsWeight bool) (kind string, q float64) {
	parts := strings.Split(item, ";")
	q = 1
	for _, p := range parts[1:] {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			q, _ = strconv.ParseFloat(value, 64) // what can't be read is 0
		}
	}
	if zeroIsWeight && q == 0 {
		q = 1
	}
	return strings.ToLower(strings.TrimSpace(parts[0])), q
}

// fits says how specifically a range names an offer: 0 is not at all.
func fits(kind, offer string) int {
	group, _, _ := strings.Cut(offer, "/")
	switch kind {
	case offer:
		return 3
	case group + "/*":
		return 2
	case "*/*", "*":
		return 1
	}
	return 0
}

// packed reports whether gzip is preferred to the plain bytes (12.5.3).
func (s *Server) packed(r *request) bool {
	all := items(r.all("Accept-Encoding"), false)
	named, weight := false, 0.0
	for _, item := range all {
		kind, q := weighed(item, s.rules.zeroIsWeight)
		if kind == "gzip" || kind == "*" && !named {
			weight = q
			named = kind == "gzip"
		}
	}
	return weight > 0
}

func pack(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b) // to memory
	w.Close()
	return out.Bytes()
}
