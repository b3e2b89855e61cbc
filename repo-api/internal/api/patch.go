package api

import (
	"mime"
	"net/http"

	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
)

// readPatch reads the content of a request as a patch.
func readPatch(x *flow.Exchange) ([]byte, error) {
	text, err := readUpTo(x.Request.Body, -1, maxJSON)
	if err == nil && len(text) > maxJSON {
		err = fault.Newf(fault.TooLarge, "patch", "a patch has at most %d bytes", maxJSON)
	}
	return text, err
}

// mediaOf is the media type of what r holds, without parameters. The flow has
// compared it to what is taken.
func mediaOf(r *http.Request) string {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return media
}
