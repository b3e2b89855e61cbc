package api

import (
	"bufio"
	"errors"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/page"
)

// maxFields is the size in bytes of the fields of a trial.
const maxFields = 8 << 10

// flowDiagram draws the flow. With ?trace= a path is lit; with ?method= and ?target=
// a request is tried, and its path is.
func (a *API) flowDiagram(*http.Request) (flow.Resource, error) {
	return &rendered{fixed: fixed{media: page.Type, cache: revalidate}, make: func(x *flow.Exchange) ([]byte, error) {
		return a.pages.Flow(flow.Table(), trialMethods(), a.trial(x.Request))
	}}, nil
}

// trialMethods are those that may be tried.
func trialMethods() []string {
	return []string{"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS"}
}

// trial is what r asks to see.
func (a *API) trial(r *http.Request) page.Trial {
	query := r.URL.Query()
	trial := page.Trial{Method: query.Get("method"), Target: query.Get("target"), Fields: query.Get("fields")}
	if trial.Target == "" {
		trial.Path = strings.FieldsFunc(query.Get("trace"), func(c rune) bool { return c == ',' || c == ' ' })
		trial.Status, _ = strconv.Atoi(query.Get("status"))
		return trial
	}
	try, err := requestOf(r, trial)
	if err != nil {
		trial.Wrong = err.Error()
		return trial
	}
	answer := noted{header: http.Header{}}
	a.dry.ServeHTTP(&answer, try)
	trial.Path = strings.Fields(answer.header.Get(traceField))
	trial.Status, trial.Answer = answer.status, answer.header
	trial.Dry = !reads(try) && try.Method != http.MethodOptions && answer.status == http.StatusNoContent
	return trial
}

// What a person reads who asks for a trial that can't be made.
var (
	errTrialMethod = errors.New("this method can't be tried")
	errTrialTarget = errors.New("the target is a path on this server, and not this page itself")
	errTrialFields = errors.New("each field is a line of its own: name, colon, value")
)

// requestOf makes the request that t describes. It has the fields of the form, and
// none of r's own.
func requestOf(r *http.Request, t page.Trial) (*http.Request, error) {
	if !slices.Contains(trialMethods(), t.Method) {
		return nil, errTrialMethod
	}
	target, err := url.ParseRequestURI(t.Target)
	if err != nil || target.Host != "" || strings.HasPrefix(target.Path, page.FlowURL) {
		return nil, errTrialTarget
	}
	fields, err := fieldsOf(t.Fields)
	if err != nil {
		return nil, err
	}
	try, err := http.NewRequestWithContext(r.Context(), t.Method, target.String(), http.NoBody)
	if err != nil {
		return nil, errTrialTarget
	}
	try.Header = fields
	try.Header.Add("Prefer", "trace")
	try.Host, try.RequestURI, try.RemoteAddr = r.Host, t.Target, r.RemoteAddr
	return try, nil
}

// fieldsOf reads lines as the header of a request.
func fieldsOf(text string) (http.Header, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return http.Header{}, nil
	}
	lines := textproto.NewReader(bufio.NewReader(strings.NewReader(text + "\r\n\r\n")))
	fields, err := lines.ReadMIMEHeader()
	if err != nil || len(text) > maxFields {
		return nil, errTrialFields
	}
	return http.Header(fields), nil
}

// noted is an answer of which nobody wants the content.
type noted struct {
	header http.Header
	status int
}

func (n *noted) Header() http.Header         { return n.header }
func (n *noted) WriteHeader(status int)      { n.status = status }
func (n *noted) Write(p []byte) (int, error) { return len(p), nil }
