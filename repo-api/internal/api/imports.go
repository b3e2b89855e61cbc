package api

import (
	"encoding/hex"
	"net/http"
	"os"
	"strconv"

	"github.com/gorilla/mux"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/problem"
	"rhapsode/repo-api/internal/resource"
)

// The fields and the media type of draft-ietf-httpbis-resumable-upload.
const (
	offsetField   = "Upload-Offset"
	completeField = "Upload-Complete"
	partialUpload = "application/partial-upload"
)

// imports is the upload of one bundle, named by its sha256, and what became of it.
// Its pieces are appended one after the other; the offset is their condition.
func (a *API) imports(r *http.Request) (flow.Resource, error) {
	repo, err := resource.ParseRepo(mux.Vars(r)["repo"])
	if err != nil {
		return nil, err
	}
	sum, err := hex.DecodeString(mux.Vars(r)["sha256"])
	if err != nil || len(sum) != len(fsapi.ImportID{}) {
		return nil, fault.Newf(fault.Invalid, "import", "an import is named by the 64 hexadecimal digits of its bundle's sha256")
	}
	return &upload{api: a, view: a.view(), repo: repo, id: fsapi.ImportID(sum)}, nil
}

type upload struct {
	api *API
	view
	repo   content.RepoID
	id     fsapi.ImportID
	piece  fsapi.ImportPiece
	status fsapi.ImportStatus
}

var (
	_ flow.Getter   = (*upload)(nil)
	_ flow.Patcher  = (*upload)(nil)
	_ flow.Checker  = (*upload)(nil)
	_ flow.Consumer = (*upload)(nil)
	_ flow.Bounded  = (*upload)(nil)
)

func (*upload) Methods(*flow.Exchange) (flow.Methods, error) { return flow.GET | flow.PATCH, nil }

func (*upload) Consumes(string) []string { return []string{partialUpload} }

func (*upload) Bounds() flow.Bounds { return flow.Bounds{Max: fsapi.MaxPiece} }

// Check reads which piece a PATCH brings.
func (u *upload) Check(x *flow.Exchange) error {
	if x.Request.Method != http.MethodPatch {
		return nil
	}
	offset, err := strconv.ParseInt(x.Request.Header.Get(offsetField), 10, 64)
	if err != nil || offset < 0 {
		return fault.Newf(fault.Invalid, "field", "%s is the number of bytes that came before this piece", offsetField)
	}
	u.piece = fsapi.ImportPiece{Repo: u.repo, Import: u.id, Offset: offset, Size: x.Request.ContentLength}
	switch complete := x.Request.Header.Get(completeField); complete {
	case "", "?0":
	case "?1":
		u.piece.Last = true
	default:
		return fault.Newf(fault.Invalid, "field", "%s is ?1 with the last piece, otherwise ?0", completeField)
	}
	return nil
}

// Look says how far the import is. The first piece comes to what is not there yet.
func (u *upload) Look(x *flow.Exchange) (flow.State, error) {
	if x.Request.Method == http.MethodPatch {
		return flow.State{Exists: true}, nil
	}
	status, err := u.api.FS.Import(x.Context(), u.repo, u.id)
	if err != nil {
		return absent(err)
	}
	u.status = status
	return u.show(x, resource.ImportOf(u.id, status))
}

// Patch appends a piece. With the last one the import itself begins.
func (u *upload) Patch(x *flow.Exchange) (flow.Done, error) {
	body := x.Request.Body
	if u.piece.Size < 0 {
		spooled, size, err := u.api.spool(body)
		if err != nil {
			return flow.Done{}, err
		}
		defer func(f *os.File) { f.Close() }(spooled)
		body, u.piece.Size = spooled, size
	}
	status, err := u.api.FS.Receive(x.Context(), u.piece, body)
	if err != nil {
		return flow.Done{}, u.refused(x, err)
	}
	u.status = status
	if !u.piece.Last {
		return flow.Done{}, nil
	}
	_, err = u.show(x, resource.ImportOf(u.id, status))
	return flow.Done{Pending: true, Location: x.Request.URL.EscapedPath(), Content: u.representation()}, err
}

// refused tells who is at the wrong offset the right one.
func (u *upload) refused(x *flow.Exchange, err error) error {
	if !fault.Is(err, fault.Stale) {
		return err
	}
	status, _ := u.api.FS.Import(x.Context(), u.repo, u.id) // nothing of it is here: 0 is right
	return problem.With(
		fault.New(fault.Conflict, "import", "", err),
		map[string]any{"expected-offset": status.Received, "provided-offset": u.piece.Offset},
		http.Header{offsetField: {strconv.FormatInt(status.Received, 10)}, completeField: {"?0"}},
	)
}

// Fields says how far the upload is.
func (u *upload) Fields(_ *flow.Exchange, h http.Header) {
	complete := "?1"
	if u.status.Phase == fsapi.ImportReceiving {
		complete = "?0"
	}
	h.Set(offsetField, strconv.FormatInt(u.status.Received, 10))
	h.Set(completeField, complete)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
}
