package publication

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
)

const taskPrefix = "publish/"

// lease is how long a claim holds that is not renewed. Clocks that differ by more only make
// two workers meet, and the record tells them apart.
const lease = 10 * time.Second

// task is the note that a publication has work to be done.
type task struct {
	Repo  content.RepoID `json:"repo"`
	ID    int            `json:"id"`
	Due   time.Time      `json:"due,omitzero"`    // not before
	Owner string         `json:"owner,omitempty"` // who works on it
	Until time.Time      `json:"until,omitzero"`  // … as long as this is not over
}

func (t task) name() string { return fmt.Sprintf("%s%v/%d", taskPrefix, t.Repo, t.ID) }

// ready says whether somebody may take t now.
func (t task) ready(now time.Time) bool {
	return !now.Before(t.Due) && (t.Owner == "" || now.After(t.Until))
}

// tasks are all that there are in the cell.
type tasks struct {
	notes fsapi.Notes
	owner string // of what is claimed here
	now   func() time.Time
}

// claimed is a task that this process works on.
type claimed struct {
	task
	revision int64
}

// put writes t for the owner, if the note is at revision.
func (q tasks) put(ctx context.Context, t task, revision int64) (claimed, error) {
	t.Owner, t.Until = q.owner, q.now().Add(lease)
	return q.write(ctx, t, revision)
}

func (q tasks) write(ctx context.Context, t task, revision int64) (claimed, error) {
	value, err := json.Marshal(t)
	if err != nil {
		return claimed{}, fault.New(fault.Internal, "write task", t.name(), err)
	}
	n, err := q.notes.PutNote(ctx, fsapi.Note{Name: t.name(), Value: value, Revision: revision})
	return claimed{t, n.Revision}, err
}

// add makes a task that nobody works on yet.
func (q tasks) add(ctx context.Context, t task) error {
	_, err := q.write(ctx, t, 0)
	if fault.Is(err, fault.Stale) {
		return nil // it is there
	}
	return err
}

// claim takes the task if nobody else has; ok is false if somebody has, or if it is not time yet.
func (q tasks) claim(ctx context.Context, repo content.RepoID, id int) (c claimed, ok bool, err error) {
	n, err := q.notes.Note(ctx, task{Repo: repo, ID: id}.name())
	if err != nil {
		return c, false, err
	}
	return q.take(ctx, n)
}

func (q tasks) take(ctx context.Context, n fsapi.Note) (c claimed, ok bool, err error) {
	t, err := readTask(n)
	if err != nil || !t.ready(q.now()) {
		return c, false, err
	}
	c, err = q.put(ctx, t, n.Revision)
	if fault.Is(err, fault.Stale) {
		return c, false, nil
	}
	return c, err == nil, err
}

// keep renews a claim. Stale: somebody else has it.
func (q tasks) keep(ctx context.Context, c *claimed) error {
	kept, err := q.put(ctx, c.task, c.revision)
	if err == nil {
		*c = kept
	}
	return err
}

// postpone gives a task back until it is due.
func (q tasks) postpone(ctx context.Context, c claimed, due time.Time) error {
	c.task.Due, c.task.Owner, c.task.Until = due, "", time.Time{}
	_, err := q.write(ctx, c.task, c.revision)
	return err
}

// finish takes the note away: nothing is to be done.
func (q tasks) finish(ctx context.Context, c claimed) error {
	err := q.notes.DeleteNote(ctx, c.name(), c.revision)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// ready calls yield with every note of a task that may be taken.
func (q tasks) ready(ctx context.Context, yield func(fsapi.Note) bool) error {
	for page := (fsapi.Page{Limit: fsapi.MaxPage}); ; {
		p, err := q.notes.Notes(ctx, taskPrefix, page)
		if err != nil {
			return err
		}
		for _, n := range p.Notes {
			if t, err := readTask(n); err == nil && t.ready(q.now()) && !yield(n) {
				return nil
			}
		}
		if page.After = p.Next; p.Next == "" {
			return nil
		}
	}
}

func readTask(n fsapi.Note) (t task, err error) {
	if err := json.Unmarshal(n.Value, &t); err != nil {
		return t, fault.New(fault.Corrupt, "read task", n.Name, err)
	}
	repo, id, _ := strings.Cut(strings.TrimPrefix(n.Name, taskPrefix), "/")
	if t.Repo.String() != repo || strconv.Itoa(t.ID) != id {
		return t, fault.Newf(fault.Corrupt, "read task", "%s is about %v/%d", n.Name, t.Repo, t.ID)
	}
	return t, nil
}
