package bench

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"rhapsode/testclients/door"
	"rhapsode/testclients/press"
)

// PublishOptions say what to publish, and how often. The zero value of a field is its default.
type PublishOptions struct {
	URL    string        // of the front door
	Token  string        // of who publishes; "": none is sent
	Book   string        // a git bundle of a book
	Repo   string        // of the first round; those of the others have its number behind it: "bench-publish-" and the time
	Rounds int           // 3
	Conns  int           // that read pages: 16
	For    time.Duration // how long they read: 5 s
	Seed   uint64        // of what is read; 0: from the clock
}

// mostRounds bounds how many repositories are left behind.
const mostRounds = 100

// PublishReport is what Publish measured. Times are in milliseconds, from the request to the
// state done, with all downloads; figures are the medians of the rounds.
type PublishReport struct {
	URL       string    `json:"url"`
	Repo      string    `json:"repo"`
	Works     int       `json:"works"`
	Downloads int       `json:"downloads"`
	Bytes     int64     `json:"bytes"` // of all downloads
	First     []float64 `json:"first_ms"`
	Minor     []float64 `json:"minor_ms"` // after one module's change
	FirstP50  float64   `json:"first_p50_ms"`
	MinorP50  float64   `json:"minor_p50_ms"`
	Pages     Report    `json:"pages"` // reads of an edition's pages
}

// Publish publishes a book as a first edition, changes a module and publishes it again, in a new
// repository each round; then it reads pages of an edition.
func Publish(ctx context.Context, o PublishOptions) (r PublishReport, err error) {
	o.Repo = cmp.Or(o.Repo, fmt.Sprintf("bench-publish-%d", time.Now().Unix()))
	o.Rounds = cmp.Or(o.Rounds, 3)
	if o.Rounds < 1 || o.Rounds > mostRounds {
		return r, fmt.Errorf("bench: %d rounds, not 1 to %d", o.Rounds, mostRounds)
	}
	if o.Book == "" {
		return r, errors.New("bench: no book: say the git bundle of one")
	}
	d := door.New(o.URL, 1, time.Minute).Bearing(o.Token)
	defer d.Close()
	r = PublishReport{URL: o.URL, Repo: o.Repo}
	var edition press.Edition
	for i := range o.Rounds {
		if edition, err = r.round(ctx, d, o.Book, fmt.Sprintf("%s-%d", o.Repo, i+1)); err != nil {
			return r, fmt.Errorf("bench: round %d: %w", i+1, err)
		}
	}
	r.FirstP50, r.MinorP50 = middle(r.First), middle(r.Minor)
	r.Works, r.Downloads = len(edition.Works), len(edition.Downloads)
	for _, file := range edition.Downloads {
		r.Bytes += file.Size
	}
	r.Pages, err = readPages(ctx, o, d, edition)
	return r, err
}

// round brings the book and publishes it twice.
func (r *PublishReport) round(ctx context.Context, d *door.Client, book, repo string) (press.Edition, error) {
	if err := bring(ctx, d, book, repo); err != nil {
		return press.Edition{}, err
	}
	p := press.New(d, repo)
	first, took, err := timed(ctx, p)
	if err != nil {
		return first, err
	}
	r.First = append(r.First, took)
	if err := change(ctx, d, repo, first); err != nil {
		return first, err
	}
	minor, took, err := timed(ctx, p)
	r.Minor = append(r.Minor, took)
	return minor, err
}

// timed publishes what there is, and says how long it took until it was done.
func timed(ctx context.Context, p press.Press) (e press.Edition, took float64, err error) {
	began := time.Now()
	pub, _, err := p.Ask(ctx, press.Order{})
	if err == nil {
		pub, err = p.Await(ctx, pub.ID, "done")
	}
	took = ms(time.Since(began))
	if err == nil {
		e, err = p.Edition(ctx, pub)
	}
	return e, took, err
}

// bring imports the book as a new repository.
func bring(ctx context.Context, d *door.Client, book, repo string) error {
	f, err := os.Open(book)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil {
		err = d.CreateRepo(ctx, repo)
	}
	if err != nil {
		return err
	}
	return d.Import(ctx, repo, f, info.Size())
}

// change adds to the first module of an edition.
func change(ctx context.Context, d *door.Client, repo string, e press.Edition) error {
	pages := pagesOf(e)
	if len(pages) == 0 {
		return errors.New("the book has no module")
	}
	at := door.Document(repo, "main", strings.TrimPrefix(pages[0], e.Content))
	now, err := d.Want(ctx, door.Ask{Method: http.MethodGet, Path: at}, http.StatusOK)
	if err != nil {
		return err
	}
	_, err = d.Want(ctx, door.Ask{
		Method: http.MethodPut, Path: at, Body: append(now.Body, "\n<!-- changed -->"...), Header: map[string]string{"If-Match": now.ETag()},
	}, http.StatusOK, http.StatusNoContent)
	return err
}

// pagesOf are the paths of an edition's modules.
func pagesOf(e press.Edition) (pages []string) {
	for _, w := range e.Works {
		if w.Kind == "module" {
			pages = append(pages, e.Content+w.Path)
		}
	}
	return pages
}

// readPages reads random pages of an edition.
func readPages(ctx context.Context, o PublishOptions, d *door.Client, e press.Edition) (Report, error) {
	pages := pagesOf(e)
	bodies := make([][]byte, len(pages))
	total := 0
	for i, page := range pages {
		got, err := d.Want(ctx, door.Ask{Method: http.MethodGet, Path: page}, http.StatusOK)
		if err != nil {
			return Report{}, fmt.Errorf("bench: %w", err)
		}
		bodies[i] = got.Body
		total += len(got.Body)
	}
	shared := Options{Mode: Page, URL: o.URL, Token: o.Token, Repo: e.Content, Conns: o.Conns, For: o.For, Files: len(pages), Size: total / len(pages), Seed: o.Seed}.withDefaults()
	conns := make([]*conn, shared.Conns)
	for i := range conns {
		c := &conn{door: shared.dial(1, timeout), errors: map[string]int64{}}
		dice := rand.New(rand.NewPCG(shared.Seed, uint64(i)))
		c.shoot = func(ctx context.Context) error {
			n := dice.IntN(len(pages))
			got, err := c.door.Want(ctx, door.Ask{Method: http.MethodGet, Path: pages[n]}, http.StatusOK)
			if err == nil && !bytes.Equal(got.Body, bodies[n]) {
				return errLength
			}
			return err
		}
		conns[i] = c
	}
	return measure(ctx, shared, conns), nil
}

// middle is the median.
func middle(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

// String is the report for a person.
func (r PublishReport) String() string {
	return fmt.Sprintf("publish %s, %d works, %d downloads of %d kB, %d rounds\n"+
		"  first   %10.0f ms   %.0f\n  minor   %10.0f ms   %.0f   (%.2f of the first)\n%s",
		r.URL, r.Works, r.Downloads, r.Bytes/1000, len(r.First), r.FirstP50, r.First, r.MinorP50, r.Minor, r.MinorP50/r.FirstP50, r.Pages)
}
