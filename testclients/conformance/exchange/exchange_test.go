package exchange_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rhapsode/testclients/conformance/exchange"
)

// script is a server that gives each connection its lines: for each header
// section that arrives, the next one is sent; after the last the connection ends.
type script struct {
	net.Listener
	mu       sync.Mutex
	came     []string // header sections, guarded by mu
	accepted int      // connections, guarded by mu
}

func serve(t *testing.T, answers ...string) *script {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &script{Listener: l}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() { s.play(conn, answers) })
		}
	})
	t.Cleanup(func() { l.Close(); group.Wait() })
	return s
}

func (s *script) play(conn net.Conn, answers []string) {
	defer conn.Close()
	s.mu.Lock()
	s.accepted++
	s.mu.Unlock()
	read := bufio.NewReader(conn)
	for _, answer := range answers {
		var head strings.Builder
		for !strings.HasSuffix(head.String(), "\r\n\r\n") {
			line, err := read.ReadString('\n')
			if err != nil {
				return
			}
			head.WriteString(line)
		}
		s.mu.Lock()
		s.came = append(s.came, head.String())
		s.mu.Unlock()
		conn.Write([]byte(answer)) // a client that is gone is what some tests are about
	}
}

func client(t *testing.T, s *script, now func() time.Time) *exchange.Client {
	t.Helper()
	c, err := exchange.New("http://"+s.Addr().String()+"/under/", 2, 5*time.Second, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

const empty = "HTTP/1.1 204 No Content\r\n\r\n"

func TestWhatIsSent(t *testing.T) {
	tests := []struct {
		name    string
		request exchange.Request
		want    string
	}{
		{"no content", exchange.Request{Method: "GET", Target: "/a//b/../c"}, "GET /a//b/../c HTTP/1.1\r\nHost: HOST\r\n\r\n"},
		{"lines of one name stay apart, in their order and spelling",
			exchange.Request{Method: "GET", Target: "/", Fields: exchange.Fields("if-MATCH", `"a"`, "X", "y", "if-MATCH", `"b"`)},
			"GET / HTTP/1.1\r\nHost: HOST\r\nif-MATCH: \"a\"\r\nX: y\r\nif-MATCH: \"b\"\r\n\r\n"},
		{"a method that expects content tells that there is none",
			exchange.Request{Method: "PUT", Target: "/"}, "PUT / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\n\r\n"},
		{"content has its length",
			exchange.Request{Method: "DELETE", Target: "/", Body: []byte("abc")}, "DELETE / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 3\r\n\r\nabc"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(tt.request.Bytes("HOST")); got != tt.want {
				t.Errorf("%q, not %q", got, tt.want)
			}
		})
	}
}

func TestWhatComes(t *testing.T) {
	tests := []struct {
		name, method, answer string
		want                 exchange.Response
		err                  bool
	}{
		{"content", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", exchange.Response{Status: 200, Body: []byte("abc")}, false},
		{"chunks", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", exchange.Response{Status: 200, Body: []byte("abc")}, false},
		{"HEAD has a length and no content", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", exchange.Response{Status: 200}, false},
		{"content after HEAD is seen", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", exchange.Response{Status: 200, Stray: true}, false},
		{"interim answers are told", "GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + empty, exchange.Response{Status: 204, Interim: []int{100, 103}}, false},
		{"content cut short", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", exchange.Response{Status: 200, Body: []byte("abc")}, true},
		{"no answer", "GET", "", exchange.Response{}, true},
		{"no HTTP", "GET", "220 mail ready\r\n", exchange.Response{}, true},
		{"interim answers without end", "GET", strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 101), exchange.Response{Status: 102}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := client(t, serve(t, tt.answer), time.Now).Do(context.Background(), exchange.Request{Method: tt.method, Target: "/"})
			if (err != nil) != tt.err {
				t.Fatalf("error %v", err)
			}
			if got.Status != tt.want.Status || string(got.Body) != string(tt.want.Body) || got.Stray != tt.want.Stray || !slices.Equal(got.Interim, tt.want.Interim) {
				t.Errorf("%+v, not %+v", got, tt.want)
			}
		})
	}
}

// TestConnectionsAreKept while they can be trusted, and not a moment longer:
// nothing that was sent is ever sent again.
func TestConnectionsAreKept(t *testing.T) {
	tests := []struct {
		name    string
		answer  string
		between time.Duration
		want    int
	}{
		{"at once", empty, 0, 1},
		{"after a pause", empty, 2 * time.Second, 2},
		{"the server closes", "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", 0, 2},
		{"something came that was not asked for", empty + "HTTP/1.1 500 ", 0, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.answer, tt.answer)
			now := time.Now()
			c := client(t, s, func() time.Time { return now })
			for range 2 {
				if _, err := c.Do(context.Background(), exchange.Request{Method: "GET", Target: "/"}); err != nil {
					t.Fatal(err)
				}
				now = now.Add(tt.between)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.accepted != tt.want || len(s.came) != 2 {
				t.Errorf("%d connections, %d requests", s.accepted, len(s.came))
			}
		})
	}
}

func TestTheEndOfAContextEndsARequest(t *testing.T) {
	s := serve(t, "HTTP/1.1 100 Continue\r\n\r\n", empty) // and then it waits
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	c := client(t, s, time.Now)
	go func() {
		_, err := c.Do(ctx, exchange.Request{Method: "GET", Target: "/"})
		ended <- err
	}()
	cancel()
	if err := <-ended; err == nil {
		t.Error("there was an answer")
	}
}

func TestBaseURL(t *testing.T) {
	for _, base := range []string{"", "127.0.0.1:80", "ftp://host/", "http://", "http://a b/"} {
		if _, err := exchange.New(base, 1, time.Second, time.Now); err == nil {
			t.Errorf("%q was taken", base)
		}
	}
	c, err := exchange.New("https://host:8443/a/b/", 1, time.Second, time.Now)
	if err != nil || c.Base() != "https://host:8443" || c.Prefix() != "/a/b" || c.Host() != "host:8443" {
		t.Errorf("%v", errors.Join(err, errors.New(c.Base()+" "+c.Prefix()+" "+c.Host())))
	}
}
