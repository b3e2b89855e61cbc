// Package nginx holds the configuration that nginx runs with in front of the
// APIs: rhapsode.conf.tmpl, which the binary carries, and what fills it in.
// It renders text and does nothing else; package lb writes it and runs nginx.
package nginx

import (
	"bytes"
	_ "embed"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"time"

	"rhapsode/internal/fault"
)

//go:embed rhapsode.conf.tmpl
var text string

// Config is what differs from one nginx.conf to another.
type Config struct {
	Listen    string        // host:port
	Hosts     []string      // names this service goes by, others get 421; none: any name
	Upstreams []string      // host:port of each API; none: every request gets 503
	MaxBody   int64         // bytes of the largest body
	Patience  time.Duration // how long an API may be silent, in whole seconds; then the answer is 504
	User      string        // whom the workers run as if root starts nginx; "": nginx's own choice
}

// Render returns nginx.conf for c. It refuses what nginx would misread.
func Render(c Config) ([]byte, error) {
	for _, addr := range append([]string{c.Listen}, c.Upstreams...) {
		if err := checkAddr(addr); err != nil {
			return nil, err
		}
	}
	for _, word := range append([]string{c.User}, c.Hosts...) {
		if !plain.MatchString(word) {
			return nil, fault.Newf(fault.Invalid, "render nginx.conf", "%q has a character that nginx would misread", word)
		}
	}
	if c.MaxBody < 1 { // to nginx, 0 is no limit
		return nil, fault.Newf(fault.Invalid, "render nginx.conf", "a body of at most %d bytes", c.MaxBody)
	}
	if c.Patience < time.Second {
		return nil, fault.Newf(fault.Invalid, "render nginx.conf", "a patience of %v, less than a second", c.Patience)
	}
	t, err := template.New("nginx.conf").Funcs(template.FuncMap{"join": strings.Join, "seconds": func(d time.Duration) int64 { return int64(d / time.Second) }, "problems": problems}).Parse(text)
	if err != nil {
		return nil, fault.New(fault.Internal, "parse template", "", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, c); err != nil {
		return nil, fault.New(fault.Internal, "render nginx.conf", "", err)
	}
	return b.Bytes(), nil
}

// plain is a word that needs no quotes in nginx.conf.
var plain = regexp.MustCompile(`^[A-Za-z0-9._:\[\]-]*$`)

func checkAddr(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	n, perr := strconv.ParseUint(port, 10, 16)
	if err != nil || perr != nil || n == 0 || !plain.MatchString(host) {
		return fault.Newf(fault.Invalid, "render nginx.conf", "%q is not host:port", addr)
	}
	return nil
}

// Problem is an answer that the balancer itself gives (RFC 9457). The built-in
// balancer gives the same ones.
type Problem struct {
	Status     int
	Code       int // what nginx calls it inside
	Title      string
	Detail     string
	Allow      string
	RetryAfter int // seconds; 0: it says nothing
}

// Methods are those that some resource of the service has.
const Methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

// ProblemOf returns the balancer's answer with this status, one of those in
// the list below.
func ProblemOf(status int) Problem {
	for _, p := range problems() {
		if p.Status == status {
			return p
		}
	}
	return problem(status, "The balancer could not serve this request.")
}

func problems() []Problem {
	notAllowed := problem(http.StatusMethodNotAllowed, "No resource here has this method.")
	notAllowed.Allow = Methods
	manyFields := problem(http.StatusRequestHeaderFieldsTooLarge, "A header field, or all of them together, is too long.")
	manyFields.Code = 494
	busy := problem(http.StatusServiceUnavailable, "No API is there to answer. Nothing was done.")
	busy.RetryAfter = 1
	often := problem(http.StatusTooManyRequests, "Too many requests come from this client.")
	often.RetryAfter = 1
	return []Problem{
		problem(http.StatusBadRequest, "The request is malformed."),
		problem(http.StatusNotFound, "There is no such resource."),
		notAllowed, often,
		problem(http.StatusRequestEntityTooLarge, "The body is larger than this service takes."),
		problem(http.StatusRequestURITooLong, "The request target is too long."),
		problem(http.StatusExpectationFailed, "The only expectation that can be met is 100-continue."),
		problem(http.StatusMisdirectedRequest, "This service does not go by the name in Host."),
		manyFields,
		problem(http.StatusInternalServerError, "The balancer failed."),
		problem(http.StatusNotImplemented, "The only transfer coding that is understood is chunked."),
		problem(http.StatusBadGateway, "The API failed before it answered. A change may have been made or not."),
		busy,
		problem(http.StatusGatewayTimeout, "The API took too long to answer. A change may have been made or not."),
		problem(http.StatusHTTPVersionNotSupported, "The versions spoken here are HTTP/1.0 and HTTP/1.1."),
	}
}

func problem(status int, detail string) Problem {
	return Problem{Status: status, Code: status, Title: http.StatusText(status), Detail: detail}
}
