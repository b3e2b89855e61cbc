package gitfmt

import (
	"bytes"
	"regexp"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Check returns why an object may not come in from outside, or nil: what `git fsck`
// calls an error. Blobs are never refused.
func Check(o content.Object) error {
	switch o.Kind {
	case content.KindTree:
		return CheckTree(o)
	case content.KindCommit:
		return CheckCommit(o)
	case content.KindTag:
		return CheckTag(o)
	}
	return nil
}

// ident is the value of an author, committer or tagger line: name, address, time.
var ident = regexp.MustCompile(`^[^<>\n]* <[^<>\n]*> (?:0|[1-9][0-9]{0,17}) [+-][0-9]{4}$`)

// CheckCommit returns why the commit o may not come in from outside, or nil: a
// header out of order, a line that is missing or broken, a NUL.
func CheckCommit(o content.Object) error {
	h, err := newHeader("commit", o)
	if err != nil {
		return err
	}
	if _, err := h.digest("tree"); err != nil {
		return err
	}
	key, value, _ := h.next()
	for string(key) == "parent" {
		if _, err := h.parseDigest(value); err != nil {
			return err
		}
		key, value, _ = h.next()
	}
	if err := h.ident("author", key, value); err != nil {
		return err
	}
	key, value, _ = h.next()
	return h.ident("committer", key, value)
}

// CheckTag returns why the annotated tag o may not come in from outside, or nil.
func CheckTag(o content.Object) error {
	h, err := newHeader("tag", o)
	if err != nil {
		return err
	}
	if _, err := h.digest("object"); err != nil {
		return err
	}
	if key, value, _ := h.next(); string(key) != "type" || kindNamed(string(value)) == 0 {
		return h.bad("%v: %q where the line \"type\" should be", o.Digest, clip(value))
	}
	if key, value, _ := h.next(); string(key) != "tag" || len(value) == 0 {
		return h.bad("%v: %q where the line \"tag\" should be", o.Digest, clip(key))
	}
	key, value, more := h.next()
	if !more {
		return nil // the oldest tags have no tagger
	}
	return h.ident("tagger", key, value)
}

// newHeader begins the header of o, which has to be a whole one without NUL.
func newHeader(what string, o content.Object) (header, error) {
	h := header{what: what + " " + o.Digest.String(), rest: o.Data}
	head, _, ends := bytes.Cut(o.Data, []byte("\n\n"))
	switch {
	case bytes.IndexByte(head, 0) >= 0:
		return h, h.bad("a NUL in its header")
	case !ends && !bytes.HasSuffix(o.Data, []byte("\n")):
		return h, fault.Newf(fault.Invalid, "check "+what, "%v: its header has no end", o.Digest)
	}
	return h, nil
}

// ident checks a line that says who and when.
func (h *header) ident(want string, key, value []byte) error {
	switch {
	case string(key) != want:
		return h.bad("%q where the line %q should be", clip(key), want)
	case !ident.Match(value):
		return h.bad("a broken line %s: %q", want, clip(value))
	}
	return nil
}
