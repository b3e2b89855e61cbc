package faulty

import "strings"

// challenged makes a server whose 401 to who brought something, or to who did not, is this.
func challenged(brought bool, with string) func(*request, *reply) {
	return func(r *request, a *reply) {
		if a.status == 401 && r.has("Authorization") == brought {
			a.set("WWW-Authenticate", with)
		}
	}
}

// less makes a server whose field has something else in place of an item.
func less(field, item string) func(*request, *reply) {
	return func(_ *request, a *reply) {
		a.set(field, strings.ReplaceAll(a.header.Get(field), item, "Accept"))
	}
}

// whoFaults are those of a server that does not tell well who asks, or how often.
func whoFaults() []Fault {
	const limits = "draft-ietf-httpapi-ratelimit-headers-09/"
	return []Fault{
		{Name: "401 without a challenge", after: without("WWW-Authenticate", 401), Cases: []string{"9110/15.5.2/challenge"}},
		{Name: "a challenge without a scheme", after: challenged(false, `realm="closed"`), Cases: []string{"9110/11.6.1/syntax"}},
		{Name: "403 to wrong credentials", Cases: []string{"9110/15.5.2/wrong"}, after: func(r *request, a *reply) {
			if a.status == 401 && r.has("Authorization") {
				a.status = 403
			}
		}},
		{Name: "401 only for what is there", Cases: []string{"9110/15.5.2/alike"}, after: func(r *request, a *reply) {
			if a.status == 401 && strings.HasSuffix(r.path, "/none") {
				a.status = 404
			}
		}},
		{Name: "strangers are told that it is there", rules: func(r *rules) { r.strangersKnow = true }, Cases: []string{"9110/15.5.4/hidden"}},
		{Name: "who may read may write", rules: func(r *rules) { r.everyoneWrites = true }, Cases: []string{"9110/15.5.4/forbidden"}},
		{Name: "a refusal that caches keep", after: without("Cache-Control", 403), Cases: []string{"9110/15.5.4/kept"}},
		{Name: "no Vary by Authorization", after: less("Vary", "Authorization"), Cases: []string{"9110/12.5.5/authorization"}},
		{Name: "what is private is public", Cases: []string{"9111/3.5/shared"}, after: func(_ *request, a *reply) {
			a.set("Cache-Control", strings.Replace(a.header.Get("Cache-Control"), "private", "public", 1))
		}},
		{Name: "a wrong token is none", after: challenged(true, `Bearer realm="closed"`), Cases: []string{"6750/3.1/invalid"}},
		{Name: "no token is a wrong one", after: challenged(false, `Bearer realm="closed", error="invalid_token"`), Cases: []string{"6750/3.1/none"}},
		{Name: "423 is 409", after: instead("", 423, 409), Cases: []string{"4918/11.3/locked"}},
		{Name: "451 that says nothing", Cases: []string{"7725/3/withheld"}, after: func(_ *request, a *reply) {
			if a.status == 451 {
				a.body = nil
			}
		}},
		{Name: "451 of nobody", after: without("Link", 451), Cases: []string{"7725/4/blocked-by"}},
		{Name: "a policy without a name", Cases: []string{limits + "3/policy"}, after: func(_ *request, a *reply) { a.set("RateLimit-Policy", "1000") }},
		{Name: "a limit of no policy", Cases: []string{limits + "4/limit"}, after: func(_ *request, a *reply) { a.set("RateLimit", `"other";r=1;t=1`) }},
		{Name: "429 with something left", Cases: []string{limits + "4/refused"}, after: func(_ *request, a *reply) { a.set("RateLimit", `"all";r=5;t=1`) }},
	}
}
