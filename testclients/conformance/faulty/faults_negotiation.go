package faulty

import "strings"

func negotiationFaults() []Fault {
	return []Fault{
		{Name: "one tag for two codings", rules: func(r *rules) { r.oneTag = true }, Cases: []string{"9110/8.8.3.3/codings", "9110/12.5.1/validators", "9110/8.8.3/other-bytes"}},
		{Name: "Vary missing on 304", after: without("Vary", 304), Cases: []string{"9110/12.5.5/variants", "9110/15.4.5/required"}},
		{Name: "Vary missing on 404", after: without("Vary", 404), Cases: []string{"9110/12.5.5/refusals"}},
		{Name: "Vary missing on identity", Cases: []string{"9110/12.5.5/codings"}, after: func(_ *request, a *reply) {
			if a.header.Get("Content-Encoding") == "" {
				a.header.Del("Vary")
			}
		}},
		{Name: "q=0 served", rules: func(r *rules) { r.zeroIsWeight = true }, Cases: []string{"9110/12.5.1/q0", "9110/12.5.3/q0"}},
		{Name: "weights ignored", Cases: []string{"9110/12.5.1/weight"}, before: func(r *request) {
			first, _, _ := strings.Cut(r.get("Accept"), ";")
			if r.has("Accept") {
				r.header.Set("Accept", first)
			}
		}},
		{Name: "a problem negotiated away by Accept", Cases: []string{"9457/3/accept"}, after: func(r *request, a *reply) {
			if a.status >= 400 && r.has("Accept") && !strings.Contains(r.get("Accept"), "json") {
				*a = *answer(406)
			}
		}},
		{Name: "406 for a language", Cases: []string{"9110/12.5.4/language"}, after: func(r *request, a *reply) {
			if r.has("Accept-Language") {
				*a = *problem(406, "no such language")
			}
		}},
		{Name: "a preference claimed that was not asked for", Cases: []string{"7240/3/applied"}, after: func(_ *request, a *reply) {
			a.set("Preference-Applied", "return=minimal")
		}},
		{Name: "Accept ignored", before: blind("Accept"), Cases: []string{"9110/12.5.1/each", "9110/12.5.1/weight"}},
		{Name: "406 without Accept", Cases: []string{"9110/12.5.1/none"}, after: func(r *request, a *reply) {
			if r.path == "/index" && !r.has("Accept") {
				a.status = 406
			}
		}},
		{Name: "a range is as good as a type", rules: func(r *rules) { r.bluntRanges = true }, Cases: []string{"9110/12.5.1/specific"}},
		{Name: "500 for 406", after: instead("", 406, 500), Cases: []string{"9110/12.5.1/unacceptable"}},
		{Name: "406 for a charset", Cases: []string{"9110/12.5.2/charset"}, after: func(r *request, a *reply) {
			if r.has("Accept-Charset") {
				a.status = 406
			}
		}},
		{Name: "406 for a coding", Cases: []string{"9110/12.5.3/unknown"}, after: func(r *request, a *reply) {
			if r.get("Accept-Encoding") == "x-nothing" {
				a.status = 406
			}
		}},
		{Name: "gzip of something else", Cases: []string{"9110/12.5.3/gzip"}, after: func(_ *request, a *reply) {
			if a.header.Get("Content-Encoding") == "gzip" {
				a.body = pack([]byte("something else"))
			}
		}},
		{Name: "gzip that does not say so", Cases: []string{"9110/8.4/as-stored"}, after: func(r *request, a *reply) {
			if a.status == 200 && len(a.body) >= packMin && a.header.Get("Content-Encoding") == "" {
				a.body = pack(a.body)
			}
		}},
		{Name: "an unknown preference refused", Cases: []string{"7240/2/unknown"}, after: func(r *request, a *reply) {
			if strings.Contains(r.get("Prefer"), "x-nothing") {
				a.status = 400
			}
		}},
		{Name: "return=representation without one", Cases: []string{"7240/4.2/representation"}, after: func(r *request, a *reply) {
			if r.get("Prefer") == "return=representation" {
				a.body = nil
			}
		}},
		{Name: "return=minimal with content", Cases: []string{"7240/4.2/minimal"}, after: func(r *request, a *reply) {
			if r.get("Prefer") == "return=minimal" {
				a.status, a.body = 200, []byte("not so little")
			}
		}},
	}
}
