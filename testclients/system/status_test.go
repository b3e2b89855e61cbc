package system_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rhapsode/testclients/door"
)

// way is one of the two doors, spoken to byte for byte.
type way struct {
	name, addr string
	nginx      bool
}

func ways(front, api *door.Client) []way {
	return []way{
		{"nginx", strings.TrimPrefix(front.Base(), "http://"), true},
		{"direct", strings.TrimPrefix(api.Base(), "http://"), false},
	}
}

// dial opens a connection that ends with the test, and fails after most.
func (w way) dial(t *testing.T, most time.Duration) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(most))
	return conn
}

// say sends a message and reads the answer to it.
func (w way) say(t *testing.T, message string) door.Answer {
	t.Helper()
	conn := w.dial(t, 20*time.Second)
	go io.WriteString(conn, message) // a refusal may come before its end; closing the connection ends it
	method, _, _ := strings.Cut(message, " ")
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return door.Answer{Status: res.StatusCode, Header: res.Header, Body: body}
}

// line is a request line and the fields that every request has.
func line(method, target string, fields ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", method, target)
	for _, field := range fields {
		b.WriteString(field + "\r\n")
	}
	return b.String()
}

// with is a request with content.
func with(body, method, target string, fields ...string) string {
	return line(method, target, append(fields, fmt.Sprint("Content-Length: ", len(body)))...) + "\r\n" + body
}

// TestEveryStatus: each status that the service can give to a sound cell has
// a request that gets it, through nginx and direct, with the fields that HTTP wants
// beside it. 502, 503 and 504 take something broken: TestStatusesOfWhatIsBroken. What has no
// request here is in docs/architecture/http.md, with why.
func TestEveryStatus(t *testing.T) {
	r := up(t, t.TempDir(), "--no-import", "--config", settings(t, "repo-api:\n  limit: {local: true, address: 0, caller: 4, burst: 5}\n"))
	front, api := dial(t, r.Front()), dial(t, r.APIs()[0])
	makeRepo(t, front, "book")
	makeRepo(t, front, "gone")
	want(t, front, door.Ask{Method: "DELETE", Path: "/repos/gone", Header: map[string]string{"If-Match": "*"}}, 204)
	fresh := map[string]string{"If-None-Match": "*"}
	doc := want(t, front, door.Ask{Method: "PUT", Path: "/content/book@main/dir/a.txt", Body: []byte("text"), Header: fresh}, 201)
	want(t, front, door.Ask{Method: "PUT", Path: "/content/book@main/a.json", Body: []byte("no JSON"), Header: fresh}, 201)
	makeRepo(t, front, "former")
	post := func(method, path, body string, status int) door.Answer {
		t.Helper()
		fields := map[string]string{"Content-Type": "application/json"}
		if method == "PATCH" {
			fields = map[string]string{"Content-Type": "application/merge-patch+json", "If-Match": "*"}
		}
		return want(t, front, door.Ask{Method: method, Path: path, Body: []byte(body), Header: fields}, status)
	}
	post("PATCH", "/repos/former", `{"name":"renamed"}`, 200)
	makeRepo(t, front, "banned")
	post("PUT", "/repos/banned/takedowns/repository", `{"reason":"order 7","blocked_by":"https://court.example/7"}`, 201)
	reader := "Authorization: Bearer " + token(t, post("POST", "/tokens", `{"user":"reader","admin":true,"scope":{"verbs":["read"]}}`, 201))
	hasty := "Authorization: Bearer " + token(t, post("POST", "/tokens", `{"user":"hasty","admin":true}`, 201))
	async := want(t, front, door.Ask{Method: "POST", Path: "/repos/book/branches", Body: []byte(`{"name":"ice","from":"main"}`),
		Header: map[string]string{"Content-Type": "application/json", "Prefer": "respond-async, wait=0"}}, 202).Header.Get("Location")
	until(t, 10*time.Second, "what nobody waited for", func() error {
		_, err := front.Want(t.Context(), door.Ask{Method: "GET", Path: async}, 303)
		return err
	})
	post("PATCH", "/repos/book/settings", `{"frozen":[{"branch":"ice","by":"Ada","reason":"it is at the printer's"}]}`, 200)
	const (
		text   = "/content/book@main/dir/a.txt"
		object = "/content/book@main/a.json"
		end    = "\r\n"
	)
	tests := []struct {
		status  int
		message string // {way} is the door
		due     string // fields, separated by a space; those with = have that value
		direct  int    // another status direct, if it is another
		plain   bool   // direct, net/http refuses it before any handler runs, in its own words
	}{
		{200, line("GET", text) + end, "Etag Last-Modified Content-Location", 0, false},
		{201, with("new", "PUT", "/content/book@main/{way}.txt", "If-None-Match: *"), "Etag Location", 0, false},
		{201, with(`{"name":"b-{way}","from":"main"}`, "POST", "/repos/book/branches", "Content-Type: application/json"), "Location", 0, false},
		{202, with(`{"name":"c-{way}","from":"main"}`, "POST", "/repos/book/branches", "Content-Type: application/json", "Prefer: respond-async, wait=0"), "Location Retry-After Preference-Applied", 0, false},
		{204, line("DELETE", "/content/book@main/{way}.txt", "If-Match: *") + end, "", 0, false},
		{204, line("OPTIONS", text) + end, "Allow", 0, false},
		{206, line("GET", text, "Range: bytes=1-2") + end, "Etag Content-Range=bytes_1-2/4 Content-Location", 0, false},
		{302, line("GET", "/content/book/dir/a.txt") + end, "Location", 0, false},
		{303, line("GET", async) + end, "Location", 0, false},
		{304, line("GET", text, "If-None-Match: "+doc.ETag()) + end, "Etag Cache-Control Content-Location Vary", 0, false},
		{308, line("GET", "/content/book@main/dir") + end, "Location=/content/book@main/dir/", 0, false},
		{308, with("x", "PUT", "/content/former@main/a?b", "If-Match: *"), "Location=/content/renamed@main/a?b Cache-Control=no-cache", 0, false},
		{308, line("GET", "/git/former.git/info/refs?service=git-upload-pack") + end, "Location=/git/renamed.git/info/refs?service=git-upload-pack", 0, false},
		{400, with("x", "PUT", text, "If-Match: *", "Content-Range: bytes 0-0/4"), "", 0, false},
		{400, line("GET", text, "If-Match: x") + end, "", 0, false},
		{400, line("GET", text, "Content-Length: x") + end, "", 0, true},
		{400, line("GET", text, "Host: other") + end, "", 0, true},
		{401, line("GET", text, "Authorization: Bearer rhp_none") + end, "Www-Authenticate", 0, false},
		{401, line("GET", "/git/book.git/info/refs?service=git-upload-pack", "Authorization: Basic YTpi") + end, "Www-Authenticate", 0, false},
		{403, with("x", "PUT", text, "If-Match: *", reader), "", 0, false},
		{404, line("GET", "/content/book@main/none") + end, "Vary", 0, false},
		{405, line("POST", text, "Content-Length: 0") + end, "Allow", 0, false},
		{405, with("x", "PUT", strings.Replace(text, "main", doc.Commit(), 1), "If-Match: *"), "Allow=GET,_HEAD,_OPTIONS", 0, false},
		{405, line("TRACE", text) + end, "Allow", 0, false},
		{406, line("GET", "/repos/book", "Accept: image/png") + end, "Vary", 0, false},
		{409, with(`{"name":"book"}`, "POST", "/repos", "Content-Type: application/json"), "", 0, false},
		{410, line("GET", "/repos/gone") + end, "", 0, false},
		{412, with("x", "PUT", text, `If-Match: "other"`), "Etag=" + doc.ETag(), 0, false},
		{413, line("PUT", text, "If-Match: *", "Content-Length: 9999999999") + end, "", 0, false},
		{414, line("GET", "/"+strings.Repeat("x", 20<<10)) + end, "", 0, false},
		{415, with("x", "PATCH", object, "If-Match: *", "Content-Type: text/plain"), "Accept-Patch", 0, false},
		{415, with("x", "PUT", text, "If-Match: *", "Content-Encoding: gzip"), "Accept-Encoding=identity", 0, false},
		{416, line("GET", text, "Range: bytes=9-") + end, "Content-Range=bytes_*/4", 0, false},
		{417, line("GET", text, "Expect: tea") + end, "", 0, true},
		{421, strings.Replace(line("GET", text), "localhost", "other.example", 1) + end, "", 200, false},
		{422, with("{}", "PATCH", object, "If-Match: *", "Content-Type: application/merge-patch+json"), "", 0, false},
		{423, with("x", "PUT", "/content/book@ice/dir/a.txt", "If-Match: *"), "", 0, false},
		{428, with("x", "PUT", text), "Etag=" + doc.ETag(), 0, false},
		{431, line("GET", text, "X-Large: "+strings.Repeat("x", 90<<10)) + end, "", 0, true},
		{451, line("GET", "/content/banned@main/", reader) + end, `Link=<https://court.example/7>;_rel="blocked-by"`, 0, false},
		{501, line("BREW", text) + end, "", 0, false},
		{501, line("PUT", text, "Transfer-Encoding: x-own") + end, "", 0, true},
		{505, strings.Replace(line("GET", text), "HTTP/1.1", "HTTP/3.0", 1) + end, "", 0, true},
	}
	slow := stallAtBoth(t, ways(front, api))
	for _, w := range ways(front, api) {
		for _, tt := range tests {
			t.Run(fmt.Sprintf("%s/%d", w.name, tt.status), func(t *testing.T) {
				got := w.say(t, strings.ReplaceAll(tt.message, "{way}", w.name[:len("{way}")])) // of one length
				status := tt.status
				if !w.nginx && tt.direct != 0 {
					status = tt.direct
				}
				switch {
				case status < 400 || !w.nginx && tt.plain:
					if got.Status != status {
						t.Errorf("%d, not %d: %.300s", got.Status, status, got.Body)
					}
				default:
					problem(t, got, status)
				}
				if got.Status != tt.status || !w.nginx && tt.plain {
					return
				}
				for field := range strings.FieldsSeq(tt.due + " X-Request-Id") {
					name, value, exact := strings.Cut(field, "=")
					if has := strings.ReplaceAll(got.Header.Get(name), " ", "_"); has == "" || exact && has != value {
						t.Errorf("%s is %q, due is %q", name, has, value)
					}
				}
				for _, never := range []string{"Age", "Server"} {
					if !w.nginx && got.Header.Get(never) != "" {
						t.Errorf("%s: %s", never, got.Header.Get(never))
					}
				}
			})
		}
	}
	for _, w := range ways(front, api) {
		t.Run(w.name+"/429", func(t *testing.T) {
			const most = 200 // far more than all front ends let through
			for range most {
				got := w.say(t, line("GET", text, hasty)+end)
				if got.Status == 200 {
					continue
				}
				problem(t, got, 429)
				if got.Header.Get("Retry-After") == "" || got.Header.Get("Ratelimit") == "" {
					t.Errorf("429 with %v", got.Header)
				}
				return
			}
			t.Errorf("%d requests in a row were served", most)
		})
	}
	slow.checkEnded(t)
	if now := want(t, front, door.Ask{Method: "GET", Path: text}, 200); string(now.Body) != "text" || now.ETag() != doc.ETag() {
		t.Errorf("after all this the document is %q", now.Body)
	}
	want(t, front, door.Ask{Method: "GET", Path: "/content/book@main/slow.txt"}, 404)
}

// settings writes a configuration file for a service that begins.
func settings(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rhapsode.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// token reads the text of a token that was made.
func token(t *testing.T, made door.Answer) string {
	t.Helper()
	var shape struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(made.Body, &shape); err != nil || shape.Token == "" {
		t.Fatalf("%v: %s", err, made.Body)
	}
	return shape.Token
}

// TestStatusesOfWhatIsBroken: what a client is told while a part of the cell stands still or
// dies. 502 and 504 are nginx's alone; direct, the connection ends, or stays silent.
func TestStatusesOfWhatIsBroken(t *testing.T) {
	const patience = 2 * time.Second
	r := up(t, t.TempDir(), "--no-import", "--config", settings(t, fmt.Sprintf("lb:\n  patience: %v\n", patience)))
	front, api := dial(t, r.Front()), dial(t, r.APIs()[0])
	makeRepo(t, front, "book")
	const end = "\r\n"
	branch := with(`{"name":"b"}`, "POST", "/repos/book/branches", "Content-Type: application/json") // nginx repeats no POST
	signal := func(sig syscall.Signal, names ...string) {
		t.Helper()
		for _, name := range names {
			if _, err := r.Signal(name, sig); err != nil {
				t.Fatal(err)
			}
		}
	}
	nginx := ways(front, api)[0]

	signal(syscall.SIGSTOP, "api1", "api2")
	got := nginx.say(t, branch)
	problem(t, got, 504)
	asked := make(chan door.Answer, 1)
	go func() { asked <- nginx.say(t, branch) }()
	time.AfterFunc(patience/4, func() { signal(syscall.SIGKILL, "api1", "api2") })
	problem(t, <-asked, 502)
}

// TestStatusWithoutAQuorum: who wants a change while most fs-services are gone is told by both
// doors that nothing was done, and when to try again.
func TestStatusWithoutAQuorum(t *testing.T) {
	r := up(t, t.TempDir(), "--no-import")
	front, api := dial(t, r.Front()), dial(t, r.APIs()[0])
	makeRepo(t, front, "book")
	for _, name := range []string{"fs1", "fs2"} {
		if err := killForGood(r, name); err != nil {
			t.Fatal(err)
		}
	}
	for _, w := range ways(front, api) {
		t.Run(w.name+"/503", func(t *testing.T) {
			got := w.say(t, with("x", "PUT", "/content/book@main/a.txt", "If-None-Match: *"))
			problem(t, got, 503)
			if got.Header.Get("Retry-After") == "" {
				t.Errorf("503 with %v", got.Header)
			}
		})
	}
}

// slowest is how long a stalled request may last.
const slowest = 40 * time.Second

// stalls are connections on which a request came to a halt.
type stalls []stall

type stall struct {
	name  string
	ended chan string // what was said until the end, or why there was none
}

// stallAtBoth begins requests and does not go on: one within its fields, one
// within its content.
func stallAtBoth(t *testing.T, ways []way) (all stalls) {
	t.Helper()
	for _, w := range ways {
		for name, message := range map[string]string{
			"fields":  line("PUT", "/content/book@main/slow.txt", "If-None-Match: *"),
			"content": line("PUT", "/content/book@main/slow.txt", "If-None-Match: *", "Content-Length: 100") + "\r\nnot all of it",
		} {
			conn, s := w.dial(t, slowest), stall{w.name + ", within the " + name, make(chan string, 1)}
			if _, err := io.WriteString(conn, message); err != nil {
				t.Fatal(err)
			}
			go func() { // ends with the connection
				said, err := io.ReadAll(conn)
				if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
					said = []byte(fmt.Sprintf("nothing, for %v", slowest))
				}
				s.ended <- string(said)
			}()
			all = append(all, s)
		}
	}
	return all
}

// checkEnded waits for the end of each. What is said before is 408, or nothing at all.
func (all stalls) checkEnded(t *testing.T) {
	t.Helper()
	for _, s := range all {
		said := <-s.ended
		if said != "" && !strings.HasPrefix(said, "HTTP/1.1 408 ") {
			t.Errorf("stalled through %s: %.200s", s.name, said)
		}
		t.Logf("stalled through %s: ended with %.20q", s.name, said)
	}
}

// TestFraming: messages that two readers could take for different ones, that are
// cut short, or framed in odd ways, are refused by both doors, and change nothing.
// The judge knows them; what it may leave open is listed in docs/architecture/http.md.
func TestFraming(t *testing.T) {
	r := up(t, t.TempDir(), "--no-import")
	// nginx last: it is given another configuration as the APIs come, and ends connections for it.
	for _, base := range []string{r.APIs()[0], r.Front()} {
		judge := exec.CommandContext(t.Context(), program("rhapsode"), "conform", "--only", "9112", base)
		if said, err := judge.CombinedOutput(); err != nil {
			t.Errorf("%s: %v:\n%s", base, err, said)
		}
	}
}
