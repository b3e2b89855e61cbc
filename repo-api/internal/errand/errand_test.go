package errand_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rhapsode/fs-service/fstest"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/errand"
	"rhapsode/repo-api/internal/problem"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// office has errands carried out, over a real store.
type office struct {
	t       *testing.T
	errands *errand.Errands
	done    int // how often something was carried out
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, errands: errand.New(errand.Options{
		Store: fstest.Memory(t), Caller: func(r *http.Request) string { return r.Header.Get("Authorization") },
		Fields: []string{"If-Match"}, URL: func(id string) string { return "/operations/" + id }, Log: fstest.Log(t),
	})}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- o.errands.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return o
}

// ask has an errand carried out that answers with status; what is asked for is content and fields.
func (o *office) ask(key, content string, status int, fields ...string) (flow.Report, error) {
	x := &flow.Exchange{Request: o.request(fields...)}
	return o.errands.Carry(x, flow.Errand{Key: key, Wait: -1, Content: []byte(content), Serve: func(_ context.Context, w http.ResponseWriter) {
		o.done++
		w.Header().Set("Location", "/made")
		w.WriteHeader(status)
		io.WriteString(w, `{"of":"`+content+`"}`)
	}})
}

func (o *office) request(fields ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/things", nil)
	for i := 0; i+1 < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	return r
}

// TestARepeatGetsTheFirstAnswer, if it asks for the same; and only its own caller does.
func TestARepeatGetsTheFirstAnswer(t *testing.T) {
	tests := []struct {
		name    string
		first   int // the status of the first answer
		content string
		fields  []string
		status  int // of the repeat, whose own answer would be 299
		done    int
	}{
		{"the same", 201, "a", nil, 201, 1},
		{"a refusal", 412, "a", nil, 412, 1},
		{"other content", 201, "b", nil, 422, 1},
		{"another condition", 201, "a", []string{"If-Match", `"x"`}, 422, 1},
		{"a field that asks for nothing", 201, "a", []string{"User-Agent", "x"}, 201, 1},
		{"another caller", 201, "b", []string{"Authorization", "Bearer x"}, 299, 2},
		{"not now", 503, "a", nil, 299, 2},
		{"too many", 429, "a", nil, 299, 2},
		{"too slow", 408, "a", nil, 299, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			if first, err := o.ask("key", "a", tt.first); err != nil || first.Answer.Status != tt.first || first.Again {
				t.Fatalf("the first: %+v, %v", first, err)
			}
			got, err := o.ask("key", tt.content, 299, tt.fields...)
			status := 0
			if err != nil {
				status = problem.Status(err)
			} else {
				status = got.Answer.Status
			}
			if status != tt.status || o.done != tt.done {
				t.Errorf("%d after %d were carried out, not %d after %d", status, o.done, tt.status, tt.done)
			}
			if tt.status == tt.first && (!got.Again || string(got.Answer.Content) != `{"of":"a"}` || got.Answer.Header.Get("Location") != "/made") {
				t.Errorf("the repeat: %+v", got)
			}
		})
	}
}

// TestWhatIsUnderWay is refused to a repeat that waits, and told of to one that does not; when it
// is done, its caller is told what came of it, and nobody else.
func TestWhatIsUnderWay(t *testing.T) {
	o := newOffice(t)
	finish := make(chan struct{})
	asked := flow.Errand{Key: "key", Async: true, Content: []byte("a"), Serve: func(_ context.Context, w http.ResponseWriter) {
		<-finish
		w.Header().Set("Location", "/made")
		w.WriteHeader(http.StatusCreated)
	}}
	first, err := o.errands.Carry(&flow.Exchange{Request: o.request()}, asked)
	if err != nil || first.Answer != nil || !strings.HasPrefix(first.Location, "/operations/") || first.Retry <= 0 {
		t.Fatalf("%+v, %v", first, err)
	}
	if _, err := o.ask("key", "a", 299); problem.Status(err) != http.StatusConflict {
		t.Errorf("a repeat that waits: %v", err)
	}
	if again, err := o.errands.Carry(&flow.Exchange{Request: o.request()}, asked); err != nil || again.Location != first.Location {
		t.Errorf("a repeat that does not wait: %+v, %v", again, err)
	}
	id := path.Base(first.Location)
	if now, err := o.errands.Look(o.request(), id); err != nil || now.Phase != errand.Running {
		t.Errorf("while it goes on: %+v, %v", now, err)
	}
	close(finish)
	for deadline := time.Now().Add(10 * time.Second); ; {
		now, err := o.errands.Look(o.request(), id)
		if err == nil && now.Phase == errand.Succeeded && now.Status == http.StatusCreated && now.Result == "/made" {
			break
		}
		if err != nil || now.Phase != errand.Running || time.Now().After(deadline) {
			t.Fatalf("in the end: %+v, %v", now, err)
		}
	}
	for who, id := range map[string]string{"somebody else": id, "a name that is none": "x"} {
		if now, err := o.errands.Look(o.request("Authorization", "Bearer x"), id); problem.Status(err) != http.StatusNotFound {
			t.Errorf("%s: %+v, %v", who, now, err)
		}
	}
}

// TestAPanicLeavesTheErrandOpen, and the process goes on.
func TestAPanicLeavesTheErrandOpen(t *testing.T) {
	o := newOffice(t)
	_, err := o.errands.Carry(&flow.Exchange{Request: o.request()}, flow.Errand{Key: "key", Wait: -1, Content: []byte("a"),
		Serve: func(context.Context, http.ResponseWriter) { panic("a bug") }})
	if problem.Status(err) != http.StatusInternalServerError {
		t.Errorf("the panic: %v", err)
	}
	if got, err := o.ask("key", "a", 201); err != nil || got.Again || got.Answer.Status != 201 {
		t.Errorf("the repeat: %+v, %v", got, err)
	}
}

// TestTooMuchContentIsLeftOut of what succeeded: the answer and its repeat say alike where it is.
func TestTooMuchContentIsLeftOut(t *testing.T) {
	o := newOffice(t)
	large := strings.Repeat("x", errand.MaxContent+1)
	for i := range 2 {
		got, err := o.ask("key", large, 200)
		if err != nil || got.Answer.Status != 204 || len(got.Answer.Content) != 0 || got.Answer.Header.Get("Location") != "/made" || got.Again != (i == 1) {
			t.Errorf("answer %d: %v", i, err)
		}
	}
}
