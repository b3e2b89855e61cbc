package gitfmt

import (
	"bytes"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// header reads the lines before the message of a commit or tag.
type header struct {
	what string // for errors: "commit" or "tag"
	rest []byte
}

// next returns the next line as key and value. ok is false once the header has
// ended; rest is the message then. The further lines of a value that has several
// (a signature, a merged tag) begin with a space and come with an empty key.
func (h *header) next() (key, value []byte, ok bool) {
	line, rest, _ := bytes.Cut(h.rest, []byte{'\n'})
	h.rest = rest
	if len(line) == 0 {
		return nil, nil, false
	}
	key, value, _ = bytes.Cut(line, []byte{' '})
	return key, value, true
}

// digest reads the next line, which has to be key and a digest.
func (h *header) digest(key string) (content.Digest, error) {
	k, v, _ := h.next()
	if string(k) != key {
		return content.Digest{}, h.bad("%q where the line %q should be", clip(k), key)
	}
	return h.parseDigest(v)
}

func (h *header) parseDigest(v []byte) (content.Digest, error) {
	d, err := content.ParseDigest(string(v))
	if err != nil {
		return content.Digest{}, fault.New(fault.Invalid, "parse "+h.what, "", err)
	}
	return d, nil
}

func (h *header) bad(format string, args ...any) error {
	return fault.Newf(fault.Invalid, "parse "+h.what, format, args...)
}

// clip shortens bytes from outside before they are quoted in an error.
func clip(b []byte) []byte { return b[:min(len(b), 80)] }
