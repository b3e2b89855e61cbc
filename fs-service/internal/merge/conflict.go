package merge

import (
	"fmt"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Kind is why a path could not be merged.
type Kind uint8

// The kinds of conflict.
const (
	Content       Kind = iota + 1 // both sides changed the same lines
	AddAdd                        // both sides added it, and not alike
	ModifyDelete                  // one side changed it, the other removed it
	Binary                        // both sides changed it, and it is no text, too large, or a link
	Mode                          // both sides changed its mode or its type, and not alike
	FileDirectory                 // a document on one side, a directory on the other
)

var kinds = [...]string{
	Content: "content", AddAdd: "add/add", ModifyDelete: "modify/delete",
	Binary: "binary", Mode: "mode", FileDirectory: "file/directory",
}

func (k Kind) String() string {
	if k > 0 && int(k) < len(kinds) {
		return kinds[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Conflict is a path that could not be merged, and its three stages. The Mode of a stage is 0
// where the path was absent; it may be a directory in a conflict of kind FileDirectory.
type Conflict struct {
	Path               content.Path
	Kind               Kind
	Base, Ours, Theirs content.Entry
}

// Resolution says what a path in conflict should hold.
//
// Where a document stands in the way of a directory, choosing the one drops the
// other: a document takes the place of the directory and of all conflicts in it,
// a directory is what its own merge makes of it, and of nothing at all the
// document only is removed.
type Resolution struct {
	choice choice
	mode   content.Mode
	blob   content.Digest
}

// Resolutions say it for any number of paths.
type Resolutions map[content.Path]Resolution

type choice uint8

const (
	takeBaseStage choice = iota + 1
	takeOursStage
	takeTheirsStage
	takeBlob
	takeNothing
)

// UseBase resolves to what the base holds, be it nothing.
func UseBase() Resolution { return Resolution{choice: takeBaseStage} }

// UseOurs resolves to what our side holds, be it nothing.
func UseOurs() Resolution { return Resolution{choice: takeOursStage} }

// UseTheirs resolves to what their side holds, be it nothing.
func UseTheirs() Resolution { return Resolution{choice: takeTheirsStage} }

// Use resolves to a document that the caller has stored.
func Use(mode content.Mode, blob content.Digest) Resolution {
	return Resolution{takeBlob, mode, blob}
}

// Remove resolves to nothing.
func Remove() Resolution { return Resolution{choice: takeNothing} }

// settle returns what c's path holds after r.
func (r Resolution) settle(c Conflict) (content.Entry, error) {
	switch r.choice {
	case takeBaseStage:
		return c.Base, nil
	case takeOursStage:
		return c.Ours, nil
	case takeTheirsStage:
		return c.Theirs, nil
	case takeNothing:
		return content.Entry{}, nil
	case takeBlob:
		if r.blob.IsZero() || !r.mode.IsFile() && r.mode != content.ModeSymlink {
			return content.Entry{}, fault.Newf(fault.Invalid, "resolve", "%v: mode %o with %v is no document", c.Path, r.mode, r.blob)
		}
		return content.Entry{Name: c.Path.Base(), Mode: r.mode, Digest: r.blob, Size: -1}, nil
	}
	return content.Entry{}, fault.Newf(fault.Invalid, "resolve", "%v: an empty resolution", c.Path)
}
