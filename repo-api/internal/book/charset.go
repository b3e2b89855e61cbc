package book

import (
	"encoding/xml"
	"io"

	"golang.org/x/text/encoding/htmlindex"

	"rhapsode/internal/fault"
)

// charset reads old documents that are not UTF-8.
func charset(label string, r io.Reader) (io.Reader, error) {
	enc, err := htmlindex.Get(label)
	if err != nil {
		return nil, fault.Newf(fault.Invalid, "read", "no encoding is called %q", label)
	}
	return enc.NewDecoder().Reader(r), nil
}

// entities are those that a document may use which names a document type. The
// types of old CNXML bring HTML's; they are not fetched.
func entities() map[string]string { return xml.HTMLEntity }
