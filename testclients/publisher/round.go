package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"rhapsode/testclients/door"
	"rhapsode/testclients/press"
)

// round is one walk: what it has learnt so far, and the first surprise.
type round struct {
	ctx   context.Context
	door  *door.Client
	press press.Press // of an admin
	repo  string
	out   io.Writer
	err   error

	module string // the path of a module that shows a picture
	good   string // … and its text
}

// patience is how long a publication may take that waits for nobody.
const patience = 2 * time.Minute

// walk goes through all steps in a repository that is not there yet.
func (r *round) walk(bundle string) error {
	r.say("Bring a book.")
	r.bring(bundle)
	r.say("Look what would be found, and publish nothing.")
	r.rehearse()
	r.say("Publish it, and follow how far it is.")
	first := r.publish("", "The first edition")
	r.say("Read the edition: it never changes, and caches may keep it.")
	r.read(first)
	r.say("Take along what was made of it.")
	r.take(first)
	r.say("Publish it again: nothing has changed.")
	r.unchanged()
	r.say("Break a picture: it is refused by its place, and readers notice nothing.")
	r.refused(first)
	r.say("Mend it: the next edition is good.")
	second := r.mended()
	r.say("Have one published later, and think better of it; then another, soon.")
	r.scheduled()
	r.say("Ask those who are named in it, and a moderator.")
	r.asked()
	r.say("Withdraw the first edition: it is gone, and says why.")
	r.withdraw(first, second)
	return r.err
}

func (r *round) say(what string) {
	if r.err == nil {
		fmt.Fprintf(r.out, "\n%s\n", what)
	}
}

func (r *round) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// ask does one request, unless there was a surprise before.
func (r *round) ask(a door.Ask, statuses ...int) door.Answer {
	return r.askAs(r.press, a, statuses...)
}

func (r *round) askAs(p press.Press, a door.Ask, statuses ...int) door.Answer {
	if r.err != nil {
		return door.Answer{}
	}
	got, err := p.Want(r.ctx, a, statuses...)
	fmt.Fprintf(r.out, "  %3d  %s %s\n", got.Status, a.Method, a.Path)
	if err != nil {
		r.err = err
	} else if got.Status >= 400 && !strings.HasPrefix(got.Header.Get("Content-Type"), "application/problem+json") {
		r.fail("%s %s: %d without a problem document but %q", a.Method, a.Path, got.Status, got.Header.Get("Content-Type"))
	}
	return got
}

func (r *round) get(path string, statuses ...int) door.Answer {
	return r.ask(door.Ask{Method: "GET", Path: path}, statuses...)
}

// save writes a document of the work, whatever is there.
func (r *round) save(path, text string) {
	r.ask(door.Ask{Method: "PUT", Path: door.Document(r.repo, "main", path), Body: []byte(text), Header: map[string]string{"If-Match": "*"}}, 200, 204)
}

// order asks for a publication.
func (r *round) order(p press.Press, o press.Order) press.Publication {
	if r.err != nil {
		return press.Publication{}
	}
	pub, got, err := p.Ask(r.ctx, o)
	fmt.Fprintf(r.out, "  %3d  POST %s\n", got.Status, r.press.Path("/publications"))
	switch {
	case err != nil:
		r.err = err
	case got.Status == 202 && (got.Header.Get("Retry-After") == "" || got.Header.Get("Location") != pub.URL || pub.URL == ""):
		r.fail("a publication that was taken on leads to %q (%q), and to come back after %q",
			got.Header.Get("Location"), pub.URL, got.Header.Get("Retry-After"))
	}
	return pub
}

// await looks until a publication is in that state.
func (r *round) await(id int, state string) press.Publication {
	if r.err != nil {
		return press.Publication{}
	}
	ctx, cancel := context.WithTimeout(r.ctx, patience)
	defer cancel()
	pub, err := r.press.Await(ctx, id, state)
	if err != nil {
		r.err = err
	}
	fmt.Fprintf(r.out, "  ...  publication %d is %s\n", id, pub.State)
	return pub
}

// publish publishes a branch as it is now.
func (r *round) publish(ref, message string) press.Edition {
	pub := r.await(r.order(r.press, press.Order{Ref: ref, Message: message}).ID, "done")
	return r.edition(pub)
}

func (r *round) edition(pub press.Publication) (e press.Edition) {
	if r.err == nil {
		e, r.err = r.press.Edition(r.ctx, pub)
	}
	if r.err == nil && (e.State != "good" || len(e.Downloads) < 3 || e.Number == "") {
		r.fail("edition %q of publication %d is %s, with %d downloads", e.Number, pub.ID, e.State, len(e.Downloads))
	}
	return e
}

// latest checks which edition readers are led to.
func (r *round) latest(e press.Edition) {
	at := "/content/" + r.repo + "/" + r.module
	got := r.get(at, 302)
	if want := e.Content + r.module; r.err == nil && got.Header.Get("Location") != want {
		r.fail("%s leads to %s, not to %s", at, got.Header.Get("Location"), want)
	}
}

// bring makes the repository and fills it.
func (r *round) bring(bundle string) {
	if err := r.makeRepo(); err != nil {
		r.fail("%w", err)
		return
	}
	if bundle == "" {
		for path, text := range smallBook() {
			r.ask(door.Ask{Method: "PUT", Path: door.Document(r.repo, "main", path), Body: []byte(text), Header: map[string]string{"If-None-Match": "*"}}, 201)
		}
		return
	}
	f, err := os.Open(bundle)
	if err != nil {
		r.fail("%w", err)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil {
		err = r.door.Import(r.ctx, r.repo, f, info.Size())
	}
	if err != nil {
		r.fail("import: %w", err)
	}
}

// makeRepo makes the repository. A service that has just begun may refuse for a moment.
func (r *round) makeRepo() error {
	ctx, cancel := context.WithTimeout(r.ctx, startTime)
	defer cancel()
	tick := time.NewTicker(startTime / 100)
	defer tick.Stop()
	for {
		got, err := r.press.Want(ctx, door.Ask{
			Method: "PUT", Path: r.press.Path(""), Body: []byte("{}"),
			Header: map[string]string{"If-None-Match": "*", "Content-Type": "application/json"},
		}, 201)
		if got.Status != 503 {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// startTime is how long a service may refuse everything.
const startTime = 10 * time.Second

// rehearse looks for errors, and for a module to play with.
func (r *round) rehearse() {
	pub := r.order(r.press, press.Order{DryRun: true})
	if r.err == nil && !pub.Passes {
		r.fail("a good book does not pass: %v", pub.Findings)
	}
	for _, w := range pub.Works {
		if w.Kind != "module" || r.module != "" || r.err != nil {
			continue
		}
		got := r.get(door.Document(r.repo, "main", w.Path), 200)
		if strings.Contains(string(got.Body), pictureMark) {
			r.module, r.good = w.Path, string(got.Body)
		}
	}
	if r.module == "" {
		r.fail("%w", errors.New("no module shows a picture"))
	}
	r.get(r.press.Path("/publications/1"), 404) // nothing was reserved
}

// pictureMark begins the reference to a picture, or to another file that is shown.
const pictureMark = `src="../../media/`
