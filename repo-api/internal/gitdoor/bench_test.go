package gitdoor_test

import (
	"fmt"
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fstest"
)

// BenchmarkAgainstGit measures stock git as the client of this door and of git's own
// http-backend, in turn, over the same packed repository, and reports the ratio of
// the medians: below 1, this door is faster.
func BenchmarkAgainstGit(b *testing.B) {
	for _, files := range []int{2_000, 20_000} {
		b.Run(fmt.Sprintf("files=%d", files), func(b *testing.B) {
			r := newRace(b, files)
			b.Run("clone", func(b *testing.B) {
				r.run(b, func(string) {}, func(url string) { r.git("", "clone", "-q", "--bare", url, r.fresh()) })
			})
			b.Run("fetch", func(b *testing.B) { r.run(b, r.advance, r.fetch) })
			b.Run("push", func(b *testing.B) { r.run(b, r.prepare, r.push) })
			b.Run("first push", func(b *testing.B) { r.run(b, r.begin, r.pushAll) })
		})
	}
}

// race is a repository behind two doors.
type race struct {
	*site
	backend string
	n       int
	readers map[string]string // a clone for each door that is a commit behind
}

func newRace(b *testing.B, files int) *race {
	b.Helper()
	r := &race{site: newSite(b, fstest.Memory(b))}
	r.git("", "config", "--global", "http.postBuffer", "500m") // net/http/cgi takes nothing chunked
	r.git("", "init", "-q", "-b", "main", "source")
	for i := range files {
		r.save("source", fmt.Sprintf("d%d/f%d", i%100, i), paragraphs(100, fmt.Sprint(i)))
	}
	r.commit("source", "README", "read me")
	for i := range 50 {
		r.commit("source", fmt.Sprintf("d%d/f%d", i%100, i), paragraphs(100, fmt.Sprint(-i-1)))
	}
	r.git("source", "repack", "-q", "-a", "-d", "-f")
	r.git("source", "push", "-q", r.repo(), "main")
	r.git("", "clone", "-q", "--bare", "source", "bare.git")
	r.git("bare.git", "config", "http.receivepack", "true")
	r.backend = r.httpBackend(b) + "/bare.git"
	r.readers = map[string]string{r.repo(): r.fresh(), r.backend: r.fresh()}
	for url, dir := range r.readers {
		r.git("", "clone", "-q", url, dir)
	}
	return r
}

// httpBackend serves the site's folder with git's own program.
func (r *race) httpBackend(b *testing.B) (url string) {
	b.Helper()
	exec, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(&cgi.Handler{
		Path:       filepath.Join(strings.TrimSpace(string(exec)), "git-http-backend"),
		Env:        []string{"GIT_PROJECT_ROOT=" + r.dir, "GIT_HTTP_EXPORT_ALL=1", "HOME=" + r.dir},
		InheritEnv: []string{"PATH"},
	})
	b.Cleanup(server.Close)
	return server.URL
}

func (r *race) fresh() string {
	r.n++
	return fmt.Sprint("clone", r.n)
}

// advance puts one more commit behind the door.
func (r *race) advance(url string) {
	r.n++
	r.git("source", "fetch", "-q", url, "main")
	r.git("source", "reset", "-q", "--hard", "FETCH_HEAD")
	r.commit("source", "d1/new", fmt.Sprint(r.n))
	r.git("source", "push", "-q", url, "main")
}

func (r *race) fetch(url string) { r.git(r.readers[url], "fetch", "-q") }

// prepare makes one more commit in a clone.
func (r *race) prepare(url string) {
	r.n++
	r.git(r.readers[url], "pull", "-q", "--ff-only")
	r.commit(r.readers[url], "d1/pushed", fmt.Sprint(r.n))
}

// begin makes a repository with nothing in it behind the door.
func (r *race) begin(url string) {
	r.n++
	if url == r.backend {
		r.git("", "init", "-q", "--bare", fmt.Sprintf("new%d.git", r.n))
		r.git(fmt.Sprintf("new%d.git", r.n), "config", "http.receivepack", "true")
		return
	}
	id, err := content.ParseRepoID(fmt.Sprint("new", r.n))
	if err != nil {
		r.t.Fatal(err)
	}
	if _, _, err := r.fs.PutRepo(r.t.Context(), fsapi.RepoChange{ID: id}); err != nil {
		r.t.Fatal(err)
	}
}

func (r *race) pushAll(url string) {
	at := url[:strings.LastIndexByte(url, '/')]
	r.git("source", "push", "-q", fmt.Sprintf("%s/new%d.git", at, r.n), "main")
}

func (r *race) push(url string) { r.git(r.readers[url], "push", "-q", "origin", "main") }

// run times f on both doors in turn.
func (r *race) run(b *testing.B, before, f func(url string)) {
	took := map[string][]time.Duration{}
	for range max(7, b.N) {
		for _, url := range []string{r.repo(), r.backend} {
			before(url)
			begin := time.Now()
			f(url)
			took[url] = append(took[url], time.Since(begin))
		}
	}
	ours, theirs := median(took[r.repo()]), median(took[r.backend])
	b.ReportMetric(float64(ours)/float64(theirs), "of-git")
	b.ReportMetric(ours.Seconds()*1000, "ms")
	b.ReportMetric(theirs.Seconds()*1000, "git-ms")
}

func median(ds []time.Duration) time.Duration {
	slices.Sort(ds)
	return ds[len(ds)/2]
}
