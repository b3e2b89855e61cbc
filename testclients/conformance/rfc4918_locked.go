package conformance

import "strings"

// lockedAndWithheld are 423 (RFC 4918 11.3) and 451 (RFC 7725).
func lockedAndWithheld() []charge {
	return []charge{
		{"4918/11.3/locked", Must, "what is locked answers a change with 423, whoever asks, stays and can be read", func(t *trial) {
			path := t.place(t.target.Places.Locked, "locked")
			before := t.get(path).status(200)
			t.with("PUT", path, "changed", "If-Match", "*", "Content-Type", "text/plain").status(423).notKept()
			t.ask("DELETE", path, "If-Match", "*").status(423)
			t.get(path).status(200).content(string(before.Body)).same("ETag", before)
		}},
		{"7725/3/withheld", Should, "451 says what it is about", func(t *trial) {
			got := t.get(t.place(t.target.Places.Withheld, "withheld")).status(451)
			t.check(len(strings.TrimSpace(string(got.Body))) > 0, "content that says why", "none")
		}},
		{"7725/4/blocked-by", Should, `451 leads with rel="blocked-by" to who withholds`, func(t *trial) {
			got := t.get(t.place(t.target.Places.Withheld, "withheld")).status(451)
			for _, l := range t.linksOf(got) {
				if strings.Contains(" "+strings.Join(l.rel, " ")+" ", " blocked-by ") {
					return
				}
			}
			t.fail(`a Link with rel="blocked-by"`, "%q", got.get("Link"))
		}},
	}
}
