package refs

import "rhapsode/content"

// Update is what a push wants of one ref: it was at Old, and should go to New. The zero
// digest is nowhere.
type Update struct {
	Name     content.RefName
	Old, New content.Digest
}
