package gitdoor_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fstest"
)

func TestDraftsAreHidden(t *testing.T) {
	versions(t, func(t *testing.T, s *site) {
		s.write(map[string]string{"a": "1"})
		s.clone("c")
		s.git("c", "checkout", "-q", "-b", "secret")
		secret := s.commit("c", "b", "1")
		s.git("c", "push", "-q", "origin", "secret")
		draft, err := content.ParseRefName("refs/drafts/ada/1")
		if err != nil {
			t.Fatal(err)
		}
		rev, _ := content.ParseRevision(secret)
		if _, err := s.fs.MoveRef(t.Context(), fsapi.RefMove{Repo: s.book, Name: draft, To: rev}); err != nil {
			t.Fatal(err)
		}
		s.git("c", "push", "-q", "origin", ":secret")
		if got := s.git("", "ls-remote", s.repo()); strings.Contains(got, "drafts") || strings.Contains(got, secret) {
			t.Errorf("shown are\n%s", got)
		}
		s.clone("other")
		s.refused("not our ref", "other", "fetch", "-q", "origin", secret)
		blob := s.git("c", "rev-parse", secret+":b")
		s.refused("not our ref", "other", "fetch", "-q", "origin", strings.Repeat("0", 39)+"1", blob)
	})
}

func TestALargeBodyGoesAlong(t *testing.T) {
	s := newSite(t, fstest.Memory(t))
	text := strings.Repeat("a large body ", 300_000)
	d, err := s.fs.Upload(t.Context(), s.book, int64(len(text)), strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	main, _ := content.Branch("main")
	p, _ := content.ParsePath("large")
	_, err = s.fs.Change(t.Context(), content.ChangeSet{
		Repo: s.book, Branch: main, Author: content.Signature{Name: "Ada"},
		Changes: []content.Change{{Path: p, Body: content.Body{Digest: d, Size: int64(len(text))}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.clone("c")
	if got := s.git("c", "rev-parse", "HEAD:large"); got != d.String() {
		t.Errorf("large is %s, not %v", got, d)
	}
	s.commit("c", "copy", text) // builds on what is there among the bodies
	s.git("c", "push", "-q", "origin", "main")
	s.clone("again")
}

func TestAnEmptyTreeIsCloned(t *testing.T) {
	s := newSite(t, fstest.Memory(t))
	s.git("", "init", "-q", "-b", "main", "c")
	s.git("c", "commit", "-q", "--allow-empty", "-m", "Nothing yet")
	s.git("c", "push", "-q", s.repo(), "main")
	s.clone("again")
}

func TestManyWritersByGitAndByHTTP(t *testing.T) {
	s := newSite(t, fstest.Memory(t))
	s.write(map[string]string{"a": "1"})
	const writers, rounds = 4, 5
	for i := range writers {
		s.clone(fmt.Sprint("c", i))
	}
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			clone := fmt.Sprint("c", i)
			for n := range rounds {
				s.commit(clone, fmt.Sprint("by", i), fmt.Sprint(n))
				for try := 0; ; try++ { // whoever was not the fastest fetches, and tries again
					if _, err := s.try(clone, "push", "-q", "origin", "main"); err == nil {
						break
					}
					if out, err := s.try(clone, "pull", "-q", "--rebase", "origin", "main"); err != nil || try > 200 {
						t.Errorf("%s: %v after %d tries\n%s", clone, err, try, out)
						return
					}
				}
			}
		})
	}
	wg.Go(func() {
		for n := range rounds {
			s.write(map[string]string{"by HTTP": fmt.Sprint(n)})
		}
	})
	wg.Wait()
	s.clone("all")
	if got := s.git("all", "rev-list", "--count", "--no-merges", "HEAD"); got != fmt.Sprint(1+(writers+1)*rounds) {
		t.Errorf("%s commits came of %d", got, 1+(writers+1)*rounds)
	}
	for i := range writers {
		if got := s.text("main", fmt.Sprint("by", i)); got != fmt.Sprint(rounds-1) {
			t.Errorf("by%d holds %q", i, got)
		}
	}
}

// The checks for leaks at the end are what this test is about.
func TestAClientThatGoesAwayEndsItsFetch(t *testing.T) {
	s := newSite(t, fstest.Memory(t))
	s.git("", "init", "-q", "-b", "main", "c")
	for i := range 40 {
		s.save("c", fmt.Sprint("f", i), paragraphs(20_000, fmt.Sprint(i)))
	}
	tip := s.commit("c", "last", "last")
	s.git("c", "push", "-q", s.repo(), "main")
	request := line("command=fetch") + "0001" + line("want %s", tip) + line("done") + "0000"
	for range 3 {
		r, err := http.NewRequest("POST", s.repo()+"/git-upload-pack", strings.NewReader(request))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-git-upload-pack-request")
		r.Header.Set("Git-Protocol", "version=2")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(answer.Body, make([]byte, 1000)); err != nil {
			t.Errorf("%s: %v", answer.Status, err)
		}
		answer.Body.Close()
	}
}
