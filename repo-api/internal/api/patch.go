package api

import (
	"mime"
	"net/http"

	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
)

// readPatch reads the content of a request as a patch of at most limit bytes.
func readPatch(x *flow.Exchange, limit int64) ([]byte, error) {
	text, err := readUpTo(x.Request.Body, -1, limit)
	if err == nil && int64(len(text)) > limit {
		err = fault.Newf(fault.TooLarge, "patch", "such a patch has at most %d bytes", limit)
	}
	return text, err
}

// mediaOf is the media type of what r holds, without parameters. The flow has
// compared it to what is taken.
func mediaOf(r *http.Request) string {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return media
}
