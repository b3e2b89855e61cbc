package conformance

import (
	"encoding/json"
	"net/url"
	"strings"
)

// problems are RFC 9457.
func problems() []charge {
	return []charge{
		{"9457/3/type", Should, "errors are problem documents", func(t *trial) { t.eachProblem(func(*answer, map[string]any) {}) }},
		{"9457/3.1.2/status", Must, "the member status, if it is there, is the status", func(t *trial) {
			t.eachProblem(func(a *answer, p map[string]any) {
				status, there := p["status"]
				t.check(!there || status == float64(a.Status), "status as sent", "%v with %d", status, a.Status)
			})
		}},
		{"9457/3.1/members", Must, "type is a URI reference; title, detail and instance are strings", func(t *trial) {
			t.eachProblem(func(a *answer, p map[string]any) {
				for _, member := range []string{"type", "title", "detail", "instance"} {
					value, there := p[member]
					text, isText := value.(string)
					t.check(!there || isText, member+" as a string", "%v", value)
					_, err := url.Parse(text)
					t.check(member != "type" || err == nil, "type as a URI reference", "%v", value)
				}
			})
		}},
		{"9457/3/said", Should, "a problem says what it is: type or title", func(t *trial) {
			t.eachProblem(func(a *answer, p map[string]any) {
				t.check(p["type"] != nil || p["title"] != nil, "type or title", "%s", clip(a.Body))
			})
		}},
		{"9457/3/accept", Should, "Accept does not change an error into another, nor its form", func(t *trial) {
			t.withProblems()
			d := t.tagged("one")
			for _, accept := range []string{"image/png", "text/html, */*;q=0", "application/problem+json;q=0"} {
				t.get(t.free(".txt", "").path, "Accept", accept).status(404).problem()
				t.get(d.path, "If-Match", otherTag, "Accept", accept).status(412, 406).problem() // 406 comes first where documents are negotiated
			}
		}},
	}
}

// withProblems ends the case unless a missing document is told of by a problem.
func (t *trial) withProblems() {
	got := t.get(t.free(".txt", "").path).status(404, 410)
	t.needs(Problems, got.mediaType() == "application/problem+json", "a 404 is "+got.get("Content-Type"))
}

// eachProblem gives look one error of every kind that is easily had.
func (t *trial) eachProblem(look func(*answer, map[string]any)) {
	t.withProblems()
	d := t.tagged("{}")
	look(t.get(t.free(".txt", "").path).status(404).problem())
	look(t.get("/there/is/nothing/of/this/name").status(404).problem())
	look(t.put(d, "x", "If-Match", otherTag).status(412).problem())
	if t.has(Conditional) {
		look(t.put(d, "x").status(428).problem())
	}
	if got := t.with("POST", d.path, "{}", "Content-Type", "text/plain"); got.Status == 405 {
		look(got.problem())
	}
	if t.offers.ranges {
		if got := t.get(d.path, "Range", "bytes=100-"); got.Status == 416 {
			look(got.problem())
		}
	}
	if got := t.ask("BREW", d.path); got.Status == 501 {
		look(got.problem())
	}
}

// problem returns the answer and its content, which must be a problem document.
func (a *answer) problem() (*answer, map[string]any) {
	a.trial.check(a.mediaType() == "application/problem+json", "Content-Type: application/problem+json", "%d with %q", a.Status, a.get("Content-Type"))
	var members map[string]any
	d := json.NewDecoder(strings.NewReader(string(a.Body)))
	err := d.Decode(&members)
	a.trial.check(err == nil && members != nil && !d.More(), "a JSON object", "%q", clip(a.Body))
	return a, members
}
