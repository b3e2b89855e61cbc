package conformance

import (
	"regexp"
	"strings"
)

// rateLimits are draft-ietf-httpapi-ratelimit-headers-09.
func rateLimits() []charge {
	return []charge{
		{"draft-ietf-httpapi-ratelimit-headers-09/3/policy", Must, "RateLimit-Policy is a list of names with a quota q, and w in seconds", func(t *trial) {
			got := t.limited(t.get(t.document("one").path).status(200))
			for _, policy := range list(got.Header.Values("RateLimit-Policy")) {
				t.check(ratePolicy.MatchString(policy), `"name";q=…;w=…`, "%q", policy)
			}
		}},
		{"draft-ietf-httpapi-ratelimit-headers-09/4/limit", Must, "RateLimit tells of policies that are there what remains, r, and in how many seconds more comes, t", func(t *trial) {
			got := t.limited(t.get(t.document("one").path).status(200)).has("RateLimit")
			policies := strings.Join(got.Header.Values("RateLimit-Policy"), ", ")
			for _, limit := range list(got.Header.Values("RateLimit")) {
				m := rateLimit.FindStringSubmatch(limit)
				t.check(m != nil, `"name";r=…;t=…`, "%q", limit)
				t.check(strings.Contains(policies, m[1]), "a policy of that name", "%s and %s", limit, policies)
			}
		}},
		{"draft-ietf-httpapi-ratelimit-headers-09/4/refused", Should, "429 tells what remains: nothing", func(t *trial) {
			got := t.limited(t.get(t.place(t.target.Places.Limited, "limited")).status(429))
			t.check(strings.Contains(got.get("RateLimit"), "r=0"), "RateLimit with r=0", "%q", got.get("RateLimit"))
		}},
	}
}

var (
	ratePolicy = regexp.MustCompile(`^"[^"]+"(;[a-z]+=[^;]+)*;q=\d+(;[a-z]+=[^;]+)*$`)
	rateLimit  = regexp.MustCompile(`^("[^"]+")(?:;t=\d+)?;r=\d+(?:;t=\d+)?$`)
)

// limited ends the case unless an answer tells how often one may ask.
func (t *trial) limited(a *answer) *answer {
	t.needs(RateLimits, a.get("RateLimit-Policy") != "", "no answer has RateLimit-Policy")
	return a
}
