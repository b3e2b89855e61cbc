package flow

import "net/http"

// What is there, and what is done about it.

func (x *Exchange) exists() (bool, error) {
	err := x.look()
	return x.State.Exists, err
}

// look has the resource find out what is there, once.
func (x *Exchange) look() error {
	if !x.looked {
		x.looked = true
		x.State, x.unseen = x.resource.Look(x)
	}
	return x.unseen
}

func (x *Exchange) movedForGood() (bool, error)   { return x.State.Moved == ForGood, nil }
func (x *Exchange) hasOtherName() (bool, error)   { return x.State.Moved == Renamed, nil }
func (x *Exchange) movedForNow() (bool, error)    { return x.State.Moved == ForNow, nil }
func (x *Exchange) foundElsewhere() (bool, error) { return x.State.Moved == Found, nil }
func (x *Exchange) seeOther() (bool, error)       { return x.State.Moved == Other, nil }

func (x *Exchange) existedBefore() (bool, error) {
	return x.State.Gone || x.State.Moved != Stayed, nil
}

func (x *Exchange) mayPostToMissing() (bool, error) {
	r, ok := x.resource.(Reviver)
	return ok && r.PostToMissing(), nil
}

func (x *Exchange) isRead() (bool, error)   { return x.method&reads != 0, nil }
func (x *Exchange) isPut() (bool, error)    { return x.method == PUT, nil }
func (x *Exchange) isPost() (bool, error)   { return x.method == POST, nil }
func (x *Exchange) isPatch() (bool, error)  { return x.method == PATCH, nil }
func (x *Exchange) isDelete() (bool, error) { return x.method == DELETE, nil }

func (x *Exchange) put() (bool, error) {
	if r, ok := x.resource.(Putter); ok {
		return x.conflict(r.Put(x))
	}
	return false, errUnable
}

func (x *Exchange) patch() (bool, error) {
	if r, ok := x.resource.(Patcher); ok {
		return x.conflict(r.Patch(x))
	}
	return false, errUnable
}

// conflict says whether a change failed because of what is there (409).
func (x *Exchange) conflict(done Done, err error) (bool, error) {
	if err != nil && x.statusOf(err) == http.StatusConflict {
		x.why = err
		return true, nil
	}
	return false, x.did(done, err)
}

func (x *Exchange) post() (elsewhere bool, _ error) {
	r, ok := x.resource.(Poster)
	if !ok {
		return false, errUnable
	}
	done, err := r.Post(x)
	return done.Elsewhere, x.did(done, err)
}

func (x *Exchange) delete() (enacted bool, _ error) {
	r, ok := x.resource.(Deleter)
	if !ok {
		return false, errUnable
	}
	done, err := r.Delete(x)
	return !done.Pending, x.did(done, err)
}

func (x *Exchange) created() (bool, error)    { return x.done.Created, nil }
func (x *Exchange) pending() (bool, error)    { return x.done.Pending, nil }
func (x *Exchange) hasContent() (bool, error) { return x.done.Content != nil, nil }

// rangeAsked is where a read gets its representation. A range counts on GET only
// (14.2), in one line only.
func (x *Exchange) rangeAsked() (asked bool, err error) {
	r, ok := x.resource.(Getter)
	if !ok {
		return false, errUnable
	}
	if x.sent, err = r.Get(x); err == nil && x.coding != "" {
		err = x.code()
	}
	if err != nil {
		return false, err
	}
	lines := x.Request.Header["Range"]
	if x.method != GET || len(lines) != 1 || x.sent.Undivided {
		return false, nil
	}
	x.spans, asked = ParseRange(lines[0], x.sent.Size)
	return asked, nil
}

func (x *Exchange) rangeSatisfiable() (bool, error) { return len(x.spans) > 0, nil }

func (x *Exchange) severalChoices() (bool, error) { return x.sent.Choices, nil }
