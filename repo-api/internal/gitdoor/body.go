package gitdoor

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"

	"rhapsode/internal/fault"
)

// body is the content of a request without its coding. How much it may hold, the file system
// says: it knows what for.
func body(r *http.Request) (io.Reader, error) {
	switch coding := r.Header.Get("Content-Encoding"); coding {
	case "", "identity":
		return readable{r.Body}, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, unreadable(err)
		}
		return readable{z}, nil
	default:
		return nil, statusError{http.StatusUnsupportedMediaType, http.Header{"Accept-Encoding": {"gzip"}},
			fault.Newf(fault.Invalid, "git", "content coded as %.40q, not gzip", coding)}
	}
}

// readable says of content that can't be read that this is the sender's doing.
type readable struct{ io.Reader }

func (b readable) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = unreadable(err)
	}
	return n, err
}

func unreadable(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return fault.New(fault.TooLarge, "read content", "", err)
	}
	return fault.New(fault.Invalid, "read content", "", err)
}
