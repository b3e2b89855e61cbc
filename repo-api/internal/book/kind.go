package book

import (
	"path"
	"strings"

	"rhapsode/content"
)

// Kind is what a document is, as far as its name says.
type Kind uint8

// The kinds.
const (
	KindMedia      Kind = iota // a picture, a film, data: whatever is not read
	KindCNXML                  // a module
	KindCollection             // a CollXML collection
	KindHTML
	KindMarkdown
	KindPlain
)

var kindNames = [...]string{"media", "cnxml", "collection", "html", "markdown", "plain"}

func (k Kind) String() string { return kindNames[k] }

// IsPage says whether a document of this kind is text that people read, and
// that ReadModule takes.
func (k Kind) IsPage() bool { return k != KindMedia && k != KindCollection }

// KindOf tells what is at p by its name.
func KindOf(p content.Path) Kind {
	base := strings.ToLower(p.Base())
	switch path.Ext(base) {
	case ".cnxml":
		return KindCNXML
	case ".collxml":
		return KindCollection
	case ".xml":
		if base == "collection.xml" || strings.HasSuffix(base, ".collection.xml") {
			return KindCollection
		}
	case ".html", ".htm", ".xhtml":
		return KindHTML
	case ".md", ".markdown":
		return KindMarkdown
	case ".txt":
		return KindPlain
	}
	return KindMedia
}
