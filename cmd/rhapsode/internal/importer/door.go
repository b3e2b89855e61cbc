package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rhapsode/internal/fault"
)

// door speaks HTTP with the service.
type door struct {
	base   string
	token  string // "": none is sent
	client *http.Client
}

const (
	headerTimeout = 90 * time.Second // the service may be at work on a piece for so long
	maxAnswer     = 16 << 20         // bytes of JSON
	maxProblem    = 500              // bytes of a problem's detail that are shown
)

func newDoor(base, token string) (*door, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fault.Newf(fault.Invalid, "import", "%q is not the URL of a service, such as http://127.0.0.1:8080", base)
	}
	return &door{
		base:   strings.TrimSuffix(base, "/"),
		token:  token,
		client: &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, ResponseHeaderTimeout: headerTimeout}},
	}, nil
}

func (d *door) close() { d.client.CloseIdleConnections() }

// answer is what the service said.
type answer struct {
	status int
	detail string // of a problem
}

// failure is the error that the answer is, or nil.
func (a answer) failure() error {
	switch {
	case a.status < 300:
		return nil
	case a.status == http.StatusBadGateway, a.status == http.StatusServiceUnavailable, a.status == http.StatusGatewayTimeout:
		return fault.Newf(fault.Unavailable, "import", "the service answers %d %s", a.status, a.detail)
	}
	return fault.Newf(fault.Invalid, "import", "the service answers %d %s", a.status, a.detail)
}

// get reads the resource's JSON into v, if it is there.
func (d *door) get(ctx context.Context, path string, v any) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.base+path, nil)
	if err != nil {
		return answer{}, fault.New(fault.Invalid, "import", path, err)
	}
	req.Header.Set("Accept", "application/json")
	return d.do(req, v)
}

// putJSON makes the resource if it is not there.
func (d *door) putJSON(ctx context.Context, path string, v any) (answer, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return answer{}, fault.New(fault.Internal, "import", path, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, d.base+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, fault.New(fault.Invalid, "import", path, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("If-None-Match", "*")
	return d.do(req, nil)
}

// patch appends a piece to an upload.
func (d *door) patch(ctx context.Context, path string, piece *io.SectionReader, offset int64, last bool) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPatch, d.base+path, piece)
	if err != nil {
		return answer{}, fault.New(fault.Invalid, "import", path, err)
	}
	req.ContentLength = piece.Size()
	req.Header.Set("Content-Type", "application/partial-upload")
	req.Header.Set("Upload-Offset", strconv.FormatInt(offset, 10))
	req.Header.Set("Upload-Complete", map[bool]string{false: "?0", true: "?1"}[last])
	return d.do(req, nil)
}

func (d *door) do(req *http.Request, v any) (answer, error) {
	if d.token != "" {
		req.Header.Set("Authorization", "Bearer "+d.token)
	}
	resp, err := d.client.Do(req)
	if err != nil {
		if req.Context().Err() != nil {
			return answer{}, req.Context().Err()
		}
		return answer{}, fault.New(fault.Unavailable, "import", "", errors.Unwrap(err)) // without the URL that url.Error repeats
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return answer{}, fault.New(fault.Unavailable, "import", "", err)
	}
	a := answer{status: resp.StatusCode}
	if a.status >= 300 {
		a.detail = detail(body)
		return a, nil
	}
	if v != nil {
		if err := json.Unmarshal(body, v); err != nil {
			return a, fault.New(fault.Invalid, "import", "the answer of "+req.URL.Path, err)
		}
	}
	return a, nil
}

// detail is what a problem says in words (RFC 9457).
func detail(body []byte) string {
	var p struct{ Title, Detail string }
	if json.Unmarshal(body, &p) != nil {
		return ""
	}
	if p.Detail == "" {
		p.Detail = p.Title
	}
	return p.Detail[:min(len(p.Detail), maxProblem)]
}
