package conformance

import (
	"strings"
	"time"
)

// immutability is RFC 8246, and what it promises.
func immutability() []charge {
	return []charge{
		{"8246/2/fresh", Must, "immutable comes with a freshness lifetime, never alone", func(t *trial) {
			got := t.get(t.immutable(t.tagged("for ever"))).status(200)
			_, said := got.directive("immutable")
			t.check(said, "Cache-Control with immutable", "%q", got.get("Cache-Control"))
			life, _ := got.freshness()
			t.check(life > 24*time.Hour, "max-age of more than a day", "%v", life)
		}},
		{"8246/2/true", Must, "what is immutable stays when the document changes or goes", func(t *trial) {
			d := t.tagged("first")
			version := t.immutable(d)
			if t.target.Places.Immutable != "{version}" {
				t.notApplicable("the immutable resource is no state of a document")
			}
			t.put(d, "second", "If-Match", d.tag).done()
			t.get(version).status(200).content("first")
			t.ask("DELETE", d.path, "If-Match", "*").done()
			t.get(version).status(200).content("first")
		}},
		{"8246/2/writing", Must, "what is immutable takes no change, and says so in Allow", func(t *trial) {
			d := t.tagged("first")
			version := t.immutable(d)
			for _, method := range []string{"PUT", "DELETE"} {
				got := t.with(method, version, "second", "If-Match", "*", "Content-Type", "text/plain").status(405)
				allowed := strings.Join(list(got.has("Allow").Header.Values("Allow")), " ")
				t.check(!strings.Contains(allowed, method), "an Allow without "+method, "%q", allowed)
			}
			t.get(version).status(200)
		}},
		{"8246/2/changing", Must, "what can change is not called immutable", func(t *trial) {
			_, said := t.get(t.document("for now").path).status(200).directive("immutable")
			t.check(!said, "Cache-Control without immutable", "it is there")
		}},
	}
}

// immutable returns the path of something that never changes: the present state of d, or the target's own.
func (t *trial) immutable(d *document) string {
	place := t.target.Places.Immutable
	if strings.Contains(place, "{version}") && !t.offers.version {
		t.fail("Content-Location with the version that a PUT made", "PUT tells none")
	}
	if strings.Contains(place, "{version}") {
		return t.local(t.fill(place, "", d.version))
	}
	return t.place(place, "immutable")
}
