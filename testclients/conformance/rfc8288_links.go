package conformance

import (
	"net/url"
	"regexp"
	"strings"
)

// links are RFC 8288.
func links() []charge {
	return []charge{
		{"8288/3/syntax", Must, "Link is a list of <target>;parameters, each with a relation", func(t *trial) {
			for _, l := range t.links(t.document("linked").path) {
				t.check(l.rel != nil, "a relation for each link", "%q", l.text)
				_, err := url.Parse(l.to)
				t.check(err == nil, "a URI reference", "%q", l.to)
			}
		}},
		{"8288/3/lead", Should, "links to this server lead somewhere", func(t *trial) {
			path := t.document("linked").path
			here, err := url.Parse(t.client.Base() + t.client.Prefix() + path)
			t.check(err == nil, "a path", "%q", path)
			for _, l := range t.links(path) {
				there, err := here.Parse(l.to)
				t.check(err == nil, "a URI reference", "%q", l.to)
				if there.Host == here.Host {
					got := t.get(strings.TrimPrefix(there.RequestURI(), t.client.Prefix()))
					t.check(got.Status < 400, "a link that leads somewhere", "%d at %s", got.Status, l.to)
				}
			}
		}},
		{"8288/3/everywhere", Should, "HEAD and 200 have the same links", func(t *trial) {
			path := t.document("linked").path
			t.links(path)
			t.head(path).same("Link", t.get(path))
		}},
	}
}

// link is one member of a Link field.
type link struct {
	text, to string
	rel      []string
}

var (
	linkValue = regexp.MustCompile(`^\s*<([^>]*)>((?:\s*;\s*[\w!#$&+.^` + "`" + `|~*-]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]+))?)*)\s*(?:,|$)`)
	linkRel   = regexp.MustCompile(`(?i);\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))`)
)

// links returns the links of a resource, or ends the case if there is none.
func (t *trial) links(path string) []link {
	all := t.linksOf(t.get(path).status(200))
	if len(all) == 0 {
		t.notApplicable("documents have no Link")
	}
	return all
}

// linksOf returns the links of an answer.
func (t *trial) linksOf(a *answer) (all []link) {
	rest := strings.Join(a.Header.Values("Link"), ", ")
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		m := linkValue.FindStringSubmatch(rest)
		t.check(m != nil, "<target>;parameters", "%q", rest)
		l := link{text: m[0], to: m[1]}
		if rel := linkRel.FindStringSubmatch(m[2]); rel != nil {
			l.rel = strings.Fields(strings.ToLower(rel[1] + rel[2]))
		}
		all = append(all, l)
		rest = rest[len(m[0]):]
	}
	return all
}
