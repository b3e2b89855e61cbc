package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"rhapsode/testclients/door"
)

const (
	chapter = "modules/m00001/index.cnxml"
	first   = "<document><title>Sing, goddess</title></document>"
	second  = "<document><title>Sing, goddess, of the anger</title></document>"
	third   = "<document><title>Tell me, Muse</title></document>"
)

// tour is one walk: what it has learnt so far, and the first surprise.
type tour struct {
	ctx  context.Context
	door *door.Client
	repo string
	out  io.Writer
	err  error
}

// walk goes through all steps in a repository that is not there yet.
func walk(ctx context.Context, d *door.Client, repo string, out io.Writer) error {
	t := &tour{ctx: ctx, door: d, repo: repo, out: out}
	main := door.Document(repo, "main", chapter)

	t.say("Make a repository.")
	t.put("/repos/"+repo, "{}", "If-None-Match", "*", 201)

	t.say("Write a first draft, where nothing is yet.")
	made := t.put(main, first, "If-None-Match", "*", 201)

	t.say("Read it; read it again, if it has changed.")
	t.get(main, first, 200)
	t.cond(main, made.ETag(), 304)

	t.say("Improve it, and see that the first draft stays what it was.")
	better := t.put(main, second, "If-Match", made.ETag(), 200, 204)
	draft := door.Document(repo, made.Commit(), chapter)
	t.get(draft, first, 200)

	t.say("A second author, who has not seen that, is refused; so is who does not say what they saw.")
	t.put(main, third, "If-Match", made.ETag(), 412)
	t.put(main, third, "", "", 428)
	t.get(main, second, 200)

	t.say("Look at the history, newest first.")
	t.history(better.Commit(), made.Commit())

	t.say("Try something on a branch; the book itself does not change.")
	other := door.Document(repo, "draft/odyssey", chapter)
	t.put("/repos/"+repo+"/branches/"+url.PathEscape("draft/odyssey"), `{"from":"main"}`, "If-None-Match", "*", 201)
	t.put(other, third, "If-Match", better.ETag(), 200, 204)
	t.get(other, third, 200)
	t.get(main, second, 200)

	t.say("Take the chapter out; what was written stays readable, and cannot be written.")
	t.ask(door.Ask{Method: "DELETE", Path: main, Header: map[string]string{"If-Match": better.ETag()}}, 200, 204)
	t.get(main, "", 404)
	t.get(draft, first, 200)
	t.put(draft, third, "If-Match", made.ETag(), 405)
	return t.err
}

func (t *tour) say(what string) {
	if t.err == nil {
		fmt.Fprintf(t.out, "\n%s\n", what)
	}
}

func (t *tour) fail(format string, args ...any) {
	if t.err == nil {
		t.err = fmt.Errorf(format, args...)
	}
}

// ask does one request, unless there was a surprise before.
func (t *tour) ask(a door.Ask, statuses ...int) door.Answer {
	if t.err != nil {
		return door.Answer{}
	}
	got, err := t.door.Do(t.ctx, a)
	if err != nil {
		t.fail("%s %s: %w", a.Method, a.Path, err)
		return got
	}
	fmt.Fprintf(t.out, "  %3d  %s %s", got.Status, a.Method, a.Path)
	for _, name := range []string{"If-Match", "If-None-Match"} {
		if v := a.Header[name]; v != "" {
			fmt.Fprintf(t.out, "  %s: %s", name, v)
		}
	}
	fmt.Fprintln(t.out)
	switch {
	case !slices.Contains(statuses, got.Status):
		t.err = &door.Surprise{Ask: a, Answer: got, Wanted: statuses}
	case got.Status >= 400 && !strings.HasPrefix(got.Header.Get("Content-Type"), "application/problem+json"):
		t.fail("%s %s: %d without a problem document but %q", a.Method, a.Path, got.Status, got.Header.Get("Content-Type"))
	case got.Status == 405 && got.Header.Get("Allow") == "":
		t.fail("%s %s: 405 without Allow", a.Method, a.Path)
	}
	return got
}

// put writes under a condition. A document that was written has an ETag and a version.
func (t *tour) put(path, body, condition, value string, statuses ...int) door.Answer {
	a := door.Ask{Method: "PUT", Path: path, Body: []byte(body), Header: map[string]string{"Content-Type": "application/json"}}
	if strings.HasPrefix(path, "/content/") {
		a.Header = map[string]string{"Rhapsode-Author": "Homer <homer@example.invalid>", "Rhapsode-Message": "Sing"}
	}
	if condition != "" {
		a.Header[condition] = value
	}
	got := t.ask(a, statuses...)
	if t.err == nil && got.Status < 300 && strings.HasPrefix(path, "/content/") && (got.ETag() == "" || got.Commit() == "") {
		t.fail("PUT %s: ETag %q, and its version is %q", path, got.ETag(), got.Commit())
	}
	return got
}

// get reads what should be body.
func (t *tour) get(path, body string, status int) {
	got := t.ask(door.Ask{Method: "GET", Path: path}, status)
	if t.err == nil && status == 200 && string(got.Body) != body {
		t.fail("GET %s: %q, not %q", path, got.Body, body)
	}
}

func (t *tour) cond(path, etag string, status int) {
	t.ask(door.Ask{Method: "GET", Path: path, Header: map[string]string{"If-None-Match": etag}}, status)
}

// history checks that the chapter's history is exactly commits.
func (t *tour) history(commits ...string) {
	got := t.ask(door.Ask{Method: "GET", Path: door.History(t.repo, "main", chapter)}, 200)
	if t.err != nil {
		return
	}
	changes, err := door.Changes(got.Body)
	if err != nil {
		t.fail("history: %w", err)
	}
	if !slices.Equal(changes, commits) {
		t.fail("history: %v, not %v", changes, commits)
	}
}
