package node

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt/pack"
	"rhapsode/fs-service/internal/objects"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/fs-service/internal/replica"
	"rhapsode/internal/fault"
)

// What a scrub finds without a good copy comes from another replica, and so does what keeps a
// fold from its end; what nobody has stays broken and is not served.
func TestBrokenObjectsAreMendedFromAPeer(t *testing.T) {
	mends := map[string]func(*Node, content.Pool){
		"scrub": func(n *Node, pool content.Pool) { n.scrubPool(t.Context(), pool) },
		"fold": func(n *Node, pool content.Pool) {
			n.foldPool(t.Context(), pool, objects.FoldOptions{All: true})
		},
	}
	for name, mend := range mends {
		t.Run(name, func(t *testing.T) {
			a, b, dir := pair(t)
			pool := content.Pool{1}
			both, alone := textOf("held by both"), textOf("held by one")
			if err := b.objects.Put(t.Context(), pool, []content.Object{both}, nil); err != nil {
				t.Fatal(err)
			}
			if err := a.objects.Put(t.Context(), pool, []content.Object{textOf("recent")}, nil); err != nil {
				t.Fatal(err)
			}
			breakInPack(t, a, dir, pool, both)
			if name == "scrub" {
				breakInPack(t, a, dir, pool, alone)
			}
			mend(a, pool)
			if got, err := a.objects.Get(t.Context(), pool, both.Digest); err != nil || !bytes.Equal(got.Data, both.Data) {
				t.Errorf("held by both: %v", err)
			}
			if _, err := a.objects.Get(t.Context(), pool, alone.Digest); err == nil || fault.Is(err, fault.Internal) {
				t.Errorf("held by nobody else, and broken: %v", err)
			}
			if packs, err := a.objects.Packs(t.Context(), pool); name == "fold" && (err != nil || len(packs) != 1 || packs[0].Objects != 2) {
				t.Errorf("folded: %+v, %v", packs, err)
			}
		})
	}
}

func textOf(s string) content.Object { return content.NewObject(content.KindBlob, []byte(s)) }

// A large body is read again too. What became of it on this disk does not matter; if nobody has a
// good copy, it is missing, and no part of it is served.
func TestBrokenBodiesAreMendedFromAPeer(t *testing.T) {
	spoil := map[string]func([]byte) []byte{
		"flipped": func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"cut":     func(b []byte) []byte { return b[:len(b)-1] },
		"zeroed":  func(b []byte) []byte { clear(b); return b },
		"emptied": func([]byte) []byte { return nil },
	}
	for name, spoil := range spoil {
		t.Run(name, func(t *testing.T) {
			a, b, dir := pair(t)
			pool := content.Pool{1}
			both, alone := bytes.Repeat([]byte("both"), content.InlineLimit/4+1), bytes.Repeat([]byte("alone"), content.InlineLimit/5+1)
			ids := map[string]content.Digest{}
			for name, body := range map[string][]byte{"both": both, "alone": alone} {
				ids[name] = content.NewObject(content.KindBlob, body).Digest
				for _, n := range []*Node{a, b} {
					if name == "alone" && n == b {
						continue
					}
					if err := n.replicas.Disk().PutBody(t.Context(), pool, ids[name], int64(len(body)), bytes.NewReader(body)); err != nil {
						t.Fatal(err)
					}
				}
				file := filepath.Join(dir, "bodies", pool.String(), ids[name].String()[:2], ids[name].String())
				if err := os.WriteFile(file, spoil(bytes.Clone(body)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			a.scrubPool(t.Context(), pool)
			r, err := a.replicas.OpenRange(t.Context(), pool, ids["both"], 1, -1)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, both[1:]) {
				t.Errorf("held by both: %d bytes, %v", len(got), err)
			}
			if r, err := a.replicas.OpenRange(t.Context(), pool, ids["alone"], 1, 3); !fault.Is(err, fault.NotFound) {
				t.Errorf("held by nobody else, and broken: %v, %v", r, err)
			}
		})
	}
}

// pair makes two nodes at rest that hold everything, and says where a does.
func pair(t *testing.T) (a, b *Node, dir string) {
	t.Helper()
	nodes := map[string]*Node{}
	memory := refs.NewMemory()
	if err := memory.EnsurePlacements(t.Context(), []string{"a", "b"}, 2); err != nil {
		t.Fatal(err)
	}
	dirs := map[string]string{"a": t.TempDir(), "b": t.TempDir()}
	for name, dir := range dirs {
		n, err := Open(Options{
			Name: name, Dir: dir, Refs: memory, Clock: time.Now, Log: slog.New(slog.DiscardHandler),
			Dial: func(name string) (replica.Peer, error) { return nodes[name].Local(), nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Close() })
		nodes[name] = n
	}
	return nodes["a"], nodes["b"], dirs["a"]
}

// breakInPack adds a pack that holds o, and flips a bit of it on the disk.
func breakInPack(t *testing.T, n *Node, dir string, pool content.Pool, o content.Object) {
	t.Helper()
	var packed bytes.Buffer
	members := []pack.Member{{Digest: o.Digest, Kind: o.Kind, Size: int64(len(o.Data))}}
	if err := pack.Fold(t.Context(), &packed, members, only{o}, nil); err != nil {
		t.Fatal(err)
	}
	if err := n.replicas.Disk().PutPack(t.Context(), pool, replica.Pack{Size: int64(packed.Len())}, &packed); err != nil {
		t.Fatal(err)
	}
	infos, err := n.objects.Packs(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "objects", "packs", pool.String(), "*"+infos[len(infos)-1].ID.String()+".pack"))
	if err != nil || len(names) != 1 {
		t.Fatalf("%v, %v", names, err)
	}
	b, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-26] ^= 1 // within the compressed bytes, or their checksum
	if err := os.WriteFile(names[0], b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// only is the source of one object.
type only struct{ content.Object }

func (o only) Open(context.Context, content.Digest) (content.Kind, int64, io.ReadCloser, error) {
	return o.Kind, int64(len(o.Data)), io.NopCloser(bytes.NewReader(o.Data)), nil
}

func (o only) Get(context.Context, content.Digest) (content.Object, error) { return o.Object, nil }
