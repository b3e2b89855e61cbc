package faulty

import "strings"

func changeFaults() []Fault {
	return []Fault{
		{Name: "PATCH half applied", rules: func(r *rules) { r.halfPatched = true }, Cases: []string{"6902/5/all-or-nothing"}},
		{Name: "merge-patch null kept", rules: func(r *rules) { r.nullKept = true }, Cases: []string{"7396/A/null-deletes", "7396/A/deep"}},
		{Name: "json-patch test ignored", rules: func(r *rules) { r.testIgnored = true }, Cases: []string{"6902/4.6/test"}},
		{Name: "415 without Accept-Patch", after: without("Accept-Patch", 415), Cases: []string{"5789/2.2/unsupported"}},
		{Name: "wrong Content-Digest accepted", rules: func(r *rules) { r.digestIgnored = true }, Cases: []string{"9530/2/wrong"}},
		{Name: "Repr-Digest of a part", Cases: []string{"9530/3/representation"}, after: func(_ *request, a *reply) {
			if a.status == 206 && a.header.Get("Repr-Digest") != "" {
				a.set("Repr-Digest", digest(a.body))
			}
		}},
		{Name: "a coding that is not known stored", Cases: []string{"9110/15.5.16/coding"}, before: blind("Content-Encoding")},
		{Name: "DELETE that leaves the document", Cases: []string{"9110/9.3.5/delete"}, before: func(r *request) {
			if r.method == "DELETE" {
				r.method = "GET"
			}
		}},
		{Name: "PUT that mends line ends", Cases: []string{"9110/9.3.1/bytes"}, before: func(r *request) {
			r.body = []byte(strings.ReplaceAll(string(r.body), "\r\n", "\n"))
		}},
		{Name: "an immutable resource that takes PUT", rules: func(r *rules) { r.writableVersions = true }, Cases: []string{"8246/2/writing"}},
		{Name: "PUT that changed something is 201", after: instead("PUT", 204, 201), Cases: []string{"9110/9.3.4/replaced"}},
		{Name: "DELETE of nothing is 204", after: instead("DELETE", 404, 204), Cases: []string{"9110/9.3.5/missing", "9110/13.2.2/product-delete"}},
		{Name: "PATCH that does nothing", rules: func(r *rules) { r.patchIdle = true },
			Cases: []string{"5789/2/validator", "5789/2/diff", "7396", "6902"}},
		{Name: "a patch that can't be read is none", rules: func(r *rules) { r.patchUnread = true }, Cases: []string{"5789/2.2/malformed", "5789/2.2/diff-malformed"}},
		{Name: "PATCH of nothing is 204", after: instead("PATCH", 404, 204), Cases: []string{"5789/2.2/missing", "9110/13.2.2/product-patch"}},
		{Name: "If-Match ignored for PATCH", Cases: []string{"5789/2.2/stale", "5789/2.2/diff-stale", "9110/13.2.2/product-patch"}, before: func(r *request) {
			if r.method == "PATCH" && r.get("If-Match") != "" {
				r.header.Set("If-Match", "*")
			}
		}},
		{Name: "Accept-Patch missing", after: without("Accept-Patch", 204), Cases: []string{"5789/3.1/accept-patch"}},
		{Name: "Content-Digest of other content", Cases: []string{"9530/2/content"}, after: func(_ *request, a *reply) {
			if a.header.Get("Content-Digest") != "" {
				a.set("Content-Digest", digest(nil))
			}
		}},
		{Name: "Repr-Digest before the coding", Cases: []string{"9530/3/coding"}, after: func(_ *request, a *reply) {
			if a.header.Get("Content-Encoding") == "gzip" {
				a.set("Repr-Digest", digest(nil))
			}
		}},
		{Name: "any digest refused", Cases: []string{"9530/2/right"}, after: func(r *request, a *reply) {
			if r.has("Content-Digest") {
				a.status = 400
			}
		}},
	}
}
