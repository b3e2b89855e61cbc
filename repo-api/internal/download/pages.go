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
	s := b.setting(p, m)
	key := keyOf("page", p.file.Digest, p.file.Path, s, f)
	if data, ok := b.store.Get(ctx, key); ok {
		if l, ok := parseLeaf(data); ok {
			return l, nil
		}
	}
	data, err := b.read(ctx, p.file)
	if err != nil {
		return leaf{}, err
	}
	rendered, err := xhtml.Render(p.file.Path, data, s)
	if err != nil {
		return leaf{}, err
	}
	l := leaf{packed: pack(f.write(rendered)), Math: rendered.Math, Findings: rendered.Findings}
	kept, err := l.bytes()
	if err != nil {
		return leaf{}, err
	}
	b.store.Put(ctx, key, kept)
	return l, nil
}

// bytes is a line of JSON and the packed document.
func (l leaf) bytes() ([]byte, error) {
	head, err := json.Marshal(l)
	if err != nil {
		return nil, fault.New(fault.Internal, "download", "", err)
	}
	return append(append(head, '\n'), l.data...), nil
}

func parseLeaf(data []byte) (leaf, bool) {
	head, rest, found := bytes.Cut(data, []byte("\n"))
	var l leaf
	if !found || json.Unmarshal(head, &l) != nil {
		return leaf{}, false
	}
	l.data = rest
	return l, true
}
