package api

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// formData is the media type of a set of changes whose documents come as they are, each a part
// with a name behind the one that is called changeset.
const formData = "multipart/form-data"

// changesetPart is the name of the part that says what should be done; it comes first.
const changesetPart = "changeset"

func isForm(r *http.Request) bool { return mediaOf(r) == formData }

// order is what a request for a set of changes holds.
type order struct {
	newChangeset
	text  []byte                  // … as it came
	parts map[string]content.Body // the documents that came as they are, by name
}

// all is everything that is asked for: what came as it is, by its digest.
func (o order) all(set content.ChangeSet) [][]byte {
	asked := [][]byte{o.text}
	for i := range set.Changes {
		asked = append(asked, set.Changes[i].Body.Digest[:])
	}
	return asked
}

// readOrder reads the content of r, in either form. Large documents are stored as they come.
func (c *changesets) readOrder(ctx context.Context, r *http.Request) (o order, err error) {
	if !isForm(r) {
		o.text, err = readJSONUpTo(r, maxChangeset, &o.newChangeset)
		return o, err
	}
	_, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if params["boundary"] == "" {
		return o, fault.Newf(fault.Invalid, "form", "the Content-Type names no boundary")
	}
	form := multipart.NewReader(r.Body, params["boundary"])
	if o.text, err = c.readFirst(form, &o.newChangeset); err != nil {
		return o, err
	}
	if o.parts, err = c.readParts(ctx, form, o.named()); err != nil {
		return o, err
	}
	_, err = io.Copy(io.Discard, r.Body) // its digest is that of all of it
	return o, unreadable(err)
}

// named are the parts that the changes name; false: it has not come yet.
func (n newChangeset) named() map[string]bool {
	parts := map[string]bool{}
	for _, change := range n.Changes {
		if change.Part != "" {
			parts[change.Part] = false
		}
	}
	return parts
}

// readFirst reads what should be done.
func (c *changesets) readFirst(form *multipart.Reader, asked *newChangeset) ([]byte, error) {
	part, err := form.NextRawPart()
	if err != nil {
		return nil, unreadable(err)
	}
	if part.FormName() != changesetPart {
		return nil, fault.Newf(fault.Invalid, "form", "its first part is %.100q, not %q", part.FormName(), changesetPart)
	}
	text, err := readUpTo(part, -1, maxChangeset)
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxChangeset:
		return nil, fault.Newf(fault.TooLarge, "form", "the part %q has more than %d bytes", changesetPart, maxChangeset)
	}
	return text, decodeJSON(text, asked)
}

// readParts takes in the documents, each of which has to be named by a change.
func (c *changesets) readParts(ctx context.Context, form *multipart.Reader, named map[string]bool) (map[string]content.Body, error) {
	parts, inline := map[string]content.Body{}, int64(0)
	for {
		part, err := form.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, unreadable(err)
		}
		name := part.FormName()
		switch came, known := named[name]; {
		case !known:
			return nil, fault.Newf(fault.Invalid, "form", "no change names the part %.100q", name)
		case came:
			return nil, fault.Newf(fault.Invalid, "form", "the part %.100q comes twice", name)
		}
		named[name] = true
		body, err := c.api.receive(ctx, c.repo, part, -1)
		if err != nil {
			return nil, err
		}
		if inline += int64(len(body.Inline)); inline > maxChangeset {
			return nil, fault.Newf(fault.TooLarge, "form", "the documents of up to %d bytes have more than %d together", content.InlineLimit, maxChangeset)
		}
		parts[name] = body
	}
	for name, came := range named {
		if !came {
			return nil, fault.Newf(fault.Invalid, "form", "a change names the part %.100q, which is not there", name)
		}
	}
	return parts, nil
}
