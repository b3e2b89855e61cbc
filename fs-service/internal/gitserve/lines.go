package gitserve

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-git/go-git/v6/plumbing/format/pktline"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// lines writes an answer: packet lines, and within them the bands of a side-band. What
// goes wrong is remembered, and every further writing is in vain: see finish.
type lines struct {
	w    *bufio.Writer
	err  error
	band bool // a side-band is spoken: band 1 carries data, 2 words for a person
}

func newLines(w io.Writer) *lines { return &lines{w: bufio.NewWriterSize(w, 128<<10)} }

// line writes one line.
func (l *lines) line(format string, args ...any) {
	_, err := pktline.Writef(l.w, format, args...)
	l.err = errors.Join(l.err, err)
}

func (l *lines) flushLine() { l.err = errors.Join(l.err, pktline.WriteFlush(l.w)) }
func (l *lines) delimiter() { l.err = errors.Join(l.err, pktline.WriteDelim(l.w)) }

// The bands.
const (
	bandData  = 1
	bandWords = 2
	bandFatal = 3
)

// maxBand is how many bytes of a band fit one line.
const maxBand = pktline.MaxPayloadSize - 1

// Write writes data: on its band where there are bands.
func (l *lines) Write(p []byte) (int, error) {
	if !l.band {
		n, err := l.w.Write(p)
		return n, gone(err)
	}
	for rest := p; len(rest) > 0; {
		part := rest[:min(len(rest), maxBand)]
		rest = rest[len(part):]
		if err := l.onBand(bandData, part); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

func (l *lines) onBand(band byte, p []byte) error {
	n := len(p) + 1 + pktline.LenSize
	fmt.Fprintf(l.w, "%04x%c", n, band) // the writer remembers a failure
	_, err := l.w.Write(p)
	return gone(err)
}

// say tells a person something at once, where there is a band for it.
func (l *lines) say(text string) error {
	if !l.band {
		return nil
	}
	if err := l.onBand(bandWords, []byte(text)); err != nil {
		return err
	}
	return gone(l.w.Flush())
}

// keepAlive sends what a client skips.
func (l *lines) keepAlive() error {
	if !l.band {
		return nil
	}
	if err := l.onBand(bandData, nil); err != nil {
		return err
	}
	return gone(l.w.Flush())
}

// refuse ends the answer with a reason that git shows: "fatal: remote error: …".
func (l *lines) refuse(err error) error {
	if l.band {
		l.err = errors.Join(l.err, l.onBand(bandFatal, []byte(reason(err)+"\n")))
	} else {
		l.line("ERR %s", reason(err))
	}
	return l.finish()
}

// finish sends what is left and says whether all went out.
func (l *lines) finish() error { return gone(errors.Join(l.err, l.w.Flush())) }

// gone is a failure to write: nobody is there to read.
func gone(err error) error {
	if err == nil {
		return nil
	}
	return fault.New(fault.Canceled, "git", "answer", err)
}

// reason is what a client is told of an error: the words of the fault, if the client can do
// something about it.
func reason(err error) string {
	var f *fault.Error
	switch fault.Of(err) {
	case fault.Internal, fault.Corrupt, fault.Misplaced:
		return "something went wrong in the server"
	}
	if errors.As(err, &f) && f.Err != nil {
		err = f.Err
	}
	return strings.Join(strings.Fields(strings.ToValidUTF8(err.Error(), "?")), " ")
}

// reader reads the lines of a request.
type reader struct{ *pktline.Scanner }

func newReader(r io.Reader) reader { return reader{pktline.NewScanner(r)} }

// bounded fails with TooLarge where r holds more than it may.
type bounded struct {
	io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fault.Newf(fault.TooLarge, "git", "a request of more than %d bytes", maxRequest)
	}
	return n, err
}

// next returns the next line without its end. ok is false at a flush, a delimiter or the
// end of the request, which kind says; an error is of kind Invalid.
func (r reader) next() (text string, ok bool, kind int, err error) {
	if !r.Scan() {
		if err := r.Err(); err != nil {
			return "", false, 0, malformed("%w", err)
		}
		return "", false, atEnd, nil
	}
	if n := r.Len(); n < pktline.LenSize {
		return "", false, n, nil
	}
	return strings.TrimSuffix(r.Text(), "\n"), true, 0, nil
}

// skip reads up to the next flush.
func (r reader) skip() error {
	for {
		if _, ok, _, err := r.next(); !ok {
			return err
		}
	}
}

// rest returns the lines up to the next flush.
func (r reader) rest() (texts []string, err error) {
	for {
		text, ok, _, err := r.next()
		if !ok {
			return texts, err
		}
		texts = append(texts, text)
	}
}

// What ends a run of lines.
const (
	atFlush     = pktline.Flush
	atDelimiter = pktline.Delim
	atEnd       = -1
)

// malformed is a request that is not git's. A reader that failed has said why itself.
func malformed(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	return fault.New(fault.Invalid, "git request", "", err)
}

func parseDigest(s string) (content.Digest, error) {
	d, err := content.ParseDigest(s)
	if err != nil {
		return d, malformed("%.60q is no object id", s)
	}
	return d, nil
}
