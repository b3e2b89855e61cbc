// Package press publishes over plain HTTP, as anybody could, and hands on what the service
// says of it: publications, editions and what was made of them.
//
// It retries nothing, because its callers are judges. A Press may be used from any goroutine.
package press

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"time"

	"rhapsode/testclients/door"
)

// Press publishes one repository, in the name of a token.
type Press struct {
	door  *door.Client
	repo  string
	token string
}

// New makes a Press that asks in nobody's name.
func New(d *door.Client, repo string) Press { return Press{door: d, repo: repo} }

// As is p in the name of a token.
func (p Press) As(token string) Press {
	p.token = token
	return p
}

// Order is what is asked to be published.
type Order struct {
	Ref         string     `json:"ref,omitempty"`
	Message     string     `json:"message,omitempty"`
	Collections []string   `json:"collections,omitempty"`
	DryRun      bool       `json:"dry_run,omitempty"`
	PublishAt   *time.Time `json:"publish_at,omitempty"`
}

// Publication is a state of the work on its way to be an edition; or, with less in it, the answer to
// a dry run, or that nothing has changed.
type Publication struct {
	ID          int       `json:"id"`
	URL         string    `json:"href"`
	State       string    `json:"state"`
	Why         string    `json:"why"`
	EditionURL  string    `json:"edition_url"`
	Passes      bool      `json:"passes"`
	Findings    []Finding `json:"findings"`
	Works       []Work    `json:"works"`
	Acceptances []struct {
		User  string `json:"user"`
		State string `json:"state"`
	} `json:"acceptances"`
	Moderation *struct {
		State string `json:"state"`
	} `json:"moderation"`
	Steps []struct {
		Name  string    `json:"name"`
		State string    `json:"state"`
		Began time.Time `json:"began"`
		Ended time.Time `json:"ended"`
	} `json:"steps"`
}

// Ended says whether nothing will change any more.
func (p Publication) Ended() bool {
	switch p.State {
	case "done", "failed", "rejected", "cancelled":
		return true
	}
	return false
}

// in says whether p is in that state, and not just before a moderator is asked there, or
// nobody is.
func (p Publication) in(state string) bool {
	return p.State == state && (state != "waiting-for-moderation" || p.Moderation != nil)
}

// Finding is something that a check found.
type Finding struct {
	Code     string `json:"code"`
	Severity string `json:"severity"`
	Path     string `json:"path"`
	Line     int    `json:"line"`
	Message  string `json:"message"`
	Mend     string `json:"mend"`
}

// Work is a module or a collection of a work.
type Work struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Path   string `json:"path"`
	Number string `json:"number"`
}

// Edition is what was published.
type Edition struct {
	Number      string     `json:"number"`
	URL         string     `json:"href"`
	Content     string     `json:"content_url"`
	State       string     `json:"state"`
	Publication string     `json:"publication_url"`
	Message     string     `json:"message"`
	Works       []Work     `json:"works"`
	Downloads   []Download `json:"downloads"`
}

// Download is a file that was made of an edition.
type Download struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	URL    string `json:"href"`
}

// Path is the path of something of the repository.
func (p Press) Path(format string, args ...any) string {
	return "/repos/" + p.repo + fmt.Sprintf(format, args...)
}

// Want asks in the name of p; an answer with another status than those is an error.
func (p Press) Want(ctx context.Context, a door.Ask, statuses ...int) (door.Answer, error) {
	if p.token != "" {
		h := maps.Clone(a.Header)
		if h == nil {
			h = map[string]string{}
		}
		h["Authorization"] = "Bearer " + p.token
		a.Header = h
	}
	return p.door.Want(ctx, a, statuses...)
}

// Post sends v to a path below the repository; Put does the same.
func (p Press) Post(ctx context.Context, path string, v any, statuses ...int) (door.Answer, error) {
	return p.send(ctx, http.MethodPost, path, v, nil, statuses)
}

// Put sends v, whatever is there.
func (p Press) Put(ctx context.Context, path string, v any, statuses ...int) (door.Answer, error) {
	return p.send(ctx, http.MethodPut, path, v, map[string]string{"If-Match": "*"}, statuses)
}

func (p Press) send(ctx context.Context, method, path string, v any, header map[string]string, statuses []int) (door.Answer, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return door.Answer{}, err
	}
	if header == nil {
		header = map[string]string{}
	}
	header["Content-Type"] = "application/json"
	return p.Want(ctx, door.Ask{Method: method, Path: path, Body: body, Header: header}, statuses...)
}

// Ask asks for a publication, or for its rehearsal.
func (p Press) Ask(ctx context.Context, o Order) (pub Publication, got door.Answer, err error) {
	got, err = p.Post(ctx, p.Path("/publications"), o, http.StatusOK, http.StatusAccepted)
	if err == nil {
		err = json.Unmarshal(got.Body, &pub)
	}
	return pub, got, err
}

// Look asks how far a publication is.
func (p Press) Look(ctx context.Context, id int) (pub Publication, err error) {
	err = p.get(ctx, p.Path("/publications/%d", id), &pub)
	return pub, err
}

// often is how often Await looks: a judge of times does not wait as long as the service says.
const often = 20 * time.Millisecond

// Await looks until a publication is as wanted. That it ends otherwise is an error; that the
// service can't say for a moment is not.
func (p Press) Await(ctx context.Context, id int, state string) (pub Publication, err error) {
	tick := time.NewTicker(often)
	defer tick.Stop()
	for {
		pub, err = p.Look(ctx, id)
		switch {
		case err == nil && pub.in(state):
			return pub, nil
		case err == nil && pub.Ended():
			return pub, fmt.Errorf("publication %d is %s, not %s: %s", id, pub.State, state, pub.Why)
		}
		select {
		case <-ctx.Done():
			return pub, fmt.Errorf("publication %d is %q, not %s: %w (%w)", id, pub.State, state, ctx.Err(), err)
		case <-tick.C:
		}
	}
}

// Publish asks for a publication and waits until there is an edition.
func (p Press) Publish(ctx context.Context, o Order) (Edition, error) {
	pub, _, err := p.Ask(ctx, o)
	if err != nil {
		return Edition{}, err
	}
	if pub, err = p.Await(ctx, pub.ID, "done"); err != nil {
		return Edition{}, err
	}
	return p.Edition(ctx, pub)
}

// Edition is what a publication became.
func (p Press) Edition(ctx context.Context, pub Publication) (e Edition, err error) {
	err = p.get(ctx, pub.EditionURL, &e)
	return e, err
}

// Editions lists all that there are, the newest first.
func (p Press) Editions(ctx context.Context) (all []Edition, err error) {
	err = p.door.Pages(ctx, p.Path("/versions"), func(page []byte) error {
		var list struct{ Items []Edition }
		err := json.Unmarshal(page, &list)
		all = append(all, list.Items...)
		return err
	})
	return all, err
}

func (p Press) get(ctx context.Context, path string, v any) error {
	got, err := p.Want(ctx, door.Ask{Method: http.MethodGet, Path: path}, http.StatusOK)
	if err != nil {
		return err
	}
	return json.Unmarshal(got.Body, v)
}
