package publication

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"strings"

	"rhapsode/content"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/book"
)

// siteRecipe names the recipe of a site.
const siteRecipe = "site"

// What is held of sites that are read page by page, in bytes.
const (
	siteBytes = 64 << 20
	maxSite   = 32 << 20 // a larger one is only there to be taken away
)

// IsSite says whether d can be read page by page.
func (d Download) IsSite() bool { return d.Recipe == siteRecipe && d.Size <= maxSite }

// Page reads a page, or what it shows, out of a site. NotFound.
func (p *Publisher) Page(ctx context.Context, repo content.RepoID, n book.Number, d Download, name string) ([]byte, error) {
	if !d.IsSite() {
		return nil, fault.Newf(fault.NotFound, "read page", "%s is no site to be read here", d.Name)
	}
	site, err := p.site(ctx, repo, n, d)
	if err != nil {
		return nil, err
	}
	f, err := site.Open(strings.TrimSuffix(d.Name, ".zip") + "/" + name)
	if err != nil {
		return nil, fault.Newf(fault.NotFound, "read page", "the site of edition %v has no %q", n, name)
	}
	defer f.Close()
	page, err := io.ReadAll(f)
	if err != nil {
		return nil, fault.New(fault.Corrupt, "read page", name, err)
	}
	return page, nil
}

// site opens a site, and remembers it by its digest.
func (p *Publisher) site(ctx context.Context, repo content.RepoID, n book.Number, d Download) (*zip.Reader, error) {
	if held, ok := p.sites.Get(d.Blob); ok {
		return held, nil
	}
	r, err := p.Open(ctx, repo, n, d, 0, -1)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxSite))
	if err != nil {
		return nil, fault.New(fault.Unavailable, "read site", d.Name, err)
	}
	site, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fault.New(fault.Corrupt, "read site", d.Name, err)
	}
	p.sites.Put(d.Blob, site, int64(len(data)))
	return site, nil
}
