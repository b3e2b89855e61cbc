package system_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"rhapsode/testclients/bench"
	"rhapsode/testclients/door"
	"rhapsode/testclients/press"
	"rhapsode/testclients/rig"
)

// TestPublishingRound: the publishing client goes its whole round, through nginx and direct, with
// a small book and with the corpus.
func TestPublishingRound(t *testing.T) {
	r := up(t, t.TempDir(), "--no-import")
	until(t, 10*time.Second, "a new repository", func() error { return dial(t, r.Front()).CreateRepo(t.Context(), "first") })
	for _, base := range []string{r.Front(), r.APIs()[1]} {
		runPublisher(t, base)
	}
	runPublisher(t, r.Front(), corpusTruth(t).source)
}

func runPublisher(t *testing.T, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, program("publisher"), args...).CombinedOutput(); err != nil {
		t.Errorf("the publishing client with %v: %v\n%s", args, err, out)
	}
}

// bookToPublish imports the corpus under a name.
func bookToPublish(t *testing.T, d *door.Client, name string) press.Press {
	t.Helper()
	makeRepo(t, d, name)
	f, err := os.Open(corpusTruth(t).source)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil {
		err = d.Import(t.Context(), name, f, info.Size())
	}
	if err != nil {
		t.Fatal(err)
	}
	return press.New(d, name)
}

// TestCorpusIsPublished: the sample book becomes an edition that other programs open; with any
// one thing broken it is refused by the name of that, in a publication from a branch.
func TestCorpusIsPublished(t *testing.T) {
	r := up(t, t.TempDir(), "--no-import")
	front := dial(t, r.Front())
	p := bookToPublish(t, front, repo)
	edition, err := p.Publish(t.Context(), press.Order{Message: "All of it"})
	if err != nil {
		t.Fatal(err)
	}
	if edition.Number != "1.1" || len(edition.Downloads) != 3 {
		t.Fatalf("edition %s with %d downloads", edition.Number, len(edition.Downloads))
	}
	for _, d := range edition.Downloads {
		data := want(t, front, door.Ask{Method: "GET", Path: d.URL}, 200).Body
		switch {
		case strings.HasSuffix(d.Name, ".epub"):
			t.Run("epubcheck", func(t *testing.T) { epubcheck(t, data) })
		case strings.HasSuffix(d.Name, "-site.zip"):
			t.Run("browser", func(t *testing.T) { browse(t, data) })
		}
	}
	const (
		collection = "collections/introduction-python-programming.collection.xml"
		module     = "modules/m00005/index.cnxml"
	)
	tests := []struct {
		code, path, old, new string
		at                   string // where it is found, if not where it is broken
	}{
		{"missing-file", module, `src="\.\./\.\./media/`, `src="../../media/no-`, ""},
		{"missing-link-module", module, `<content>`, `<content><para id="x"><link document="m99999">there</link></para>`, ""},
		{"missing-link-target", module, `<content>`, `<content><para id="x"><link document="m00006" target-id="no-such-id">there</link></para>`, ""},
		{"missing-module", collection, `document="m00005"`, `document="m99999"`, ""},
		{"forbidden-licence", collection, `<md:license[^>]*>[^<]*(</md:license>)?`, `<md:license url="https://example.invalid/all-rights-reserved"/>`, ""},
		{"no-title", collection, `<md:title>[^<]*</md:title>`, `<md:title></md:title>`, `<(col:)?metadata`},
		{"malformed", module, `</document>`, `</documents>`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			doc := door.Document(repo, tt.code, tt.path)
			want(t, front, door.Ask{Method: "PUT", Path: p.Path("/branches/%s", tt.code), Body: []byte(`{"from":"main"}`),
				Header: map[string]string{"If-None-Match": "*", "Content-Type": "application/json"}}, 201)
			good := want(t, front, door.Ask{Method: "GET", Path: doc}, 200)
			place := regexp.MustCompile(tt.old).FindIndex(good.Body)
			if place == nil {
				t.Fatalf("%s has no %s", tt.path, tt.old)
			}
			broken := fmt.Appendf(nil, "%s%s%s", good.Body[:place[0]], tt.new, good.Body[place[1]:])
			want(t, front, door.Ask{Method: "PUT", Path: doc, Body: broken, Header: map[string]string{"If-Match": good.ETag()}}, 200, 204)
			pub, _, err := p.Ask(t.Context(), press.Order{Ref: tt.code})
			if err == nil {
				pub, err = p.Await(t.Context(), pub.ID, "failed")
			}
			if err != nil {
				t.Fatal(err)
			}
			if tt.at != "" {
				place = regexp.MustCompile(tt.at).FindIndex(good.Body)
			}
			line := 1 + bytes.Count(good.Body[:place[0]], []byte("\n"))
			var errs []string
			for _, f := range pub.Findings {
				if f.Severity != "error" {
					continue
				}
				errs = append(errs, fmt.Sprintf("%s:%d: %s [%s]", f.Path, f.Line, f.Message, f.Code))
				if f.Code != tt.code || f.Path != tt.path || f.Line != line || f.Mend == "" {
					t.Errorf("found besides: %+v", f)
				}
			}
			if len(errs) != 1 {
				t.Errorf("found %q, not just %s:%d [%s]", errs, tt.path, line, tt.code)
			}
		})
	}
	onlyEditions(t, p, "1.1")
}

// onlyEditions holds the list of editions to numbers, newest first, each of its own publication.
func onlyEditions(t *testing.T, p press.Press, numbers ...string) {
	t.Helper()
	all, err := p.Editions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	of := map[string]string{}
	for _, e := range all {
		got = append(got, e.Number)
		if e.State != "good" || len(e.Downloads) != 3 {
			t.Errorf("edition %s is %s, with %d downloads", e.Number, e.State, len(e.Downloads))
		}
		if other := of[e.Publication]; other != "" {
			t.Errorf("%s made the editions %s and %s", e.Publication, e.Number, other)
		}
		of[e.Publication] = e.Number
	}
	if strings.Join(got, " ") != strings.Join(numbers, " ") {
		t.Errorf("the editions are %v, not %v", got, numbers)
	}
}

// TestDeathOfTheWorkingAPI: the repo-api that works on a publication is killed -9 at each of its
// steps; there is exactly one edition in the end, with all that belongs to it.
func TestDeathOfTheWorkingAPI(t *testing.T) {
	r := up(t, t.TempDir(), "--no-import")
	front := dial(t, r.Front())
	moments := []struct {
		name string
		now  func(press.Publication) bool
	}{
		{"asked", func(press.Publication) bool { return true }},
		{"checking", func(p press.Publication) bool { return len(p.Steps) > 0 }},
		{"releasing", func(p press.Publication) bool { return p.State == "publishing" || p.Ended() }},
		{"making downloads", func(p press.Publication) bool { return p.EditionURL != "" }},
	}
	for i, m := range moments {
		t.Run(m.name, func(t *testing.T) {
			name := fmt.Sprintf("book-%d", i)
			p := bookToPublish(t, front, name)
			victim := press.New(dial(t, r.APIs()[0]), name)
			pub, _, err := victim.Ask(t.Context(), press.Order{})
			if err != nil {
				t.Fatal(err)
			}
			witness := press.New(dial(t, r.APIs()[1]), name)
			seen := press.Publication{State: "processing"}
			for !m.now(seen) {
				if now, err := witness.Look(t.Context(), pub.ID); err == nil {
					seen = now
				}
			}
			killAndAwait(t, r, "api1")
			t.Logf("killed while it was %s, with %d steps", seen.State, len(seen.Steps))
			ctx, cancel := context.WithTimeout(t.Context(), takeOver)
			defer cancel()
			if _, err := p.Await(ctx, pub.ID, "done"); err != nil {
				t.Fatal(err)
			}
			onlyEditions(t, p, "1.1")
			unchanged(t, p)
		})
	}
}

// takeOver is how long a publication may take whose worker died: its claim lasts for ten seconds.
const takeOver = 40 * time.Second

func killAndAwait(t *testing.T, r *rig.Rig, name string) {
	t.Helper()
	pid, err := r.Signal(name, syscall.SIGKILL)
	if err == nil {
		err = r.AwaitSuccessor(t.Context(), name, pid)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// unchanged asks again for what is published.
func unchanged(t *testing.T, p press.Press) {
	t.Helper()
	if again, _, err := p.Ask(t.Context(), press.Order{}); err != nil || again.State != "unchanged" {
		t.Errorf("asked again, it is %q: %v", again.State, err)
	}
}

// TestScheduledAcrossAKill: what is due while all repo-apis are killed is published once.
func TestScheduledAcrossAKill(t *testing.T) {
	r := up(t, t.TempDir(), "--no-import")
	p := bookToPublish(t, dial(t, r.Front()), repo)
	due := time.Now().Add(2 * time.Second)
	pub, _, err := p.Ask(t.Context(), press.Order{PublishAt: &due})
	if err == nil {
		pub, err = p.Await(t.Context(), pub.ID, "scheduled")
	}
	if err != nil {
		t.Fatal(err)
	}
	<-time.After(time.Until(due))
	killAndAwait(t, r, "api1")
	killAndAwait(t, r, "api2")
	ctx, cancel := context.WithTimeout(t.Context(), takeOver)
	defer cancel()
	done, err := p.Await(ctx, pub.ID, "done")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range done.Steps {
		if s.Name == "release" && s.Began.Before(due.Truncate(time.Millisecond)) {
			t.Errorf("it was released at %v, before %v", s.Began, due)
		}
	}
	onlyEditions(t, p, "1.1")
	unchanged(t, p)
}

// epubcheck has the judge of EPUBs look at one.
func epubcheck(t *testing.T, data []byte) {
	checker, err := exec.LookPath("epubcheck")
	if err != nil {
		t.Skip("left out: epubcheck is not installed")
	}
	file := filepath.Join(t.TempDir(), "book.epub")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), checker, file).CombinedOutput()
	if errors.Is(err, syscall.ENOEXEC) { // Debian's is an archive that the kernel may not know how to run
		out, err = exec.CommandContext(t.Context(), "java", "-jar", checker, file).CombinedOutput()
	}
	if err != nil || !strings.Contains(string(out), "0 errors") {
		t.Errorf("%v\n%s", err, out)
	}
}

// browse has a browser show the site's first page and a module, from a disk.
func browse(t *testing.T, data []byte) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("left out: chromium is not installed")
	}
	dir := t.TempDir()
	files, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, files); err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*", "*.html"))
	if err != nil || len(pages) < 116 { // the collection has one module less than the book
		t.Fatalf("the site has %d pages: %v", len(pages), err)
	}
	for _, page := range []string{filepath.Join(filepath.Dir(pages[0]), "index.html"), filepath.Join(filepath.Dir(pages[0]), "m00005.html")} {
		shot := filepath.Join(dir, filepath.Base(page)+".png")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		out, err := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
			"--user-data-dir="+filepath.Join(dir, "profile"), "--window-size=800,1000", "--screenshot="+shot, "file://"+page).CombinedOutput()
		cancel()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if n := colours(t, shot); n < 20 {
			t.Errorf("%s shows %d colours: it is blank", page, n)
		}
	}
}

// colours counts those of a picture.
func colours(t *testing.T, file string) int {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	img, _, err := image.Decode(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[[3]uint32]bool{}
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			r, g, b, _ := img.At(x, y).RGBA()
			seen[[3]uint32{r, g, b}] = true
		}
	}
	return len(seen)
}

// TestPublishingIsMeasured: the measure publishes twice in each round, reads what was published
// and finds nothing wrong with it.
func TestPublishingIsMeasured(t *testing.T) {
	source := corpusTruth(t).source
	r := up(t, t.TempDir(), "--no-import")
	makeRepo(t, dial(t, r.Front()), "first")
	report, err := bench.Publish(t.Context(), bench.PublishOptions{URL: r.Front(), Book: source, Rounds: 1, Conns: 4, For: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(report)
	if report.Works != 116 || report.Downloads != 3 || len(report.First) != 1 || len(report.Minor) != 1 || report.Pages.Ops == 0 || report.Pages.Failed > 0 {
		t.Errorf("%+v", report)
	}
}
