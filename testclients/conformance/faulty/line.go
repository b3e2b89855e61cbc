package faulty

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxHead   = 128 << 10
	maxTarget = 8 << 10
	maxBody   = 16 << 20
)

// line is one connection: RFC 9112, strictly.
type line struct {
	conn   net.Conn
	read   *bufio.Reader
	server *Server
}

func newLine(conn net.Conn, s *Server) *line {
	return &line{conn, bufio.NewReaderSize(conn, 4096), s}
}

// broken is a message that gets an answer and ends the connection.
type broken struct{ reply *reply }

func (b *broken) Error() string { return http.StatusText(b.reply.status) }

func breaks(status int, why string) error { return &broken{problem(status, why)} }

// serve answers requests until one of them or the client ends the connection.
func (l *line) serve() {
	for {
		r, err := l.request()
		if b, ok := errors.AsType[*broken](err); ok {
			if l.server.rules.oursToBlame {
				b.reply.status = 500
			}
			l.write(&request{method: "GET", shut: true}, b.reply)
			l.linger()
			return
		}
		if err != nil {
			return
		}
		l.write(r, l.server.answer(r))
		if r.shut {
			l.linger()
			return
		}
	}
}

// linger ends the sending side first, so that the client can read the answer.
func (l *line) linger() {
	if half, ok := l.conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
	l.conn.SetReadDeadline(l.server.now().Add(200 * time.Millisecond))
	io.Copy(io.Discard, io.LimitReader(l.read, maxBody))
}

// request reads one request and its content.
func (l *line) request() (*request, error) {
	lines, err := l.head()
	if err != nil {
		return nil, err
	}
	r, err := l.start(lines[0])
	if err != nil {
		return nil, err
	}
	for _, text := range lines[1:] {
		if l.server.rules.foldIgnored && strings.HasPrefix(text, " ") {
			continue
		}
		name, value, ok := strings.Cut(text, ":")
		if l.server.rules.looseNames {
			name = strings.TrimSpace(name)
		}
		if l.server.rules.caseMatters && name != http.CanonicalHeaderKey(name) {
			continue
		}
		if !ok || !token.MatchString(name) || strings.ContainsAny(value, "\r\x00") {
			return nil, breaks(400, "a field line is broken")
		}
		r.header.Add(name, strings.Trim(value, " \t"))
	}
	hosts := r.all("Host")
	one := len(hosts) == 1 || l.server.rules.twoHosts && len(hosts) > 1
	if !l.server.rules.anyHost && (!one || !host.MatchString(hosts[0])) {
		return nil, breaks(400, "there must be one Host")
	}
	r.shut = strings.EqualFold(r.get("Connection"), "close")
	return r, l.content(r)
}

var (
	token   = regexp.MustCompile("^[\\w!#$%&'*+.^`|~-]+$")
	host    = regexp.MustCompile(`^[\w.:\[\]-]+$`)
	sign    = regexp.MustCompile(`^\+[0-9]{1,18}$`)
	digits  = regexp.MustCompile(`^[0-9]{1,18}$`)
	version = regexp.MustCompile(`^HTTP/[0-9]\.[0-9]$`)
)

// head reads up to the empty line.
func (l *line) head() (lines []string, err error) {
	most, size := maxHead, 0
	if l.server.rules.anyHead {
		most = maxBody
	}
	for {
		text, err := l.text(most - size)
		switch {
		case err != nil:
			return nil, err
		case text == "" && len(lines) > 0:
			return lines, nil
		case text != "":
			lines = append(lines, text)
		}
		size += len(text) + 2
	}
}

// text reads one line of at most so many bytes.
func (l *line) text(most int) (string, error) {
	var b []byte
	for {
		part, err := l.read.ReadSlice('\n')
		if b = append(b, part...); len(b) > most {
			return "", breaks(431, "the header section is too large")
		}
		if err == nil {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
	}
	if !bytes.HasSuffix(b, []byte("\r\n")) {
		return "", breaks(400, "a line ends in LF alone")
	}
	return string(b[:len(b)-2]), nil
}

func (l *line) start(text string) (*request, error) {
	parts := strings.Split(text, " ")
	if len(parts) != 3 || !token.MatchString(parts[0]) || !version.MatchString(parts[2]) {
		return nil, breaks(400, "the request line is broken")
	}
	if !strings.HasPrefix(parts[2], "HTTP/1.") && !l.server.rules.anyVersion {
		return nil, breaks(505, "this is HTTP/1.1")
	}
	if len(parts[1]) > maxTarget && !l.server.rules.anyTarget {
		return nil, breaks(414, "the target is too long")
	}
	r := &request{method: parts[0], target: parts[1], header: http.Header{}}
	if _, rest, absolute := strings.Cut(r.target, "://"); absolute {
		if l.server.rules.noAbsolute {
			return nil, breaks(400, "the target is no path")
		}
		_, path, _ := strings.Cut(rest, "/")
		r.target = "/" + path
	}
	r.path, _, _ = strings.Cut(r.target, "?")
	return r, nil
}

// content reads what follows the header section, if anything does.
func (l *line) content(r *request) error {
	codings, lengths := items(r.all("Transfer-Encoding"), false), items(r.all("Content-Length"), false)
	switch {
	case len(codings) > 0 && len(lengths) > 0 && !l.server.rules.lengthAndChunks:
		return breaks(400, "both Content-Length and Transfer-Encoding")
	case len(codings) == 1 && strings.EqualFold(codings[0], "chunked") && !l.server.rules.noChunks:
		if err := l.goOn(r); err != nil {
			return err
		}
		return l.chunks(r)
	case len(codings) > 0 && slices.Contains(codings, "chunked"):
		return breaks(400, "chunked is not the last coding")
	case len(codings) > 0:
		return breaks(501, "an unknown transfer coding")
	case len(lengths) == 0:
		return l.goOn(r)
	case len(lengths) > 1 && !l.server.rules.lengthsDiffer,
		!digits.MatchString(lengths[0]) && !(l.server.rules.looseLengths && sign.MatchString(lengths[0])):
		return breaks(400, "Content-Length is broken")
	}
	length, err := strconv.ParseInt(lengths[0], 10, 64)
	if err == nil && length > maxBody && l.server.rules.anyLength {
		l.goOn(r)
		return io.ErrUnexpectedEOF // so much never comes
	}
	if err != nil || length > maxBody {
		return breaks(413, fmt.Sprintf("the content may have %d bytes", maxBody))
	}
	if err := l.goOn(r); err != nil {
		return err
	}
	r.body = make([]byte, length)
	n, err := io.ReadFull(l.read, r.body)
	if l.server.rules.shortIsWhole && n > 0 {
		r.body, err = r.body[:n], nil
	}
	return err
}

// goOn answers Expect.
func (l *line) goOn(r *request) error {
	switch expect := r.get("Expect"); {
	case expect == "":
		return nil
	case l.server.rules.expectNever:
		return breaks(400, "nothing can be expected")
	case !strings.EqualFold(expect, "100-continue"):
		return breaks(417, "an unknown expectation")
	}
	_, err := io.WriteString(l.conn, "HTTP/1.1 100 Continue\r\n\r\n")
	return err
}

func (l *line) chunks(r *request) error {
	r.body = []byte{}
	for {
		text, err := l.text(1024)
		if err != nil {
			return err
		}
		size, _, _ := strings.Cut(text, ";")
		n, err := strconv.ParseUint(size, 16, 31)
		if err != nil {
			return breaks(400, "a chunk's size is broken")
		}
		if len(r.body)+int(n) > maxBody {
			return breaks(413, "the content is too large")
		}
		if n == 0 {
			return l.trailers()
		}
		chunk := make([]byte, n+2)
		if _, err := io.ReadFull(l.read, chunk); err != nil {
			return err
		}
		if !bytes.HasSuffix(chunk, []byte("\r\n")) {
			if !l.server.rules.looseChunks {
				return breaks(400, "a chunk is longer than its size")
			}
			l.read.ReadString('\n') // the end of the line, or of the content
		}
		r.body = append(r.body, chunk[:n]...)
	}
}

func (l *line) trailers() error {
	for size := 0; ; {
		text, err := l.text(maxHead - size)
		if err != nil || text == "" {
			return err
		}
		size += len(text) + 2
	}
}

// write frames an answer.
func (l *line) write(r *request, a *reply) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", a.status, http.StatusText(a.status))
	bare := a.status == 204 || a.status == 304
	if !bare && a.header.Get("Content-Length") == "" {
		a.set("Content-Length", strconv.Itoa(len(a.body)))
	}
	if !a.undated {
		a.set("Date", l.server.now().UTC().Format(http.TimeFormat))
	}
	if r.shut {
		a.set("Connection", "close")
	}
	a.header.Write(&b) // to memory
	b.WriteString("\r\n")
	if a.insisted || !bare && r.method != "HEAD" {
		b.Write(a.body)
	}
	l.conn.Write(b.Bytes()) // a client that is gone needs no answer
}
