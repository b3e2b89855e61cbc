package api_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

const order = `{"reason":"order 7 of the court","blocked_by":"https://court.example/7"}`

// withheld checks that an answer is what RFC 7725 wants of one that the law forbids.
func (h *hall) withheld(who, method, path string, fields ...string) {
	h.t.Helper()
	a := h.as(451, who, method, path, "", fields...)
	if a.Header.Get("Link") != `<https://court.example/7>; rel="blocked-by"` || a.Header.Get("Cache-Control") != "no-store" {
		h.t.Errorf("%s %s: %v", method, path, a.Header)
	}
	if method != "HEAD" && (a.member(h.t, "reason") != "order 7 of the court" || a.member(h.t, "blocked_by") != "https://court.example/7") {
		h.t.Errorf("%s %s: %s", method, path, a.body)
	}
}

// What the law demands to be withheld, nobody reads at any door, whatever their role in the
// repository, but admins, until the takedown is lifted; and both stay on record.
func TestARepositoryIsTakenDown(t *testing.T) {
	h := newHall(t)
	first := h.as(200, "reader", "GET", "/content/book@main/a.txt", "")
	h.as(401, "nobody", "PUT", "/repos/book/takedowns/repository", order)
	for _, who := range []string{"stranger", "maintainer", "moderator"} {
		h.as(403, who, "PUT", "/repos/book/takedowns/repository", order)
		h.as(403, who, "GET", "/repos/book/takedowns", "")
	}
	h.as(422, "admin", "PUT", "/repos/book/takedowns/repository", `{"reason":"x","blocked_by":"court"}`)
	h.as(404, "admin", "PUT", "/repos/none/takedowns/repository", order)
	h.as(404, "admin", "PUT", "/repos/book/takedowns/9.9", order)
	h.as(404, "admin", "DELETE", "/repos/book/takedowns/repository", "")
	made := h.as(201, "admin", "PUT", "/repos/book/takedowns/repository", order)
	if made.member(t, "by") == "" || made.Header.Get("Location") != "/repos/book/takedowns/repository" {
		t.Errorf("taken down: %v %s", made.Header, made.body)
	}

	password := base64.StdEncoding.EncodeToString([]byte("reader:" + h.tokens["reader"]))
	for _, path := range []string{
		"/repos/book", "/repos/book/settings", "/repos/book/branches", "/repos/book/branches/main", "/repos/book/commits", "/repos/book/history/a.txt",
		"/content/book/a.txt", "/content/book@main/a.txt", "/content/book@main/", first.Header.Get("Content-Location"),
	} {
		h.withheld("reader", "GET", path)
		h.withheld("maintainer", "HEAD", path)
		h.as(404, "stranger", "GET", path, "") // who may not know of it does not learn that it is withheld
	}
	h.withheld("nobody", "GET", "/git/book.git/info/refs?service=git-upload-pack", "Authorization", "Basic "+password)
	h.as(451, "author", "PUT", "/content/book@main/b.txt", "x", "If-None-Match", "*")
	h.as(451, "maintainer", "DELETE", "/repos/book", "", "If-Match", "*")
	if list := h.as(200, "reader", "GET", "/repos", "").body; strings.Contains(list, "book") {
		t.Errorf("it is listed: %s", list)
	}
	h.as(200, "admin", "GET", "/content/book@main/a.txt", "")

	h.as(204, "admin", "DELETE", "/repos/book/takedowns/repository", "")
	h.as(200, "reader", "GET", "/content/book@main/a.txt", "")
	record := h.as(200, "admin", "GET", "/repos/book/takedowns", "").body
	if !strings.Contains(record, "order 7") || !strings.Contains(record, `"lifted":`) || !strings.Contains(record, `"lifted_by":`) {
		t.Errorf("the record: %s", record)
	}
}

// An edition that is taken down is withheld by its number, as its files, and by its commit; others
// and the work that goes on are not.
func TestAnEditionIsTakenDown(t *testing.T) {
	h := newHall(t)
	h.as(200, "admin", "PATCH", "/repos/book/settings", `{"visibility":"public","moderation":false,"acceptance":false}`, "If-Match", "*", "Content-Type", "application/merge-patch+json", "Prefer", "return=representation")
	h.as(201, "admin", "PUT", "/content/book@main/collections/a.collection.xml", bookOf("m1"), "If-None-Match", "*")
	h.as(201, "admin", "PUT", "/content/book@main/modules/m1/index.cnxml", pageOfBook("m1", m1, "first"), "If-None-Match", "*")
	h.edition()
	h.as(200, "admin", "PUT", "/content/book@main/modules/m1/index.cnxml", pageOfBook("m1", m1, "second"), "If-Match", "*", "Prefer", "return=representation")
	h.edition()
	const text = "modules/m1/index.cnxml"
	one := h.as(200, "nobody", "GET", "/content/book@1.1/"+text, "")
	var files []string
	for _, d := range h.as(200, "nobody", "GET", "/repos/book/versions/1.1", "").member(t, "downloads").([]any) {
		files = append(files, d.(map[string]any)["href"].(string))
	}
	if len(files) == 0 {
		t.Fatal("nothing was made of the edition")
	}

	h.as(201, "admin", "PUT", "/repos/book/takedowns/1.1", order)
	h.as(200, "admin", "PUT", "/repos/book/takedowns/1.1", order, "Prefer", "return=representation") // again
	for _, path := range append(files,
		"/content/book@1.1/"+text, "/content/book@1.1/", "/repos/book/versions/1.1", "/repos/book/versions/1.1/downloads",
		one.Header.Get("Content-Location"), "/repos/book/history/"+text+"?ref=1.1") {
		h.withheld("nobody", "GET", path)
		h.withheld("maintainer", "GET", path)
	}
	for _, path := range []string{"/content/book@1.2/" + text, "/content/book@main/" + text, "/repos/book/versions/1.2", "/repos/book/versions"} {
		h.as(200, "nobody", "GET", path, "")
	}
	if refs := h.ask("GET", "/git/book.git/info/refs?service=git-upload-pack", nil).body; strings.Contains(refs, "refs/tags/v/1.1") || !strings.Contains(refs, "refs/tags/v/1.2") {
		t.Errorf("git is shown %s", refs)
	}
	h.as(200, "admin", "GET", "/content/book@1.1/"+text, "")
	if record := h.as(200, "admin", "GET", "/repos/book/takedowns", "").body; strings.Count(record, "order 7") != 1 {
		t.Errorf("the repeat is on record: %s", record)
	}
	h.as(204, "admin", "DELETE", "/repos/book/takedowns/1.1", "")
	h.as(200, "nobody", "GET", "/content/book@1.1/"+text, "")
}

// edition has the default branch published, and waits until that is done.
func (h *hall) edition() {
	h.t.Helper()
	asked := h.as(202, "admin", "POST", "/repos/book/publications", `{"ref":"main","message":"An edition"}`)
	for deadline := time.Now().Add(30 * time.Second); ; {
		a := h.as(200, "admin", "GET", asked.Header.Get("Location"), "")
		switch {
		case a.member(h.t, "state") == "done":
			return
		case time.Now().After(deadline), a.member(h.t, "state") == "failed":
			h.t.Fatalf("no edition: %s", a.body)
		}
	}
}
