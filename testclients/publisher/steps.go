package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"rhapsode/testclients/door"
	"rhapsode/testclients/press"
)

// read holds a page of an edition to its promises.
func (r *round) read(e press.Edition) {
	page := e.Content + r.module
	got := r.get(page, 200)
	if r.err != nil {
		return
	}
	if string(got.Body) != r.good {
		r.fail("%s is not what was published", page)
	}
	if c := got.Header.Get("Cache-Control"); !strings.Contains(c, "immutable") {
		r.fail("%s: Cache-Control: %s", page, c)
	}
	r.cond(page, got.ETag())
	head := r.ask(door.Ask{Method: "HEAD", Path: page}, 200)
	if r.err == nil && (head.ETag() != got.ETag() || head.Header.Get("Content-Length") != fmt.Sprint(len(got.Body))) {
		r.fail("HEAD %s: %s of %s bytes, GET: %s of %d", page, head.ETag(), head.Header.Get("Content-Length"), got.ETag(), len(got.Body))
	}
	r.ask(door.Ask{Method: "PUT", Path: page, Body: []byte("other"), Header: map[string]string{"If-Match": "*"}}, 405)
	r.ask(door.Ask{Method: "DELETE", Path: page, Header: map[string]string{"If-Match": "*"}}, 405)
	r.latest(e)
	for _, accept := range []string{"application/json", "text/html", "application/epub+zip", "application/zip"} {
		sent := r.ask(door.Ask{Method: "GET", Path: e.URL, Header: map[string]string{"Accept": accept}}, 200)
		if r.err == nil && !strings.HasPrefix(sent.Header.Get("Content-Type"), accept) {
			r.fail("%s as %s is %s", e.URL, accept, sent.Header.Get("Content-Type"))
		}
	}
}

func (r *round) cond(path, etag string) {
	r.ask(door.Ask{Method: "GET", Path: path, Header: map[string]string{"If-None-Match": etag}}, 304)
}

// take downloads everything, whole and in parts.
func (r *round) take(e press.Edition) {
	types := map[string]int{}
	for _, d := range e.Downloads {
		types[d.Type]++
		whole := r.get(d.URL, 200)
		if r.err != nil {
			return
		}
		sum := sha256.Sum256(whole.Body)
		if int64(len(whole.Body)) != d.Size || hex.EncodeToString(sum[:]) != d.SHA256 || whole.Header.Get("Content-Type") != d.Type {
			r.fail("%s has %d bytes of %s, and another size, type or digest is promised: %+v", d.URL, len(whole.Body), whole.Header.Get("Content-Type"), d)
		}
		if c := whole.Header.Get("Content-Disposition"); !strings.Contains(c, d.Name) {
			r.fail("%s: Content-Disposition: %q", d.URL, c)
		}
		if c := whole.Header.Get("Cache-Control"); !strings.Contains(c, "immutable") {
			r.fail("%s: Cache-Control: %q", d.URL, c)
		}
		r.cond(d.URL, whole.ETag())
		part := r.ask(door.Ask{Method: "GET", Path: d.URL, Header: map[string]string{"Range": "bytes=10-19", "If-Range": whole.ETag()}}, 206)
		if r.err == nil && string(part.Body) != string(whole.Body[10:20]) {
			r.fail("%s: bytes 10 to 19 are others in part", d.URL)
		}
		head := r.ask(door.Ask{Method: "HEAD", Path: d.URL}, 200)
		if r.err == nil && head.Header.Get("Content-Length") != fmt.Sprint(d.Size) {
			r.fail("HEAD %s: %s bytes", d.URL, head.Header.Get("Content-Length"))
		}
	}
	if r.err == nil && (types["application/zip"] != 2 || types["application/epub+zip"] == 0) {
		r.fail("the downloads are of the types %v", types)
	}
	got := r.ask(door.Ask{Method: "GET", Path: e.URL + "/downloads/latest", Header: map[string]string{"Accept": "application/epub+zip"}}, 302)
	if r.err == nil && !strings.HasSuffix(got.Header.Get("Location"), ".epub") {
		r.fail("to who wants an EPUB %s is recommended", got.Header.Get("Location"))
	}
	r.get(e.URL+"/downloads/other.pdf", 404)
}

func (r *round) unchanged() {
	if pub := r.order(r.press, press.Order{}); r.err == nil && pub.State != "unchanged" {
		r.fail("the same state again is %q, not unchanged", pub.State)
	}
}

// refused has a state refused in which a picture is missing.
func (r *round) refused(latest press.Edition) {
	broken := strings.Replace(r.good, pictureMark, pictureMark+"not-there-", 1)
	line := 1 + strings.Count(r.good[:strings.Index(r.good+pictureMark, pictureMark)], "\n")
	r.save(r.module, broken)
	pub := r.await(r.order(r.press, press.Order{}).ID, "failed")
	if r.err != nil {
		return
	}
	for _, f := range pub.Findings {
		if f.Severity == "error" && f.Code == "missing-file" && f.Path == r.module && f.Line == line && f.Mend != "" {
			r.latest(latest)
			return
		}
	}
	r.fail("no missing-file at %s:%d in %+v", r.module, line, pub.Findings)
}

// mended publishes a good state again.
func (r *round) mended() press.Edition {
	r.good += "\n<!-- mended -->"
	r.save(r.module, r.good)
	e := r.publish("main", "Mended")
	if r.err == nil && e.Number != "1.2" {
		r.fail("a change of contents makes edition %s, not 1.2", e.Number)
	}
	r.latest(e)
	return e
}

// scheduled has one published far ahead, which is cancelled, and one in a moment.
func (r *round) scheduled() {
	r.good += "\n<!-- later -->"
	r.save(r.module, r.good)
	far, soon := time.Now().Add(1000*time.Hour), time.Now().Add(2*time.Second)
	pub := r.await(r.order(r.press, press.Order{PublishAt: &far}).ID, "scheduled")
	r.ask(door.Ask{Method: "DELETE", Path: pub.URL}, 200)
	r.ask(door.Ask{Method: "DELETE", Path: pub.URL}, 405)
	r.await(pub.ID, "cancelled")
	pub = r.await(r.order(r.press, press.Order{PublishAt: &soon}).ID, "done")
	r.edition(pub)
	for _, s := range pub.Steps {
		if s.Name == "release" && s.Began.Before(soon.Add(-time.Second)) {
			r.fail("what was to be published at %v was released at %v", soon, s.Began)
		}
	}
}

// asked publishes as one of two authors, so that the other and a moderator are asked.
func (r *round) asked() {
	r.good = strings.Replace(r.good, "</metadata>", `<md:actors xmlns:md="http://cnx.rice.edu/mdml"><md:person userid="ada"><md:fullname>Ada</md:fullname></md:person>`+
		`<md:person userid="ben"><md:fullname>Ben</md:fullname></md:person></md:actors>`+
		`<md:roles xmlns:md="http://cnx.rice.edu/mdml"><md:role type="author">ada ben</md:role></md:roles></metadata>`, 1)
	r.save(r.module, r.good)
	if r.err == nil {
		_, r.err = r.press.Put(r.ctx, r.press.Path("/settings"), map[string]any{
			"visibility": "public", "acceptance": true, "moderation": true,
			"roles": map[string][]string{"ada": {"publisher"}, "ben": {"author"}, "mo": {"moderator"}},
		}, 200, 204)
	}
	ada, ben, mo := r.as("ada"), r.as("ben"), r.as("mo")
	pub := r.order(ada, press.Order{Message: "By Ada and Ben"})
	pub = r.await(pub.ID, "waiting-for-acceptance")
	word := r.press.Path("/publications/%d/acceptances/ben", pub.ID)
	yes := []byte(`{"accept": true}`)
	r.askAs(ada, door.Ask{Method: "PUT", Path: word, Body: yes, Header: anyway()}, 403, 409) // nobody answers for another
	r.askAs(ben, door.Ask{Method: "PUT", Path: word, Body: yes, Header: anyway()}, 200, 204)
	r.await(pub.ID, "waiting-for-moderation")
	word = r.press.Path("/publications/%d/moderation", pub.ID)
	r.askAs(ben, door.Ask{Method: "PUT", Path: word, Body: yes, Header: anyway()}, 403)
	r.askAs(mo, door.Ask{Method: "PUT", Path: word, Body: yes, Header: anyway()}, 200, 204)
	r.edition(r.await(pub.ID, "done"))
}

func anyway() map[string]string {
	return map[string]string{"Content-Type": "application/json", "If-Match": "*"}
}

// as makes a token for a user.
func (r *round) as(user string) press.Press {
	if r.err != nil {
		return r.press
	}
	got, err := r.press.Post(r.ctx, "/tokens", map[string]any{"user": user, "label": "publisher"}, 201)
	var made struct {
		Text string `json:"token"`
	}
	if err == nil {
		err = json.Unmarshal(got.Body, &made)
	}
	if err != nil {
		r.fail("a token for %s: %w", user, err)
	}
	return r.press.As(made.Text)
}

// withdraw takes an edition back; others stay.
func (r *round) withdraw(e, other press.Edition) {
	if r.err != nil {
		return
	}
	const reason = "A page was not ours"
	r.ask(door.Ask{Method: "DELETE", Path: e.URL, Header: map[string]string{"If-Match": "*"}}, 400)
	r.ask(door.Ask{Method: "DELETE", Path: e.URL, Header: map[string]string{"If-Match": "*", "Rhapsode-Message": reason}}, 200, 204)
	for _, path := range []string{e.URL, e.Content + r.module, e.Downloads[0].URL} {
		if got := r.get(path, 410); r.err == nil && !strings.Contains(string(got.Body), reason) {
			r.fail("%s does not say why it is gone: %s", path, got.Body)
		}
	}
	r.get(other.Content+r.module, 200)
	if r.err != nil {
		return
	}
	all, err := r.press.Editions(r.ctx)
	if err != nil {
		r.fail("%w", err)
	}
	for i, e := range all {
		if i > 0 && e.Number == all[i-1].Number {
			r.fail("edition %s is listed twice", e.Number)
		}
	}
	if len(all) != 4 {
		r.fail("%d editions are listed, not the 4 that were made", len(all))
	}
}
