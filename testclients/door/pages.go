package door

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
)

// MaxPages bounds a walk along rel="next" links.
const MaxPages = 10_000

var nextLink = regexp.MustCompile(`<([^>]*)>\s*;[^,]*rel="?next"?`)

// Pages gets path and every page that follows from it by Link rel="next", in
// order, and gives each body to visit.
func (c *Client) Pages(ctx context.Context, path string, visit func(body []byte) error) error {
	for range MaxPages {
		page, err := c.Want(ctx, Ask{Method: "GET", Path: path}, http.StatusOK)
		if err != nil {
			return err
		}
		if err := visit(page.Body); err != nil {
			return err
		}
		next, err := c.next(path, page.Header.Values("Link"))
		if err != nil || next == "" {
			return err
		}
		path = next
	}
	return fmt.Errorf("%s: more than %d pages", path, MaxPages)
}

// next returns the path and query that links name as the one after path, or "".
func (c *Client) next(path string, links []string) (string, error) {
	for _, l := range links {
		m := nextLink.FindStringSubmatch(l)
		if m == nil {
			continue
		}
		here, err := url.Parse(c.base + path)
		if err != nil {
			return "", err
		}
		there, err := here.Parse(m[1])
		if err != nil {
			return "", fmt.Errorf("link %q: %w", l, err)
		}
		return there.RequestURI(), nil
	}
	return "", nil
}

// Changes returns the ids of the commits on one page of a history.
func Changes(page []byte) (commits []string, err error) {
	var list struct {
		Items []struct {
			Commit string `json:"commit"`
		} `json:"items"`
	}
	if err := json.Unmarshal(page, &list); err != nil {
		return nil, err
	}
	for _, item := range list.Items {
		commits = append(commits, item.Commit)
	}
	return commits, nil
}
