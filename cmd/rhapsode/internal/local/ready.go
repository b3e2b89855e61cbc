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
)

// AwaitReady returns once every API and the front door answer that they are ready.
func (c *Cell) AwaitReady(ctx context.Context) error {
	client := &http.Client{Timeout: readyRequest, Transport: &http.Transport{DisableKeepAlives: true}}
	for _, part := range append(c.plan.Role(RoleAPI), c.plan.Role(RoleLB)...) {
		if err := awaitReady(ctx, client, "http://"+part.Listen+"/readyz"); err != nil {
			return fault.New(fault.Unavailable, "wait for", part.Name, err)
		}
	}
	return nil
}

func awaitReady(ctx context.Context, client *http.Client, url string) error {
	tick := time.NewTicker(readyInterval)
	defer tick.Stop()
	for {
		resp, err := get(ctx, client, url)
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
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
