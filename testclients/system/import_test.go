package system_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rhapsode/testclients/door"
	"rhapsode/testclients/rig"
)

// TestExampleBook: the first start brings the example book, and an author can begin.
func TestExampleBook(t *testing.T) {
	r := up(t, t.TempDir())
	front := dial(t, r.Front())
	var commits []string
	until(t, 30*time.Second, "the example book", func() error {
		commits = nil
		return front.Pages(t.Context(), "/repos/guide/commits", func(page []byte) error {
			found, err := door.Changes(page)
			commits = append(commits, found...)
			return err
		})
	})
	if len(commits) < 5 {
		t.Errorf("the example book has the commits %v", commits)
	}
	for _, base := range []string{r.Front(), r.APIs()[0]} {
		tour := exec.CommandContext(t.Context(), program("author"), base)
		if out, err := tour.CombinedOutput(); err != nil {
			t.Errorf("the authoring client at %s: %v\n%s", base, err, out)
		}
	}
}

// TestImportOfCorpus and TestImportOfGeneratedHistory: what was imported has
// git's own ids and every byte, and to import it again changes nothing.
func TestImportOfCorpus(t *testing.T)           { importTwice(t, corpusTruth(t)) }
func TestImportOfGeneratedHistory(t *testing.T) { importTwice(t, generatedTruth(t)) }

func importTwice(t *testing.T, tr truth) {
	r := up(t, t.TempDir(), "--no-import")
	for range 2 {
		if out, err := importer(t, r, tr).CombinedOutput(); err != nil {
			t.Fatalf("import: %v\n%s", err, out)
		}
		check(t, dial(t, r.Front()), tr)
	}
}

const repo = "python-book"

// importTime is how long an import may take: it is some seconds.
const importTime = time.Minute

// importer is a command that imports tr, and is ended with the test or when it takes too long.
func importer(t *testing.T, r *rig.Rig, tr truth) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), importTime)
	t.Cleanup(cancel)
	return exec.CommandContext(ctx, program("rhapsode"), "import", tr.source, "--repo", repo, "--url", r.Front())
}

// TestKilledImport: an import that was killed -9 in the middle is finished by the next.
func TestKilledImport(t *testing.T) {
	tr := generatedTruth(t)
	tr.source = bundleOf(t, tr)
	whole, err := os.ReadFile(tr.source)
	if err != nil {
		t.Fatal(err)
	}
	status := fmt.Sprintf("/repos/%s/imports/%x", repo, sha256.Sum256(whole))
	r := up(t, t.TempDir(), "--no-import")
	api := dial(t, r.APIs()[0])

	first := importer(t, r, tr)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, 30*time.Second, "a part of the bundle", func() error {
		got, err := api.Want(t.Context(), door.Ask{Method: "HEAD", Path: status}, 200, 204)
		if offset := got.Header.Get("Upload-Offset"); err == nil && (offset == "" || offset == "0") {
			err = fmt.Errorf("Upload-Offset: %q", offset)
		}
		return err
	})
	first.Process.Kill() // it may have ended already: then there is nothing to go on with
	t.Logf("killed: %v", first.Wait())
	if out, err := importer(t, r, tr).CombinedOutput(); err != nil {
		t.Fatalf("import after a kill: %v\n%s", err, out)
	}
	check(t, api, tr)
}

// bundleOf has git put a generated history into a bundle.
func bundleOf(t *testing.T, tr truth) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "history.bundle")
	if out, err := exec.Command("git", "-C", tr.source, "bundle", "create", file, "--all").CombinedOutput(); err != nil {
		t.Fatalf("git bundle: %v\n%s", err, out)
	}
	return file
}

// check holds a repository against the truth.
func check(t *testing.T, d *door.Client, tr truth) {
	t.Helper()
	seen := map[string]string{}
	for ref, commit := range tr.refs {
		_, name, _ := strings.Cut(strings.TrimPrefix(ref, "refs/"), "/")
		list := commitsOf(t, d, name)
		if len(list) == 0 || list[0].Commit != commit {
			t.Errorf("%s is not at %s", ref, commit)
		}
		for _, c := range list {
			seen[c.Commit] = c.Tree
		}
	}
	for commit, tree := range tr.commits {
		if seen[commit] != tree {
			t.Errorf("commit %s has tree %q, not %s", commit, seen[commit], tree)
		}
	}
	if len(seen) != len(tr.commits) {
		t.Errorf("%d commits, not %d", len(seen), len(tr.commits))
	}
	checkBranches(t, d, tr)
	for path, want := range tr.files {
		got, err := d.Do(t.Context(), door.Ask{Method: "GET", Path: door.Document(repo, "main", path)})
		if err != nil || got.Status != 200 || !bytes.Equal(got.Body, want) || got.ETag() != blobTag(want) {
			t.Errorf("%s: %d, %d bytes of %s, not %d of %s; %v", path, got.Status, len(got.Body), got.ETag(), len(want), blobTag(want), err)
		}
	}
}

type commit struct{ Commit, Tree string }

// commitsOf returns all commits of a branch or tag, newest first.
func commitsOf(t *testing.T, d *door.Client, ref string) (all []commit) {
	t.Helper()
	err := d.Pages(t.Context(), "/repos/"+repo+"/commits?ref="+url.QueryEscape(ref), func(page []byte) error {
		var list struct{ Items []commit }
		err := json.Unmarshal(page, &list)
		all = append(all, list.Items...)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return all
}

// checkBranches: the list of branches is that of the truth, no more and no less.
func checkBranches(t *testing.T, d *door.Client, tr truth) {
	t.Helper()
	found := map[string]string{}
	err := d.Pages(t.Context(), "/repos/"+repo+"/branches", func(page []byte) error {
		var list struct {
			Items []struct{ Name, Commit string }
		}
		err := json.Unmarshal(page, &list)
		for _, b := range list.Items {
			found["refs/heads/"+b.Name] = b.Commit
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	for ref, commit := range tr.refs {
		if strings.HasPrefix(ref, "refs/heads/") && found[ref] != commit {
			t.Errorf("%s is listed at %q, not %s", ref, found[ref], commit)
		}
		delete(found, ref)
	}
	if len(found) > 0 {
		t.Errorf("branches that should not be there: %v", found)
	}
}

// somewhatRandom makes n bytes that do not compress, the same for the same seed.
func somewhatRandom(seed, n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(seed)}).Read(b) // never fails
	return b
}
