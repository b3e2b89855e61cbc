// Package patch changes JSON as a merge patch (RFC 7396) or a JSON patch (RFC 6902)
// says, and text as a unified diff says: all of it or nothing.
//
// An error says by its kind which of the ways of RFC 5789 2.2 to fail it is:
// Invalid (the patch is malformed), Conflict (what it builds upon is not there), or
// problem.Unprocessable (what would come of it can't be kept). All is pure.
package patch

import (
	"bytes"
	"encoding/json"
	"errors"

	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/problem"
)

// The media types of patches.
const (
	Merge = "application/merge-patch+json"
	JSON  = "application/json-patch+json"
)

// Types are the media types of the patches that Apply takes.
func Types() []string { return []string{Merge, JSON} }

// TextTypes are those of the patches of text.
func TextTypes() []string { return []string{Diff} }

// MaxSize is the size in bytes of the largest document that is patched, and of
// the largest that may come of it.
const MaxSize = 1 << 20

var errNotJSON = errors.New("what is there is not JSON, so no part of it can be told from another")

// Apply returns what becomes of doc by a patch of the media type. A document that
// was written over several lines stays so.
func Apply(mediaType string, doc, patch []byte) ([]byte, error) {
	if !json.Valid(patch) {
		return nil, fault.Newf(fault.Invalid, "patch", "the patch is not JSON")
	}
	if !json.Valid(doc) {
		return nil, problem.Unprocessable(fault.New(fault.Invalid, "patch", "", errNotJSON))
	}
	before, err := parse(doc)
	if err != nil {
		return nil, fault.New(fault.Internal, "patch", "", err)
	}
	after, err := applied(mediaType, before, bytes.TrimSpace(patch))
	if err != nil {
		return nil, err
	}
	patched := write(after, doc)
	if len(patched) > MaxSize {
		return nil, tooLarge()
	}
	return patched, nil
}

// applied is what becomes of doc, which is used up.
func applied(mediaType string, doc *node, text []byte) (*node, error) {
	if mediaType == Merge {
		patch, err := parse(text)
		if err != nil {
			return nil, fault.New(fault.Invalid, "merge patch", "", err)
		}
		return merge(doc, patch), nil
	}
	operations, err := parseOperations(text)
	if err != nil {
		return nil, err
	}
	d := document{root: doc}
	for _, o := range operations {
		if err := d.do(o); err != nil {
			return nil, err
		}
	}
	return d.root, nil
}

// TooLarge returns why a document of size bytes can't be patched, or nil.
func TooLarge(size int64) error {
	if size > MaxSize {
		return tooLarge()
	}
	return nil
}

func tooLarge() error {
	return problem.Unprocessable(fault.Newf(fault.Invalid, "patch", "only documents of up to %d bytes are patched", MaxSize))
}

// maxIndent is the widest indentation that is taken over, in letters.
const maxIndent = 8

// write writes n in lines as doc is.
func write(n *node, doc []byte) []byte {
	body := bytes.TrimSpace(doc)
	var w writer
	var rest []byte
	if _, rest, w.lines = bytes.Cut(body, []byte("\n")); w.lines {
		indent := rest[:len(rest)-len(bytes.TrimLeft(rest, " \t"))]
		w.indent = string(indent[:min(len(indent), maxIndent)])
	}
	w.write(n, 0)
	if bytes.HasSuffix(doc, []byte("\n")) {
		w.WriteByte('\n')
	}
	return w.Bytes()
}
