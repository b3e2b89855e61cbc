package faulty

import "strings"

// remembering makes a server that answers a GET with a key as it was answered first.
func remembering() func(*request, *reply) {
	first := map[string]*reply{}
	return func(r *request, a *reply) {
		key := r.get("Idempotency-Key")
		if r.method != "GET" || key == "" {
			return
		}
		if first[key] == nil {
			kept := *a
			first[key] = &kept
		}
		*a = *first[key]
	}
}

// repeatFaults are those of a server that does too much, too little, or not in time.
func repeatFaults() []Fault {
	const keys = "draft-ietf-httpapi-idempotency-key-header-07/"
	return []Fault{
		{Name: "a key ignored", before: blind("Idempotency-Key"), Cases: []string{keys + "2.6/repeat", keys + "2.7/reused", keys + "2.7/at-once", keys + "2.1/malformed"}},
		{Name: "all keys are one", Cases: []string{keys + "2.2/another-key"}, before: func(r *request) {
			if r.has("Idempotency-Key") {
				r.header.Set("Idempotency-Key", `"one"`)
			}
		}},
		{Name: "a repeat that comes meanwhile is carried out too", rules: func(r *rules) { r.twiceAtOnce = true }, Cases: []string{keys + "2.7/at-once"}},
		{Name: "a repeat that comes meanwhile is 500", after: instead("POST", 409, 500), Cases: []string{keys + "2.7/at-once"}},
		{Name: "a key for GET", after: remembering(), Cases: []string{keys + "2/reading"}},
		{Name: "202 that does not say so", after: without("Preference-Applied", 202), Cases: []string{"7240/4.1/accepted"}},
		{Name: "202 that leads nowhere", after: without("Location", 202), Cases: []string{"7240/4.1/accepted", "9110/15.3.3/status"}},
		{Name: "303 that leads nowhere", after: without("Location", 303), Cases: []string{"9110/15.3.3/status"}},
		{Name: "a part that is mended", rules: func(r *rules) { r.formsMended = true }, Cases: []string{"7578/4.1/parts"}},
		{Name: "a form that is cut is taken", rules: func(r *rules) { r.formsCut = true }, Cases: []string{"7578/4.1/cut"}},
		{Name: "a broken form is well", Cases: []string{"7578/4.1/no-boundary", "7578/4.1/other-boundary", "7578/4.2"}, after: func(r *request, a *reply) {
			if strings.HasPrefix(r.path, "/forms") && a.status >= 400 {
				a.status = 204
			}
		}},
		{Name: "a diff half applied", rules: func(r *rules) { r.halfDiffed = true }, Cases: []string{"5789/2.2/diff-conflict"}},
	}
}
