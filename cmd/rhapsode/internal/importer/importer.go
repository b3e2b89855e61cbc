// Package importer brings a git bundle into a repository over HTTP, piece by
// piece. The service remembers what it has, so an import that was interrupted
// in any way goes on where it was when it is run again.
//
// It knows the service only through its resources: /repos/{repo} and
// /repos/{repo}/imports/{sha256 of the bundle}.
package importer

import (
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"time"

	"rhapsode/cmd/rhapsode/internal/service"
	"rhapsode/internal/fault"
)

// Options say what goes where.
type Options struct {
	URL      string // of the service
	Token    string // of who imports; "": none is sent
	Repo     string // made if it is not there
	Default  string // … with this default branch, such as "main"; "": the service's choice
	Bundle   io.ReaderAt
	Size     int64
	SHA256   [32]byte
	Piece    int64         // bytes sent at once; 0: DefaultPiece
	Patience time.Duration // how long a failure that may pass is borne without any progress; 0: DefaultPatience
	Progress func(Status)  // called from Run's goroutine; nil: nobody wants to know
}

// Defaults of Options.
const (
	DefaultPiece    = 8 << 20
	DefaultPatience = time.Minute
)

// Status is how far an import has come, as the service tells it.
type Status struct {
	Phase    string `json:"phase"`
	Received int64  `json:"received"` // bytes of the bundle
	Done     int64  `json:"done"`     // of Total, within the phase
	Total    int64  `json:"total"`
	Refs     []Ref  `json:"refs"`
	Error    string `json:"error,omitempty"`
}

// Ref is one that the import brought.
type Ref struct {
	Name   string `json:"name"`
	Target string `json:"target"`
}

// The phases that mean something here; any other is work under way.
const (
	phaseReceiving = "receiving"
	phaseDone      = "done"
	phaseFailed    = "failed"
)

const pollInterval = 100 * time.Millisecond

// importer is one run.
type importer struct {
	Options
	door *door
	at   string // the import's resource
	wait *patience
}

// Run imports the bundle and returns the last status. Invalid: the service
// refused the bundle. Unavailable: its patience is over.
func Run(ctx context.Context, o Options) (Status, error) {
	if o.Piece == 0 {
		o.Piece = DefaultPiece
	}
	if o.Patience == 0 {
		o.Patience = DefaultPatience
	}
	if o.Progress == nil {
		o.Progress = func(Status) {}
	}
	d, err := newDoor(o.URL, o.Token)
	if err != nil {
		return Status{}, err
	}
	defer d.close()
	i := &importer{
		Options: o, door: d, wait: newPatience(o.Patience),
		at: "/repos/" + o.Repo + "/imports/" + hex.EncodeToString(o.SHA256[:]),
	}
	if err := i.makeRepo(ctx); err != nil {
		return Status{}, err
	}
	return i.bring(ctx)
}

// makeRepo makes sure that there is a repository.
func (i *importer) makeRepo(ctx context.Context) error {
	body := map[string]string{}
	if i.Default != "" {
		body["default_branch"] = i.Default
	}
	return i.persist(ctx, func() error {
		resp, err := i.door.putJSON(ctx, "/repos/"+i.Repo, body)
		if err != nil {
			return err
		}
		if resp.status == http.StatusPreconditionFailed { // it is there already
			return nil
		}
		return resp.failure()
	})
}

// bring goes back and forth between sending and waiting: a node that dies may
// have taken with it what it had received.
func (i *importer) bring(ctx context.Context) (st Status, err error) {
	for {
		err = i.persist(ctx, func() (err error) {
			st, err = i.step(ctx)
			return err
		})
		switch {
		case err != nil:
			return st, err
		case st.Phase == phaseDone:
			return st, nil
		case st.Phase == phaseFailed:
			return st, fault.Newf(fault.Invalid, "import", "%s", st.Error)
		}
	}
}

// step asks how far the import is and does what comes next.
func (i *importer) step(ctx context.Context) (Status, error) {
	st, err := i.status(ctx)
	switch {
	case err != nil || st.Phase == phaseDone || st.Phase == phaseFailed:
		return st, err
	case st.Phase == phaseReceiving:
		return st, i.send(ctx, st.Received)
	}
	return st, service.Pause(ctx, pollInterval)
}

// status asks how far the import is. One that nobody knows is at its beginning.
func (i *importer) status(ctx context.Context) (Status, error) {
	st := Status{Phase: phaseReceiving}
	resp, err := i.door.get(ctx, i.at, &st)
	if err != nil {
		return Status{}, err
	}
	if resp.status != http.StatusNotFound {
		if err := resp.failure(); err != nil {
			return Status{}, err
		}
	}
	i.wait.progress(st.Phase, st.Received, st.Done)
	i.Progress(st)
	return st, nil
}

// send sends the piece that begins at offset. That the service is somewhere else
// by now passes: the next step asks where.
func (i *importer) send(ctx context.Context, offset int64) error {
	size := min(i.Piece, i.Size-offset)
	if size < 0 {
		return fault.Newf(fault.Conflict, "import", "the service has %d bytes of a bundle of %d", offset, i.Size)
	}
	resp, err := i.door.patch(ctx, i.at, io.NewSectionReader(i.Bundle, offset, size), offset, offset+size == i.Size)
	if err != nil {
		return err
	}
	if resp.status == http.StatusConflict {
		return fault.Newf(fault.Unavailable, "import", "the service does not go on at byte %d: %s", offset, resp.detail)
	}
	return resp.failure()
}
