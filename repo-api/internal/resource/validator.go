package resource

import (
	"crypto/sha256"
	"encoding/hex"

	"rhapsode/content"
	"rhapsode/repo-api/flow"
)

// TagOf is the strong tag of bytes, or of a state, that d names: the same bytes
// have the same tag at every place.
func TagOf(d content.Digest) flow.Tag {
	var b [2*content.DigestSize + 2]byte
	b[0], b[len(b)-1] = '"', '"'
	hex.Encode(b[1:len(b)-1], d[:])
	return flow.Tag(b[:])
}

// DigestOf returns what TagOf made a tag of; not ok if it was not made so.
func DigestOf(t flow.Tag) (content.Digest, bool) {
	d, err := content.ParseDigest(t.Opaque())
	return d, err == nil && TagOf(d).WeakMatch(t)
}

// TagOfBytes is the strong tag of a representation that was made from what is
// stored. It is never the tag of a document.
func TagOfBytes(b []byte) flow.Tag {
	sum := sha256.Sum256(b)
	return flow.Tag(`"r-` + hex.EncodeToString(sum[:16]) + `"`)
}
