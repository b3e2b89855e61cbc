package history

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"rhapsode/testclients/door"
)

// audit reads every document once more, and its history. After that read, a
// write of unknown outcome that nobody has seen can have had no effect on what
// anybody saw (see decided).
func audit(ctx context.Context, o Options, d *door.Client, rec *recorder) error {
	ctx, cancel := context.WithTimeout(ctx, o.Settle)
	defer cancel()
	last := newWorker(o.Clients, o, d, rec)
	for _, doc := range rec.documents() {
		if err := until(ctx, func() bool { return last.read(ctx, doc) }); err != nil {
			return fmt.Errorf("history: %s is not readable at the end: %w", doc, err)
		}
		var commits []string
		err := until(ctx, func() (done bool) {
			commits, done = changes(ctx, o, d, doc)
			return done
		})
		if err != nil {
			return fmt.Errorf("history: the history of %s is not readable at the end: %w", doc, err)
		}
		rec.log.Histories[doc] = commits
	}
	return nil
}

// until tries again and again, ten times a second, until try says that it is done.
func until(ctx context.Context, try func() bool) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !try() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

// changes returns the commits that changed doc. A document that never was there has none.
func changes(ctx context.Context, o Options, d *door.Client, doc string) (commits []string, ok bool) {
	err := d.Pages(ctx, door.History(o.Repo, o.Branch, doc), func(page []byte) error {
		found, err := door.Changes(page)
		commits = append(commits, found...)
		return err
	})
	var surprise *door.Surprise
	if errors.As(err, &surprise) && surprise.Answer.Status == http.StatusNotFound {
		return nil, true
	}
	return commits, err == nil
}
