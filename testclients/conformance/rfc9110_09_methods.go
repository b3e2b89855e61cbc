package conformance

import (
	"fmt"
	"slices"
	"strings"
)

// methods are RFC 9110 chapter 9, and Allow (10.2.1).
func methods() []charge {
	return []charge{
		{"9110/9.1/unknown", Should, "a method that no resource knows is 501", func(t *trial) {
			t.ask("BREW", t.document("tea").path).status(501)
		}},
		{"9110/9.1/case", Must, "methods are case-sensitive", func(t *trial) {
			t.ask("get", t.document("case").path).status(400, 405, 501)
		}},
		{"9110/9.2.1/safe", Must, "GET, HEAD and OPTIONS change nothing", func(t *trial) {
			d := t.tagged("unmoved")
			t.get(d.path)
			t.head(d.path)
			t.ask("OPTIONS", d.path)
			t.unchanged(d)
		}},
		{"9110/9.3.1/bytes", Must, "GET brings the bytes that PUT stored", func(t *trial) {
			t.get(t.document("line\r\nline\n\x00\xff\ttail").path).status(200).content("line\r\nline\n\x00\xff\ttail")
		}},
		{"9110/9.3.2/no-content", Must, "an answer to HEAD ends with its header section", func(t *trial) { t.headAlone() }},
		{"9110/9.3.2/length", Must, "HEAD tells the Content-Length of GET, or none", func(t *trial) {
			d := t.document("twenty-three bytes long")
			if got := t.head(d.path).status(200); got.get("Content-Length") != "" {
				got.field("Content-Length", fmt.Sprint(len(d.body)))
			}
		}},
		{"9110/9.3.2/fields", Should, "HEAD has the fields of GET", func(t *trial) {
			d := t.document("fields")
			t.alone(func() {
				get, head := t.get(d.path).status(200), t.head(d.path).status(200)
				for _, name := range []string{
					"ETag", "Last-Modified", "Content-Type", "Content-Language", "Cache-Control", "Vary", "Accept-Ranges", "Link", "Content-Location",
				} {
					head.same(name, get)
				}
			})
		}},
		{"9110/9.3.2/missing", Must, "HEAD of nothing is what GET of nothing is", func(t *trial) {
			d := t.free(".txt", "")
			t.head(d.path).status(t.get(d.path).status(404, 410).Status)
		}},
		{"9110/9.3.3/created", Should, "a POST that made a resource is 201 and tells in Location where it is", func(t *trial) {
			made := t.post(t.name("")).status(201).has("Location")
			t.get(t.local(made.get("Location"))).status(200)
		}},
		{"9110/9.3.4/created", Must, "a PUT that made a document is 201", func(t *trial) {
			t.put(t.free(".txt", "text/plain"), "new", "If-None-Match", "*").status(201)
		}},
		{"9110/9.3.4/replaced", Must, "a PUT that changed a document is 200 or 204, and GET brings the new bytes", func(t *trial) {
			d := t.document("old")
			t.put(d, "new", "If-Match", d.tag).status(200, 204)
			t.get(d.path).status(200).content("new")
		}},
		{"9110/9.3.4/tag", Must, "the answer to PUT tells a tag only if the bytes were stored as they came, and then the right one", func(t *trial) {
			d := t.free(".txt", "text/plain")
			told := t.put(d, "verbatim", "If-None-Match", "*").done().get("ETag")
			if told == "" {
				t.notApplicable("an answer to PUT tells no ETag")
			}
			t.get(d.path).status(200).field("ETag", told).content("verbatim")
		}},
		{"9110/9.3.5/delete", Must, "DELETE takes the document away", func(t *trial) {
			d := t.document("short-lived")
			t.ask("DELETE", d.path, "If-Match", d.tag).status(200, 202, 204)
			t.absent(d)
		}},
		{"9110/9.3.5/missing", Should, "DELETE of nothing is 404", func(t *trial) {
			t.ask("DELETE", t.free(".txt", "").path).status(404, 410)
		}},
		{"9110/9.3.7/options", Should, "OPTIONS is 2xx and tells what is allowed", func(t *trial) {
			got := t.ask("OPTIONS", t.document("options").path)
			t.needs(Allow, got.Status/100 == 2, fmt.Sprintf("OPTIONS is %d", got.Status))
			got.status(200, 204).has("Allow").lists("Allow", "GET").lists("Allow", "HEAD")
		}},
		{"9110/9.3.7/server", Choice, "OPTIONS * asks about the server, and is answered or refused, not lost", func(t *trial) {
			t.ask("OPTIONS", "*").status(200, 204, 400, 404, 405, 501)
		}},
		{"9110/9.3.8/trace", Must, "TRACE is refused, or does not tell credentials back", func(t *trial) {
			got := t.ask("TRACE", t.document("trace").path, "Authorization", "Basic c2VjcmV0OnNlY3JldA==")
			got.status(200, 400, 401, 403, 405, 501)
			t.check(!strings.Contains(string(got.Body), "c2VjcmV0"), "an answer without the credentials", "they are in it")
		}},
		{"9110/10.2.1/true", Must, "what Allow lists is not 405, and what it does not list is 405", func(t *trial) {
			d := t.tagged(`{"allow":"true"}`)
			allowed := t.allowed(d)
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
				got := t.with(method, d.path, "{}", "If-Match", otherTag, "Content-Type", "text/plain")
				t.check(slices.Contains(allowed, method) == (got.Status != 405 && got.Status != 501),
					"an Allow that is true of "+method, "%d with Allow: %s", got.Status, strings.Join(allowed, ", "))
			}
		}},
		{"9110/10.2.1/same", Should, "405 and OPTIONS have the same Allow", func(t *trial) {
			d := t.document("{}")
			allowed := t.allowed(d)
			refused := list(t.refusedMethod(d).Header.Values("Allow"))
			slices.Sort(allowed)
			slices.Sort(refused)
			t.check(slices.Equal(allowed, refused), "Allow: "+strings.Join(allowed, ", "), "with 405: %s", strings.Join(refused, ", "))
		}},
	}
}

// allowed returns what OPTIONS says of a document.
func (t *trial) allowed(d *document) []string {
	got := t.ask("OPTIONS", d.path)
	t.needs(Allow, got.Status/100 == 2, fmt.Sprintf("OPTIONS is %d", got.Status))
	return list(got.has("Allow").Header.Values("Allow"))
}

// refusedMethod asks something of a document that is 405.
func (t *trial) refusedMethod(d *document) *answer {
	for _, method := range []string{"POST", "PATCH"} {
		if !t.offers.can(method) {
			return t.with(method, d.path, "{}", "Content-Type", "application/json").status(405)
		}
	}
	t.notApplicable("documents take every method")
	return nil
}

// headAlone sends HEAD on a connection of its own, to see all that comes.
func (t *trial) headAlone() {
	d := t.document("not to be seen")
	for _, path := range []string{d.path, t.free(".txt", "").path} {
		got, rest, _ := t.raw("HEAD", t.request("HEAD", path, nil, "Connection", "close").Bytes(t.client.Host()))
		t.check(got != nil, "an answer", "none")
		t.check(len(rest) == 0, "nothing after the header section", "%d bytes: %q", len(rest), clip(rest))
	}
}

// local returns the path of a URL on this server, which may be one already.
func (t *trial) local(location string) string {
	path := strings.TrimPrefix(location, t.client.Base())
	t.check(strings.HasPrefix(path, "/"), "a URL on this server", "%q", location)
	return strings.TrimPrefix(path, t.client.Prefix())
}
