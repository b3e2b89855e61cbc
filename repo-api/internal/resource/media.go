package resource

import (
	"strings"

	"rhapsode/content"
)

// JSON is the media type of everything that is not a document.
const JSON = "application/json"

// binary is the media type of a document of which nothing is known.
const binary = "application/octet-stream"

// linkText is the media type of a symbolic link's target, which is what a link holds.
const linkText = "text/plain; charset=utf-8"

// mediaTypes is chosen here and not taken from the machine, so that every server
// says the same. Nothing is ever guessed from the bytes.
var mediaTypes = map[string]string{
	// books
	"cnxml": "application/vnd.openstax.cnxml+xml; charset=utf-8",
	"mdml":  "application/vnd.openstax.mdml+xml; charset=utf-8",
	"epub":  "application/epub+zip",
	"opf":   "application/oebps-package+xml",
	"ncx":   "application/x-dtbncx+xml",
	// text
	"html": "text/html; charset=utf-8", "htm": "text/html; charset=utf-8",
	"xhtml": "application/xhtml+xml; charset=utf-8",
	"xml":   "application/xml; charset=utf-8", "xsl": "application/xslt+xml", "xslt": "application/xslt+xml",
	"txt": "text/plain; charset=utf-8", "text": "text/plain; charset=utf-8", "rst": "text/x-rst; charset=utf-8",
	"md": "text/markdown; charset=utf-8", "markdown": "text/markdown; charset=utf-8",
	"tex": "text/x-tex; charset=utf-8", "bib": "text/x-bibtex; charset=utf-8",
	"csv": "text/csv; charset=utf-8", "tsv": "text/tab-separated-values; charset=utf-8",
	"css": "text/css; charset=utf-8", "scss": "text/plain; charset=utf-8", "less": "text/plain; charset=utf-8",
	"js": "text/javascript; charset=utf-8", "mjs": "text/javascript; charset=utf-8",
	"json": "application/json", "jsonl": "application/jsonl", "map": "application/json",
	"yaml": "application/yaml", "yml": "application/yaml", "toml": "application/toml",
	"py": "text/plain; charset=utf-8", "go": "text/plain; charset=utf-8", "sh": "text/plain; charset=utf-8",
	"rb": "text/plain; charset=utf-8", "ini": "text/plain; charset=utf-8", "cfg": "text/plain; charset=utf-8",
	// pictures and sound
	"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
	"avif": "image/avif", "svg": "image/svg+xml", "ico": "image/vnd.microsoft.icon", "bmp": "image/bmp",
	"tif": "image/tiff", "tiff": "image/tiff", "eps": "application/postscript", "ps": "application/postscript",
	"mp3": "audio/mpeg", "ogg": "audio/ogg", "wav": "audio/wav", "mp4": "video/mp4", "webm": "video/webm",
	// fonts, archives, office
	"woff": "font/woff", "woff2": "font/woff2", "ttf": "font/ttf", "otf": "font/otf",
	"pdf": "application/pdf", "zip": "application/zip", "gz": "application/gzip", "tar": "application/x-tar",
	"ipynb": "application/x-ipynb+json",
	"docx":  "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"odt":   "application/vnd.oasis.opendocument.text",
}

// Active says whether a browser that shows a document of the media type may run
// what is in it, or be sent elsewhere by it.
func Active(mediaType string) bool {
	return strings.Contains(mediaType, "html") || strings.Contains(mediaType, "xml") || strings.Contains(mediaType, "xslt")
}

// The sizes in bytes between which a representation is worth a coding: below, it
// would hardly be smaller; above, it would cost too much memory and time.
const (
	minCoded = 256
	maxCoded = 2 << 20
)

// Codable says whether size bytes of the media type are worth a coding.
func Codable(mediaType string, size int64) bool {
	if size < minCoded || size > maxCoded {
		return false
	}
	switch mediaType {
	case "image/bmp", "font/ttf", "font/otf":
		return true
	}
	return isText(mediaType)
}

func isText(mediaType string) bool {
	media, _, _ := strings.Cut(mediaType, ";")
	switch media {
	case "application/jsonl", "application/yaml", "application/toml", "application/postscript":
		return true
	}
	return strings.HasPrefix(media, "text/") || strings.HasSuffix(media, "xml") || strings.HasSuffix(media, "json")
}

// MayBeText says whether documents of the media type may have lines: those of which nothing is
// known may.
func MayBeText(mediaType string) bool { return mediaType == binary || isText(mediaType) }

// IsJSON says whether documents of the media type are JSON.
func IsJSON(mediaType string) bool { return mediaType == JSON || strings.HasSuffix(mediaType, "+json") }

// MediaType returns the media type of an entry of a directory.
func MediaType(e content.Entry) string {
	if e.Mode == content.ModeSymlink {
		return linkText
	}
	i := strings.LastIndexByte(e.Name, '.')
	if i < 0 {
		return binary
	}
	if t, ok := mediaTypes[e.Name[i+1:]]; ok {
		return t
	}
	if t, ok := mediaTypes[strings.ToLower(e.Name[i+1:])]; ok {
		return t
	}
	return binary
}
