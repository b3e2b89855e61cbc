package bundle

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// Overlay is a commit as a change of the one before it.
type Overlay struct {
	Author  content.Signature // its When is not looked at
	Message string
	When    time.Time
	Put     map[string][]byte // by path
	Delete  []string
}

// FromCommits makes a File of a line of commits, the oldest first, on the branch
// o.Branch. Invalid: a path is none, or a commit deletes what is not there.
func FromCommits(ctx context.Context, commits []Overlay, o Options) (*File, error) {
	d := newDraft()
	for i, c := range commits {
		if err := d.overlay(ctx, c); err != nil {
			return nil, fault.New(fault.Invalid, "import", "", fmt.Errorf("commit %d: %w", i, err))
		}
	}
	return d.file(ctx, o)
}

// overlay makes the commit that c is.
func (d *draft) overlay(ctx context.Context, c Overlay) error {
	var edits []gitfmt.Edit
	for _, name := range slices.Sorted(maps.Keys(c.Put)) {
		p, err := content.ParsePath(name)
		if err != nil {
			return err
		}
		blob := content.NewObject(content.KindBlob, c.Put[name])
		d.add(blob)
		edits = append(edits, gitfmt.Edit{Path: p, Mode: content.ModeRegular, Digest: blob.Digest})
	}
	for _, name := range c.Delete {
		p, err := content.ParsePath(name)
		if err != nil {
			return err
		}
		edits = append(edits, gitfmt.Edit{Path: p})
	}
	author := c.Author
	author.When = c.When
	return d.commit(ctx, edits, author, c.Message)
}
