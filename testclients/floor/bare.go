package floor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Bare is a Go server that gives the same bytes for every path, and 304 to
// whoever has their tag.
type Bare struct {
	URL     string
	process *process
}

// StartBare starts one that answers with size bytes.
func StartBare(size int) (*Bare, error) {
	p, err := start("bare", strconv.Itoa(size))
	if err != nil {
		return nil, err
	}
	where, err := p.ready()
	if err != nil {
		return nil, err
	}
	return &Bare{URL: where, process: p}, nil
}

// Stop ends it.
func (b *Bare) Stop() error { return b.process.stop() }

// serveBare is the life of the process.
func serveBare(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("floor: bare SIZE")
	}
	size, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: bareHandler(size), ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	fmt.Printf("http://%s\n", l.Addr())
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func bareHandler(size int) http.Handler {
	const etag = `"ce013625030ba8dba906f756967f9e9ca394464a"`
	body := []byte(strings.Repeat("x", size))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Type", "application/json")
		h.Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body)
	})
}
