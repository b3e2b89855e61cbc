package conformance

// question is one request of the full product and what it met.
type question struct {
	method     string
	match      string // If-Match: "", hit, weak, miss, star, list
	unmodified string // If-Unmodified-Since: "", old, ok, junk
	none       string // If-None-Match: "", hit, weak, miss, star
	modified   string // If-Modified-Since: "", before, equal, after, junk
	ranged     string // Range and If-Range: "", ok, stale
	exists     bool
}

func (q question) reads() bool { return q.method == "GET" || q.method == "HEAD" }

// freedom is what a server may choose.
type freedom struct {
	offered   bool // the method
	dated     bool // documents have a modification date
	ranges    bool // ranges are served
	condition bool // a change without a condition must be refused, by the server's own word
}

// due returns the statuses that RFC 9110 allows as the answer to q. It knows
// that RFC and RFC 6585 section 3, and nothing of any server.
func due(q question, free freedom) []int {
	switch {
	case !free.offered && q.exists:
		return []int{405, 501}
	case !free.offered:
		return []int{404, 405, 501}
	case !q.exists && q.method != "PUT": // 13.2.1: conditions count only if the answer would be 2xx
		return []int{404}
	}
	dated := free.dated && q.exists
	switch { // 13.2.2 steps 1 and 2
	case q.match != "":
		if !q.exists || q.match == "miss" || q.match == "weak" { // 13.1.1: strong comparison
			return []int{412}
		}
	case dated && q.unmodified == "old": // 13.1.4: a bad date, or none to compare with, is ignored
		return []int{412}
	}
	switch { // steps 3 and 4
	case q.none != "":
		if matches := q.exists && q.none != "miss"; matches && q.reads() { // 13.1.2: weak comparison
			return []int{304}
		} else if matches {
			return []int{412}
		}
	case q.reads() && dated && (q.modified == "equal" || q.modified == "after"): // 13.1.3
		return []int{304}
	}
	switch {
	case q.method == "GET" && q.ranged == "ok" && free.ranges: // step 5
		return []int{206}
	case q.reads():
		return []int{200}
	case !q.exists:
		return []int{201}
	}
	if unconditional := q.match == "" && q.none == "" && (q.unmodified == "" || q.unmodified == "junk"); unconditional {
		if free.condition {
			return []int{428}
		}
		return []int{200, 202, 204, 428}
	}
	return []int{200, 202, 204}
}
