package local

import (
	"context"
	"net/http"
	"time"

	"rhapsode/internal/fault"
)

const (
	readyInterval = 20 * time.Millisecond
	readyRequest  = 2 * time.Second

	// readyFor is how long the front door has to be ready without a break. Each API that
	// comes has nginx reload, and for a tenth of a second or so both its old workers, who may
	// know of no API, and its new ones take connections.
	readyFor = 500 * time.Millisecond
)

// AwaitReady returns once every API and the front door answer that they are ready, and the front
// door's last reload has settled.
func (c *Cell) AwaitReady(ctx context.Context) error {
	client := &http.Client{Timeout: readyRequest, Transport: &http.Transport{DisableKeepAlives: true}}
	for _, part := range append(c.plan.Role(RoleAPI), c.plan.Role(RoleLB)...) {
		unbroken := time.Duration(0)
		if part.Role == RoleLB {
			unbroken = readyFor
		}
		if err := awaitReady(ctx, client, "http://"+part.Listen+"/readyz", unbroken); err != nil {
			return fault.New(fault.Unavailable, "wait for", part.Name, err)
		}
	}
	return nil
}

// awaitReady returns once url has answered 200, each time it was asked, for as long as unbroken.
func awaitReady(ctx context.Context, client *http.Client, url string, unbroken time.Duration) error {
	var since time.Time // of the first of these answers; zero: the last was another
	tick := time.NewTicker(readyInterval)
	defer tick.Stop()
	for {
		resp, err := get(ctx, client, url)
		if err == nil {
			resp.Body.Close()
		}
		switch {
		case err != nil || resp.StatusCode != http.StatusOK:
			since = time.Time{}
		case since.IsZero():
			since = time.Now()
		}
		if !since.IsZero() && time.Since(since) >= unbroken {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func get(ctx context.Context, client *http.Client, url string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return client.Do(req)
}
