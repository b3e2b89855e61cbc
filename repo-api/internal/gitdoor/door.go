// Package gitdoor is stock git's way in: the resources of git's smart HTTP
// (gitprotocol-http) under /git/{repo}.git.
//
// It decides what HTTP decides (target, method, media type, coding, size) and passes on bytes,
// both ways and a piece at a time; what they mean, the file system knows. As long as no
// byte of an answer was written, a refusal is a status and a problem; after that git's own
// protocol says why, or the connection is cut. Nothing is kept between requests.
package gitdoor

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/problem"
)

// Door is the handler of everything under /git/.
type Door struct {
	fs      fsapi.Git
	explain problem.Writer
}

// Prefix is where repositories are.
const Prefix = "/git/"

// New makes a Door over fs.
func New(fs fsapi.Git, log *slog.Logger) *Door {
	return &Door{fs: fs, explain: problem.Writer{Log: log}}
}

func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call, err := parseCall(r)
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", mediaType(call))
	w.Header().Set("Cache-Control", "no-cache, max-age=0, must-revalidate")
	w.Header().Set("X-Accel-Buffering", "no") // nginx passes on what a person waits for
	in, err := body(r)
	out := &answer{w: w, control: http.NewResponseController(w)}
	if err == nil {
		err = d.fs.ServeGit(r.Context(), call, in, out)
	}
	switch {
	case err != nil && out.begun:
		d.explain.Log.WarnContext(r.Context(), "git answer cut off", "repo", call.Repo, "error", err)
		panic(http.ErrAbortHandler)
	case err != nil:
		d.refuse(w, r, err)
	}
}

// answer is written to the client as it comes.
type answer struct {
	w       http.ResponseWriter
	control *http.ResponseController
	begun   bool
}

func (a *answer) Write(p []byte) (int, error) {
	a.begun = true
	n, err := a.w.Write(p)
	if err == nil {
		err = a.control.Flush()
	}
	return n, err
}

// statusError is a refusal that has a status of its own.
type statusError struct {
	status int
	fields http.Header
	error
}

// refuse answers with a problem, or with where the repository is now: git follows.
func (d *Door) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if to := problem.Elsewhere(r, err); to != "" {
		w.Header().Del("Content-Type")
		w.Header().Del("X-Accel-Buffering")
		w.Header().Set("Location", to)
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusPermanentRedirect)
		return
	}
	refusal := flow.Refusal{Status: problem.Status(err), Err: err}
	if s, ok := err.(statusError); ok {
		refusal.Status, refusal.Err = s.status, s.error
		for name, values := range s.fields {
			w.Header()[name] = values
		}
	}
	if refusal.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", problem.Challenge("Basic", r)) // what git answers by asking for a password
	}
	w.Header().Del("X-Accel-Buffering")
	d.explain.Explain(w, r, refusal)
}

// parseCall reads what a request is, from all but its content.
func parseCall(r *http.Request) (fsapi.GitCall, error) {
	name, resource, ok := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), Prefix), ".git/")
	if !ok {
		return fsapi.GitCall{}, fault.Newf(fault.NotFound, "url", "a repository's address for git is %s{repo}.git", Prefix)
	}
	call := fsapi.GitCall{Version: version(r.Header.Get("Git-Protocol"))}
	var err error
	if call.Repo, err = content.ParseRepoID(name); err != nil {
		return call, err
	}
	switch resource {
	case "info/refs":
		call.Advertise = true
		call.Service = fsapi.GitService(r.URL.Query().Get("service"))
		if !served(call.Service) {
			return call, fault.Newf(fault.Invalid, "git", "only smart HTTP is spoken here: service is %s or %s", fsapi.UploadPack, fsapi.ReceivePack)
		}
		return call, method(r, http.MethodGet, http.MethodHead)
	case string(fsapi.UploadPack), string(fsapi.ReceivePack):
		call.Service = fsapi.GitService(resource)
		if err := method(r, http.MethodPost); err != nil {
			return call, err
		}
		return call, contentType(r, "application/x-"+resource+"-request")
	}
	return call, fault.Newf(fault.NotFound, "url", "git has no resource of this name here")
}

func served(s fsapi.GitService) bool { return s == fsapi.UploadPack || s == fsapi.ReceivePack }

// version reads the Git-Protocol field: "version=2", among others.
func version(field string) int {
	if slices.Contains(strings.Split(field, ":"), "version=2") {
		return 2
	}
	return 0
}

func method(r *http.Request, allowed ...string) error {
	if slices.Contains(allowed, r.Method) {
		return nil
	}
	return statusError{http.StatusMethodNotAllowed, http.Header{"Allow": {strings.Join(allowed, ", ")}},
		fault.Newf(fault.Invalid, "git", "%s is not for this", r.Method)}
}

func contentType(r *http.Request, want string) error {
	if got := r.Header.Get("Content-Type"); got != want {
		return statusError{http.StatusUnsupportedMediaType, http.Header{"Accept-Post": {want}},
			fault.Newf(fault.Invalid, "git", "content of type %.80q, not %s", got, want)}
	}
	return nil
}

func mediaType(call fsapi.GitCall) string {
	if call.Advertise {
		return "application/x-" + string(call.Service) + "-advertisement"
	}
	return "application/x-" + string(call.Service) + "-result"
}
