package flow

import (
	"context"
	"io"
	"net/http"
	"time"
)

// Resource is what a request is about: one value a request, made by the function
// that an Engine's handler is given. These two questions every resource answers;
// the other interfaces of this file it has if it cares.
//
// An error of any method ends the walk; the Engine's Status knows its status.
type Resource interface {
	// Methods returns what is allowed on this resource in the state that it is in (B10).
	Methods(*Exchange) (Methods, error)

	// Look finds out what is there (G7). That there is nothing is no error.
	Look(*Exchange) (State, error)
}

// State is what there is of a resource before the request is acted on.
type State struct {
	Exists   bool
	Tag      Tag       // of what a GET would send; "" if it has none
	Modified time.Time // zero if that is not known
	Exact    bool      // it can't have changed twice within the second that Modified names (8.8.2.2)

	Codable bool // a GET sends so much, and of such a kind, that coding it is worth the while

	Guarded bool // changing it takes a condition: 428 without one
	Judges  bool // conditions of a change are judged where it is made, and not here

	Moved Move   // if it does not exist
	To    string // … the target that has it now
	Gone  bool   // it was there and was taken away on purpose
	Why   error  // what a person should know about its not being there
}

// Move is how a resource went elsewhere.
type Move uint8

// The ways to go.
const (
	Stayed  Move = iota
	ForGood      // 308
	Renamed      // 301: this was only another name of it, to be read by
	ForNow       // 307
	Found        // 302: the target names what is elsewhere, as "latest" does
	Other        // 303: the target is not the same thing, but what to read now
)

// Representation is what is sent.
type Representation struct {
	Type    string // its media type
	Size    int64  // in bytes
	Bytes   []byte // all of it, if it is at hand; otherwise Parts opens it
	Parts   Opener
	Choices bool // it lists what the client has to choose from (300)

	// Undivided: Parts can open it once, and only whole. So it has no ranges and no
	// digests, and its Size may be -1: nobody knows.
	Undivided bool
}

// Opener opens n bytes of a representation from offset off, and all the rest if
// n is negative. The caller closes the reader.
type Opener interface {
	Open(ctx context.Context, off, n int64) (io.ReadCloser, error)
}

// Done is what came of a change.
type Done struct {
	Created   bool   // something new is there
	Pending   bool   // it is accepted, and will be done later
	Elsewhere bool   // the answer to a POST is at Location (303)
	Location  string // of what was made, or of what tells how far it is
	Tag       Tag    // of what is there now, if a GET would send the very bytes that were received
	Content   *Representation
}

// What a resource can do. It has the interface of every method that it allows.
type (
	// Getter is read. Its Get comes after the preconditions; what it opens is
	// opened only when it is sent.
	Getter interface {
		Get(*Exchange) (Representation, error)
	}
	// Putter becomes what the request holds (O14, P3).
	Putter interface {
		Put(*Exchange) (Done, error)
	}
	// Patcher is changed in part (P16).
	Patcher interface {
		Patch(*Exchange) (Done, error)
	}
	// Poster processes what the request holds (N11).
	Poster interface {
		Post(*Exchange) (Done, error)
	}
	// Deleter is taken away (M20).
	Deleter interface {
		Delete(*Exchange) (Done, error)
	}
)

// What a resource may know better than the defaults.
type (
	// Availer may be out of service (B13).
	Availer interface {
		Available(*Exchange) error
	}
	// Checker finds the request malformed (B9).
	Checker interface {
		Check(*Exchange) error
	}
	// Authenticator knows who asks (B8).
	Authenticator interface {
		Authenticate(*Exchange) error
	}
	// Authorizer knows what who asks may do (B7).
	Authorizer interface {
		Authorize(*Exchange) error
	}
	// Consumer lists the media types that the method takes; none: any (B5).
	Consumer interface {
		Consumes(method string) []string
	}
	// Bounded limits what is sent to it (A4, B4).
	Bounded interface {
		Bounds() Bounds
	}
	// Negotiable can be read in several variants (C4, D5), and in codings of them
	// (F7). The first is sent to whoever does not choose; where there is nothing to
	// be read there may be none. It is asked before Look, which may depend on the choice.
	Negotiable interface {
		Variants(*Exchange) ([]Variant, error)
	}
	// Reviver lets one POST to what is missing or gone (M7, N5).
	Reviver interface {
		PostToMissing() bool
	}
	// Fielder adds the fields that every good answer about the resource carries,
	// a 304 too: Cache-Control, Content-Location, Link.
	Fielder interface {
		Fields(*Exchange, http.Header)
	}
)

// Bounds are the limits of a request's content.
type Bounds struct {
	Max         int64 // in bytes; 0: no limit
	NeedsLength bool  // content whose length isn't told is refused
}
