package gitserve

import (
	"strconv"
	"strings"
	"time"

	"rhapsode/content"
)

// Limits of one request to fetch.
const (
	maxWants = 1 << 16
	maxHaves = 1 << 18
)

// request is what a fetch asks for, in either version of the protocol.
type request struct {
	wants      []content.Digest
	all        bool // they are everything that is shown
	haves      []content.Digest
	shallow    []content.Digest // commits whose parents the client lacks
	depth      depth
	filter     filter
	done       bool // the client has no more to say
	quiet      bool
	includeTag bool
	offsets    bool // deltas may name their bases by offset

	detailed bool // version 0: acknowledgments say more
	sideBand bool // version 0; version 2 always has one
}

// depth says how much of the history is wanted; zero: all of it.
type depth struct {
	commits  int  // from the wants, or from where the client's history ends; git says 2^31-1 for all
	relative bool // the latter
	since    time.Time
	not      []string // refs whose history is not wanted
}

func (d depth) limited() bool { return d.commits > 0 || !d.since.IsZero() || len(d.not) > 0 }

// argument takes in a line that both versions know. known is false for others.
func (r *request) argument(line string) (known bool, err error) {
	word, value, _ := strings.Cut(line, " ")
	switch word {
	case "want":
		return true, appendDigest(&r.wants, value, maxWants)
	case "have":
		return true, appendDigest(&r.haves, value, maxHaves)
	case "shallow":
		return true, appendDigest(&r.shallow, value, maxHaves)
	case "deepen":
		r.depth.commits, err = strconv.Atoi(value)
		if err != nil || r.depth.commits <= 0 {
			err = malformed("%.40q is no depth", value)
		}
	case "deepen-since":
		seconds, parseErr := strconv.ParseInt(value, 10, 64)
		if parseErr != nil {
			err = malformed("%.40q is no time", value)
		}
		r.depth.since = time.Unix(seconds, 0)
	case "deepen-not":
		r.depth.not = append(r.depth.not, value)
	case "filter":
		r.filter, err = parseFilter(value)
	case "done":
		r.done = true
	default:
		return r.flag(line), nil
	}
	return true, err
}

// flag takes in a word that stands for itself: a capability in version 0, an argument in version 2.
func (r *request) flag(word string) (known bool) {
	switch word {
	case "thin-pack": // what we have is copied; nothing is made thin for a client
	case "ofs-delta":
		r.offsets = true
	case "no-progress":
		r.quiet = true
	case "include-tag":
		r.includeTag = true
	case "deepen-relative":
		r.depth.relative = true
	case "multi_ack_detailed":
		r.detailed = true
	case "side-band-64k":
		r.sideBand = true
	default:
		return false
	}
	return true
}

func appendDigest(ds *[]content.Digest, value string, most int) error {
	d, err := parseDigest(value)
	if err == nil && len(*ds) >= most {
		err = malformed("more than %d ids of one kind", most)
	}
	*ds = append(*ds, d)
	return err
}

// filter leaves documents out of what is sent.
type filter struct {
	on   bool
	from int64 // bytes from which a document is left out; 0: every one is
}

// parseFilter reads git's filter specification. Those of trees are not served.
func parseFilter(s string) (filter, error) {
	if s == "blob:none" {
		return filter{on: true}, nil
	}
	limit, ok := strings.CutPrefix(s, "blob:limit=")
	if !ok || limit == "" {
		return filter{}, refusal("the filter %.40q is not served: blob:none and blob:limit=<n> are", s)
	}
	unit := int64(1)
	if i := strings.IndexByte("kmg", limit[len(limit)-1]|0x20); i >= 0 {
		unit, limit = 1<<(10*(i+1)), limit[:len(limit)-1]
	}
	n, err := strconv.ParseInt(limit, 10, 40)
	if err != nil || n < 0 {
		return filter{}, malformed("%.40q is no size", s)
	}
	return filter{on: true, from: n * unit}, nil
}
