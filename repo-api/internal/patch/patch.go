// Package patch changes JSON as a merge patch (RFC 7396) or a JSON patch (RFC 6902)
// says: all of it or nothing.
//
// An error says by its kind which of the ways of RFC 5789 2.2 to fail it is:
// Invalid (the patch is malformed), Conflict (what it builds upon is not there), or
// problem.Unprocessable (what would come of it can't be kept). All is pure.
package patch

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"

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
	apply := jsonPatch
	if mediaType == Merge {
		apply = mergePatch
	}
	patched, err := apply(bytes.TrimSpace(doc), bytes.TrimSpace(patch))
	if err != nil {
		return nil, err
	}
	patched = layOut(patched, doc)
	if len(patched) > MaxSize {
		return nil, tooLarge()
	}
	return patched, nil
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

func mergePatch(doc, patch []byte) ([]byte, error) {
	patched, err := merge(doc, patch)
	if err != nil {
		return nil, fault.New(fault.Invalid, "merge patch", "", err)
	}
	return patched, nil
}

func jsonPatch(doc, text []byte) ([]byte, error) {
	operations, err := jsonpatch.DecodePatch(text)
	if err != nil {
		return nil, fault.New(fault.Invalid, "JSON patch", "", err)
	}
	if doc[0] != '{' && doc[0] != '[' {
		return nil, problem.Unprocessable(fault.Newf(fault.Invalid, "JSON patch", "what is there is neither an object nor an array"))
	}
	options := jsonpatch.NewApplyOptions()
	options.SupportNegativeIndices = false // RFC 6901 knows none
	options.AccumulatedCopySizeLimit = MaxSize
	options.EscapeHTML = false
	patched, err := operations.ApplyWithOptions(doc, options)
	var copied *jsonpatch.AccumulatedCopySizeError
	switch {
	case errors.As(err, &copied):
		return nil, tooLarge()
	case err != nil:
		return nil, fault.New(fault.Conflict, "JSON patch", "", err)
	}
	return patched, nil
}

// layOut gives patched the lines that doc has.
func layOut(patched, doc []byte) []byte {
	body, end := bytes.TrimRight(doc, " \t\r\n"), ""
	if len(body) < len(doc) {
		end = "\n"
	}
	var b bytes.Buffer
	if indent, several := indentOf(body); !several || json.Indent(&b, patched, "", indent) != nil {
		b.Reset()
		b.Write(patched)
	}
	b.WriteString(end)
	return b.Bytes()
}

// indentOf returns what a document's second line begins with.
func indentOf(doc []byte) (indent string, several bool) {
	_, rest, several := strings.Cut(string(doc), "\n")
	return rest[:len(rest)-len(strings.TrimLeft(rest, " \t"))], several
}
