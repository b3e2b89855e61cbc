package conformance

import "slices"

// versionLinks are the relations of RFC 5829: how the versions of a document lead to each other.
func versionLinks() []charge {
	return []charge{
		{"5829/3.1/version-history", Choice, "a document tells where its history is", func(t *trial) {
			t.get(t.related(t.document("versioned").path, "version-history")).status(200)
		}},
		{"5829/3.2/latest-version", Choice, "a document leads to its latest version, and that says what the document says", undisturbed(func(t *trial) {
			_, _, path := t.twoVersions()
			t.get(t.related(path, "latest-version")).status(200).content("second")
		})},
		{"5829/3.3/working-copy", Choice, "a version leads to the copy that is worked on, which says what is there now", undisturbed(func(t *trial) {
			first, _, _ := t.twoVersions()
			t.get(t.related(first, "working-copy")).status(200).content("second")
		})},
		{"5829/3.4/working-copy-of", Choice, "the copy that is worked on leads to the version that it is of", undisturbed(func(t *trial) {
			_, _, path := t.twoVersions()
			t.get(t.related(path, "working-copy-of")).status(200).content("second")
		})},
		{"5829/3.5/predecessor", Choice, "a version leads to the one before it, and the first to none", undisturbed(func(t *trial) {
			first, second, path := t.twoVersions()
			t.get(t.related(second, "predecessor-version")).status(200).content("first")
			t.get(t.related(path, "predecessor-version")).status(200).content("first")
			t.check(t.relation(first, "predecessor-version") == "", "no predecessor of the first version", "there is one")
		})},
		{"5829/3.6/successor", Choice, "a version leads to the one after it, and the last to none", undisturbed(func(t *trial) {
			first, second, _ := t.twoVersions()
			for range patience / step { // what never changes may be read where the news has not come yet
				if t.relation(first, "successor-version") != "" {
					break
				}
				t.rest()
			}
			t.get(t.related(first, "successor-version")).status(200).content("second")
			t.check(t.relation(second, "successor-version") == "", "no successor of the last version", "there is one")
		})},
	}
}

// undisturbed tries a case while nobody else asks: among many other changes, a server may
// be excused from finding the next version.
func undisturbed(try func(*trial)) func(*trial) {
	return func(t *trial) { t.alone(func() { try(t) }) }
}

// twoVersions makes a document in two versions and returns where each can always be read, and the document.
func (t *trial) twoVersions() (first, second, path string) {
	t.claimed(VersionHistory)
	d := t.tagged("first")
	first = t.immutable(d)
	d.version = t.put(d, "second", "If-Match", d.tag).done().get("Content-Location")
	return first, t.immutable(d), d.path
}

// related is where a resource leads by a relation that it must have if the target claims such links.
func (t *trial) related(path, rel string) string {
	to := t.relation(path, rel)
	t.needs(VersionHistory, to != "", "no Link has rel="+rel)
	return to
}

// relation is where a resource leads by a relation; "" if nowhere.
func (t *trial) relation(path, rel string) string { return t.leads(t.get(path).status(200), rel) }

// leads is where an answer leads by a relation.
func (t *trial) leads(a *answer, rel string) string {
	for _, l := range t.linksOf(a) {
		if slices.Contains(l.rel, rel) {
			return t.local(l.to)
		}
	}
	return ""
}
