package flow

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
)

// body is the content of an answer to a read: all of a representation, a part of
// it, or several parts.
type body struct {
	x         *Exchange
	mediaType string
	size      int64
	first     io.ReadCloser // opened before the status is sent; nil if the bytes are at hand
	boundary  string        // of several parts
}

// openSent opens what a read sends, as far as that can fail before the status is
// sent. A HEAD opens nothing.
func (x *Exchange) openSent(status int) (body, error) {
	b := body{x: x, mediaType: x.sent.Type, size: x.sent.Size}
	if status != http.StatusPartialContent {
		x.spans = append(x.whole[:0], Span{0, x.sent.Size})
	}
	if len(x.spans) == 1 {
		b.size = x.spans[0].Length
	} else {
		if err := x.digestParts(); err != nil {
			return b, err
		}
		b.boundary = rand.Text()
		b.mediaType = "multipart/byteranges; boundary=" + b.boundary
		b.size = b.multipartSize()
	}
	if x.sent.Bytes != nil || x.bodiless() || b.size == 0 {
		return b, nil
	}
	var err error
	b.first, err = x.sent.Parts.Open(x.Context(), x.spans[0].Start, x.spans[0].Length)
	return b, err
}

// bodiless says whether an answer ends with its fields.
func (x *Exchange) bodiless() bool { return x.method == HEAD || x.engine.Dry }

// code replaces what is sent by its coding. Ranges are then ranges of that (14.2).
func (x *Exchange) code() error {
	plain := x.sent.Bytes
	if plain == nil {
		r, err := x.sent.Parts.Open(x.Context(), 0, x.sent.Size)
		if err != nil {
			return err
		}
		defer r.Close()
		plain = make([]byte, x.sent.Size)
		if _, err := io.ReadFull(r, plain); err != nil {
			return err
		}
	}
	coded, err := x.engine.Coder.Code(x.Uncoded(x.State.Tag), x.coding, plain)
	x.sent = Representation{Type: x.sent.Type, Size: int64(len(coded)), Bytes: coded}
	return err
}

// Close closes what openSent opened.
func (b *body) Close() {
	if b.first != nil {
		b.first.Close()
	}
}

func (b *body) writeTo(w io.Writer) error {
	for i, span := range b.x.spans {
		if b.boundary != "" {
			if _, err := io.WriteString(w, b.partHeader(i, span)); err != nil {
				return err
			}
		}
		if err := b.writeSpan(w, i, span); err != nil {
			return err
		}
	}
	if b.boundary != "" {
		_, err := io.WriteString(w, b.closing())
		return err
	}
	return nil
}

func (b *body) writeSpan(w io.Writer, i int, span Span) error {
	if whole := b.x.sent.Bytes; whole != nil {
		_, err := w.Write(whole[span.Start:span.end()])
		return err
	}
	if span.Length == 0 {
		return nil
	}
	part := b.first
	if i > 0 {
		opened, err := b.x.sent.Parts.Open(b.x.Context(), span.Start, span.Length)
		if err != nil {
			return err
		}
		defer opened.Close()
		part = opened
	}
	if span.Length < 0 {
		_, err := io.Copy(w, part)
		return err
	}
	_, err := io.CopyN(w, part, span.Length)
	return err
}

// partHeader is what precedes part i of multipart/byteranges (14.6).
func (b *body) partHeader(i int, span Span) string {
	digest := ""
	if len(b.x.partDigests) > 0 {
		digest = contentDigest + ": " + b.x.partDigests[i] + "\r\n"
	}
	return fmt.Sprintf("\r\n--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n%s\r\n",
		b.boundary, b.x.sent.Type, span.contentRange(b.x.sent.Size), digest)
}

func (b *body) closing() string { return "\r\n--" + b.boundary + "--\r\n" }

func (b *body) multipartSize() int64 {
	size := int64(len(b.closing()))
	for i, span := range b.x.spans {
		size += int64(len(b.partHeader(i, span))) + span.Length
	}
	return size
}
