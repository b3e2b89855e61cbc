package fsapi

import "rhapsode/content"

// MaxBlamed is how many pieces a document may be blamed in.
const MaxBlamed = 50_000

// Blamed is neighbouring lines of a document that came with one commit.
type Blamed struct {
	First, Last int // lines, counted from 1
	Then        int // where First was in the commit's version
	Commit      content.Digest
	Author      content.Signature
	Subject     string
}
