package download

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/xhtml"
)

// keyOf names something in the Store by all that it depends on.
func keyOf(what string, on ...any) string {
	h := sha256.New()
	// What is hashed here is made of strings, numbers and maps of them.
	_ = json.NewEncoder(h).Encode([]any{what, revision, xhtml.Revision, on})
	return what + "/" + hex.EncodeToString(h.Sum(nil))
}

// revision counts how often what is made of the same edition has changed.
const revision = 1

// frame is what a medium puts around a page.
type frame interface {
	// write writes the whole document. All that it depends on, beside the page, is
	// in the frame's exported fields.
	write(page xhtml.Page) []byte
}

// leaf is a page as it goes into an archive.
type leaf struct {
	packed
	Math     bool            `json:"math,omitempty"`
	Findings []xhtml.Finding `json:"findings,omitempty"`
}

// leaf returns the page p in a frame, from the store if it is there.
func (b *Book) leaf(ctx context.Context, p *page, m xhtml.Medium, f frame) (leaf, error) {
	var l leaf
	s := b.setting(p, m)
	key := keyOf("page", p.file.Digest, p.file.Path, s, f)
	if b.recall(ctx, key, &l, &l.data) {
		return l, nil
	}
	data, err := p.work.read(ctx, p.file)
	if err != nil {
		return l, err
	}
	rendered, err := xhtml.Render(p.file.Path, data, s)
	if err != nil {
		return l, err
	}
	l.Math, l.Findings = rendered.Math, rendered.Findings
	if l.packed, err = b.packer.pack(f.write(rendered)); err != nil {
		return l, err
	}
	return l, b.keep(ctx, key, l, l.data)
}

// keep puts bytes into the store behind a line of JSON about them.
func (b *Book) keep(ctx context.Context, key string, about any, data []byte) error {
	head, err := json.Marshal(about)
	if err != nil {
		return fault.New(fault.Internal, "download", "", err)
	}
	b.store.Put(ctx, key, append(append(head, '\n'), data...))
	return nil
}

// recall gets what keep put there, if it still is.
func (b *Book) recall(ctx context.Context, key string, about any, data *[]byte) bool {
	got, ok := b.store.Get(ctx, key)
	if !ok {
		return false
	}
	head, rest, found := bytes.Cut(got, []byte("\n"))
	if !found || json.Unmarshal(head, about) != nil {
		return false
	}
	*data = rest
	return true
}
