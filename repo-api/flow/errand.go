package flow

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/dunglas/httpsfv"
)

// keyField names a request that has to be carried out once, however often it comes
// (draft-ietf-httpapi-idempotency-key-header-07).
const keyField = "Idempotency-Key"

// maxKey is the length of the longest key, in bytes.
const maxKey = 255

// maxErrand is the size in bytes of the largest content of an errand: all of it is
// read before anything is done.
const maxErrand = 32 << 20

// Recorded is, in the table, the end of a walk whose answer has a status of its own:
// that of the walk on which it was recorded.
const Recorded = 1

var errKey = errors.New("it is one string in quotes, of 1 to 255 characters of ASCII")

// Errands carries out requests whose answers are kept. The Engine does by itself
// what it knows none for: keys and respond-async are then ignored.
type Errands interface {
	// Carry has the errand of x carried out, or finds out what came of it. It
	// returns when that is known, or the client won't wait any longer.
	Carry(x *Exchange, e Errand) (Report, error)
}

// Errand is a request that has to be carried out once, or behind the client's back.
type Errand struct {
	Key     string        // the client's; "": it has none
	Async   bool          // it may be answered before it is done
	Wait    time.Duration // … if it takes longer than this; negative: the client does not say
	Content []byte        // of the request; nobody writes to it

	// Serve carries the request out. It may be called from any goroutine, and go on
	// after the errand was reported on.
	Serve func(context.Context, http.ResponseWriter)
}

// Report is what is known of an errand.
type Report struct {
	Answer   *Answer       // nil: it is under way
	Again    bool          // it is the answer to an earlier request
	Location string        // of what will tell, if it is under way
	Retry    time.Duration // … after which it may be asked
}

// Answer is one that was recorded.
type Answer struct {
	Status  int
	Header  http.Header
	Content []byte
}

// againField marks the answer to a repeat.
const againField = "Idempotency-Replayed"

// ParseKey reads all lines of an Idempotency-Key field.
func ParseKey(lines []string) (string, error) {
	item, err := httpsfv.UnmarshalItem(lines)
	key, ok := item.Value.(string)
	if err != nil || !ok || key == "" || len(key) > maxKey {
		return "", errKey
	}
	return key, nil
}

// keyed says whether r names itself: the field has a meaning only where a repeat
// could have an effect of its own.
func (x *Exchange) keyed() bool {
	return x.method&(POST|PATCH) != 0 && len(x.Request.Header[keyField]) > 0
}

// readKey reads the key of a request that has one.
func (x *Exchange) readKey() (err error) {
	if !x.keyed() {
		return nil
	}
	if x.key, err = ParseKey(x.Request.Header[keyField]); err != nil {
		return &FieldError{keyField, err}
	}
	return nil
}

// isErrand is no question to a request that is being carried out, nor to one whose
// client only would like to be spared the wait and that has too much content to keep.
func (x *Exchange) isErrand() (bool, error) {
	if x.engine.Errands == nil || x.engine.Dry || x.errand == nil {
		return false, nil
	}
	return x.key != "" || x.mayBeAsync(), nil
}

func (x *Exchange) mayBeAsync() bool {
	size := x.Request.ContentLength
	return x.method&(POST|PATCH|PUT) != 0 && x.Prefer.async() && size >= 0 && size <= maxErrand
}

// async says whether the client would rather have no result than wait for it: if it
// bounds the wait, the answer is 202 after that (RFC 7240, 4.3).
func (p *Preferences) async() bool { return p.RespondAsync || p.Waits }

// answerKnown has the errand carried out, as far as the client waits for that.
func (x *Exchange) answerKnown() (bool, error) {
	content, err := x.readErrand()
	if err != nil {
		return false, err
	}
	errand := Errand{Key: x.key, Async: x.mayBeAsync(), Wait: -1, Content: content}
	if x.Prefer.Waits {
		errand.Wait = x.Prefer.Wait
	}
	errand.Serve = func(ctx context.Context, w http.ResponseWriter) {
		r := x.Request.Clone(ctx)
		r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(content)), int64(len(content)), nil
		x.errand.ServeHTTP(w, r)
	}
	x.report, err = x.engine.Errands.Carry(x, errand)
	if err != nil || x.report.Answer != nil {
		return true, err
	}
	if x.Prefer.RespondAsync {
		x.apply("respond-async")
	}
	if x.Prefer.Waits {
		x.apply("wait=" + strconv.FormatInt(int64(x.Prefer.Wait/time.Second), 10))
	}
	return false, nil
}

// readErrand reads all of the content, which is bounded here unless the resource does.
func (x *Exchange) readErrand() ([]byte, error) {
	if x.content.body == nil {
		return nil, nil
	}
	r, ok := x.resource.(Bounded)
	if !ok || r.Bounds().Max <= 0 || r.Bounds().Max > maxErrand {
		x.limit = maxErrand
		x.content.bound(x.writer, maxErrand)
	}
	return io.ReadAll(x.Request.Body)
}

// recorded answers with an answer that was recorded.
func (x *Exchange) recorded() {
	a, h := x.report.Answer, x.writer.Header()
	for name, lines := range a.Header {
		h[name] = lines
	}
	if x.report.Again {
		h.Set(againField, "true")
	}
	if a.Status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(a.Content)))
	}
	x.writer.WriteHeader(a.Status)
	x.writer.Write(a.Content) // a client that has gone away needs no answer
}

// accepted answers that the errand is under way (15.3.3).
func (x *Exchange) accepted() {
	h := x.writer.Header()
	h.Set("Location", x.report.Location)
	h.Set("Retry-After", strconv.Itoa(int(math.Ceil(x.report.Retry.Seconds()))))
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", "0")
	x.writer.WriteHeader(http.StatusAccepted)
}
