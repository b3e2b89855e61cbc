package errand

import (
	"bytes"
	"encoding/json"
	"net/http"

	"rhapsode/content"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
)

// MaxContent is how much content of an answer is kept and told, in bytes: the rest of
// a record is room for the fields.
const MaxContent = content.MaxErrandAnswer - 16<<10

// maxRefusal is the size of the largest refusal that is told in full, in bytes: a
// merge lists every conflict. Other answers tell no more than can be kept.
const maxRefusal = 16 << 20

// writer takes an answer in.
type writer struct {
	header  http.Header
	status  int
	content bytes.Buffer
	over    bool // there was more than may be told
}

func (w *writer) Header() http.Header { return w.header }

func (w *writer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *writer) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	limit := MaxContent
	if w.status >= http.StatusBadRequest {
		limit = maxRefusal
	}
	if w.over = w.over || w.content.Len()+len(p) > limit; !w.over {
		w.content.Write(p)
	}
	return len(p), nil
}

// answer is what was written. Content that is too large is left out, as if the
// client had preferred that (return=minimal): the first answer is no other than its
// repeat.
func (w *writer) answer() flow.Answer {
	a := flow.Answer{Status: w.status, Header: w.header, Content: w.content.Bytes()}
	if w.over {
		a.Content = nil
		a.Header.Del("Content-Type")
		if a.Status == http.StatusOK {
			a.Status = http.StatusNoContent
		}
	}
	a.Header.Del("Content-Length") // whoever sends it knows
	return a
}

// record is an answer as it is kept.
type record struct {
	Method, Target string // of the request
	flow.Answer
}

// head is what is kept before the content.
type head struct {
	Method string      `json:"method"`
	Target string      `json:"target"`
	Status int         `json:"status"`
	Header http.Header `json:"header"`
}

// encode writes a line of JSON and the content. Whole is false if the content had to
// be left out; if not even the fields fit, there is nothing.
func (r record) encode() (text []byte, whole bool) {
	text, err := json.Marshal(head{r.Method, r.Target, r.Status, r.Header})
	if err != nil || len(text) >= content.MaxErrandAnswer {
		return nil, false
	}
	text = append(text, '\n')
	if len(text)+len(r.Content) > content.MaxErrandAnswer {
		return text, false
	}
	return append(text, r.Content...), true
}

// decode reads what encode wrote.
func decode(text []byte) (record, error) {
	line, rest, found := bytes.Cut(text, []byte{'\n'})
	var h head
	if err := json.Unmarshal(line, &h); err != nil || !found {
		return record{}, fault.New(fault.Corrupt, "read errand", "", err)
	}
	return record{Method: h.Method, Target: h.Target, Answer: flow.Answer{Status: h.Status, Header: h.Header, Content: rest}}, nil
}
