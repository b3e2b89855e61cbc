package api_test

import (
	"context"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fstest"
)

// asked is a shelf that remembers the last question.
type asked struct {
	shelf
	last *fsapi.StatQuestion
}

func (a asked) Stat(ctx context.Context, q fsapi.StatQuestion) (fsapi.Stat, error) {
	*a.last = q
	return a.shelf.Stat(ctx, q)
}

func TestAReadAsksForNoMoreThanItNeeds(t *testing.T) {
	body := content.InlineBody([]byte("text"))
	tag := `"` + body.Digest.String() + `"`
	a := asked{last: new(fsapi.StatQuestion), shelf: shelf{stat: fsapi.Stat{
		Commit: body.Digest, Inline: body.Inline, Entry: content.Entry{Mode: content.ModeRegular, Digest: body.Digest, Size: 4},
	}}}
	s := siteOver(t, a)
	tests := []struct {
		name, method string
		fields       string
		want         int
		inline       bool
		have         content.Digest
		fresh        fsapi.Freshness
	}{
		{"a read takes the body along", "GET", "", 200, true, content.Digest{}, fsapi.Linearizable},
		{"a head does not", "HEAD", "", 200, false, content.Digest{}, fsapi.Linearizable},
		{"what is there needs no sending", "GET", "If-None-Match: " + tag, 304, true, body.Digest, fsapi.Linearizable},
		{"a proxy's weak tag is as good", "GET", "If-None-Match: W/" + tag, 304, true, body.Digest, fsapi.Linearizable},
		{"old is good enough for some", "GET", "Cache-Control: max-stale=60", 200, true, content.Digest{}, fsapi.Any},
	}
	for _, tt := range tests {
		s.want(tt.want, tt.method, "/content/book@main/a", "", split(tt.fields)...)
		if (a.last.Inline > 0) != tt.inline || a.last.Have != tt.have || a.last.Fresh != tt.fresh {
			t.Errorf("%s: %+v", tt.name, *a.last)
		}
	}
}

func TestADateThatIsYetToComeIsNotTold(t *testing.T) {
	s := siteOver(t, shelf{stat: fsapi.Stat{
		Modified: time.Now().Add(time.Hour), Inline: []byte("x"), Entry: content.Entry{Mode: content.ModeRegular, Size: 1},
	}})
	a := s.want(200, "GET", "/content/book@main/a", "", "If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT")
	if got := a.Header.Get("Last-Modified"); got != "" {
		t.Errorf("Last-Modified: %s", got)
	}
}

func TestASubmoduleHasNoDocument(t *testing.T) {
	main, err := content.Branch("main")
	if err != nil {
		t.Fatal(err)
	}
	s := siteOver(t, shelf{stat: fsapi.Stat{Ref: main, Entry: content.Entry{Mode: content.ModeSubmodule, Size: -1}}})
	s.want(404, "GET", "/content/book@main/sub", "")
	s.want(409, "DELETE", "/content/book@main/sub", "", "If-Match", "*")
}

func TestALinkIsReadAsItsTextAndReplacedByADocument(t *testing.T) {
	fs := fstest.Memory(t)
	s := siteOver(t, fs)
	s.want(201, "PUT", "/repos/book", "{}")
	made := s.create("/content/book@main/target.png", "picture")
	link := content.InlineBody([]byte("target.png"))
	repo, err := content.ParseRepoID("book")
	if err != nil {
		t.Fatal(err)
	}
	main, err := content.Branch("main")
	if err != nil {
		t.Fatal(err)
	}
	path, err := content.ParsePath("link.png")
	if err != nil {
		t.Fatal(err)
	}
	_, err = fs.Change(t.Context(), content.ChangeSet{
		Repo: repo, Branch: main, Author: content.Signature{Name: "a", Email: "b"},
		Changes: []content.Change{{Path: path, Mode: content.ModeSymlink, Body: link}},
	})
	if err != nil {
		t.Fatal(err)
	}
	a := s.want(200, "GET", "/content/book@main/link.png", "")
	if a.body != "target.png" || a.Header.Get("Content-Type") != "text/plain; charset=utf-8" || a.etag() == made.etag() {
		t.Errorf("%q %v", a.body, a.Header)
	}
	s.want(204, "PUT", "/content/book@main/link.png", "own", "If-Match", a.etag())
	if a := s.want(200, "GET", "/content/book@main/link.png", ""); a.body != "own" || a.Header.Get("Content-Type") != "image/png" {
		t.Errorf("%q %v", a.body, a.Header)
	}
	if a := s.want(200, "GET", "/content/book@main/target.png", ""); a.body != "picture" {
		t.Errorf("the link was followed: %q", a.body)
	}
}

func TestAnEmptyRepositoryIsNotMissing(t *testing.T) {
	s := newSite(t)
	s.want(404, "GET", "/content/book@main/", "")
	s.want(404, "PUT", "/content/book@other/a", "x")
	s.want(404, "PUT", "/content/missing@main/a", "x")
	s.want(201, "PUT", "/content/book@main/a", "x")
	s.want(200, "GET", "/content/book@main/", "")
}
