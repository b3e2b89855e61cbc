package fsclient

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/wire"
	"rhapsode/fs-service/internal/wire/pb"
	"rhapsode/internal/fault"
)

const hintWeight = 160

// Stat is in fsapi.Reader. A body that was seen before is not sent again.
func (c *Client) Stat(ctx context.Context, q fsapi.StatQuestion) (fsapi.Stat, error) {
	var known []byte
	if q.Inline > 0 && q.Have.IsZero() {
		if d, ok := c.hints.Get(q.At); ok {
			if known, ok = c.bodies.Get(d); ok {
				q.Have = d
			}
		}
	}
	var s fsapi.Stat
	err := c.call(ctx, q.Repo, toRead, func(ctx context.Context, conn *connection) (err error) {
		s, err = conn.stats.ask(ctx, q)
		return err
	})
	if err != nil || q.Inline == 0 {
		return s, err
	}
	if known != nil && s.Entry.Digest == q.Have {
		s.Inline = known
	} else if s.Inline != nil {
		c.bodies.Put(s.Entry.Digest, s.Inline, int64(len(s.Inline)))
		c.hints.Put(q.At, s.Entry.Digest, hintWeight)
	}
	return s, nil
}

// Blob is in fsapi.Reader. It goes on with another replica when one breaks off.
func (c *Client) Blob(ctx context.Context, at fsapi.At, blob content.Digest, off, n int64) (io.ReadCloser, error) {
	if n < 0 {
		n = 1 << 62
	}
	b := &blobReader{client: c, ctx: ctx, at: at, blob: blob, off: off, left: n}
	if err := b.open(); err != nil {
		return nil, err
	}
	return b, nil
}

// blobReader reads a blob from whichever replica has it.
type blobReader struct {
	client *Client
	ctx    context.Context // of the caller of Blob, who reads
	at     fsapi.At
	blob   content.Digest
	off    int64
	left   int64
	stream io.ReadCloser
	broken int // times that a replica broke off
}

// maxBroken is how often one read goes on elsewhere.
const maxBroken = 3

// open begins at b.off. The first piece is waited for, so that a failure to find
// the blob is known before anything is promised to a client.
func (b *blobReader) open() error {
	return b.client.call(b.ctx, b.at.Repo, toRead, func(try context.Context, conn *connection) error {
		ctx, cancel := context.WithCancel(wire.Outgoing(b.ctx)) // a whole body may take longer than a try
		begun := context.AfterFunc(try, cancel)
		defer begun()
		stream, err := conn.files.Blob(ctx, &pb.BlobRequest{At: wire.FromAt(b.at), Digest: b.blob[:], Offset: b.off, Length: b.left})
		var first *pb.Chunk
		if err == nil {
			first, err = stream.Recv()
		}
		if err != nil && !errors.Is(err, io.EOF) {
			cancel()
			return wire.FromStatus("read", err)
		}
		ended := err != nil
		b.stream = wire.Reader("read", func() ([]byte, error) {
			if first != nil {
				data := first.Data
				first = nil
				return data, nil
			}
			if ended {
				return nil, io.EOF
			}
			p, err := stream.Recv()
			return p.GetData(), err
		}, cancel)
		return nil
	})
}

func (b *blobReader) Read(p []byte) (int, error) {
	for {
		n, err := b.stream.Read(p)
		b.off += int64(n)
		b.left -= int64(n)
		k := fault.Of(err)
		if n > 0 || err == nil || errors.Is(err, io.EOF) || k != fault.Unavailable && k != fault.Unknown && k != fault.Corrupt {
			return n, err
		}
		if b.broken++; b.broken > maxBroken {
			return 0, err
		}
		b.stream.Close()
		if err := b.open(); err != nil {
			return 0, err
		}
	}
}

func (b *blobReader) Close() error { return b.stream.Close() }

// ask makes a unary question of the replicas of id, and reads the answer.
func ask[Q, P, V any](ctx context.Context, c *Client, id content.RepoID, p purpose, op string, q Q,
	call func(pb.FileSystemClient, context.Context, Q, ...grpc.CallOption) (P, error), read func(P) (V, error)) (v V, err error) {
	err = c.call(ctx, id, p, func(ctx context.Context, conn *connection) error {
		reply, err := call(conn.files, ctx, q)
		if err != nil {
			return wire.FromStatus(op, err)
		}
		v, err = read(reply)
		return err
	})
	return v, err
}

// List is in fsapi.Reader.
func (c *Client) List(ctx context.Context, at fsapi.At, page fsapi.Page) (fsapi.Listing, error) {
	return ask(ctx, c, at.Repo, toRead, "list", &pb.PlaceRequest{At: wire.FromAt(at), Page: wire.FromPage(page)}, pb.FileSystemClient.List, wire.Listing)
}

// History is in fsapi.Reader.
func (c *Client) History(ctx context.Context, at fsapi.At, page fsapi.Page) (fsapi.History, error) {
	return ask(ctx, c, at.Repo, toRead, "history", &pb.PlaceRequest{At: wire.FromAt(at), Page: wire.FromPage(page)}, pb.FileSystemClient.History, wire.History)
}

// Follow is in fsapi.Reader.
func (c *Client) Follow(ctx context.Context, at fsapi.At, page fsapi.Page) (fsapi.History, error) {
	return ask(ctx, c, at.Repo, toWork, "follow", &pb.PlaceRequest{At: wire.FromAt(at), Page: wire.FromPage(page)}, pb.FileSystemClient.Follow, wire.History)
}

// VersionAt is in fsapi.Reader.
func (c *Client) VersionAt(ctx context.Context, at fsapi.At, when time.Time) (fsapi.HistoryItem, error) {
	return ask(ctx, c, at.Repo, toRead, "version", &pb.MomentRequest{At: wire.FromAt(at), When: when.Unix()}, pb.FileSystemClient.VersionAt, wire.HistoryItem)
}

// Commit is in fsapi.Reader.
func (c *Client) Commit(ctx context.Context, repo content.RepoID, id content.Digest) (fsapi.CommitDetail, error) {
	return ask(ctx, c, repo, toRead, "commit", &pb.CommitRequest{Repo: repo.String(), Id: id[:]}, pb.FileSystemClient.Commit, wire.CommitDetail)
}

// Compare is in fsapi.Differ.
func (c *Client) Compare(ctx context.Context, q fsapi.CompareQuestion) (fsapi.Comparison, error) {
	return ask(ctx, c, q.Repo, toWork, "compare", wire.FromCompareQuestion(q), pb.FileSystemClient.Compare, wire.Comparison)
}

// Blame is in fsapi.Differ.
func (c *Client) Blame(ctx context.Context, at fsapi.At) ([]fsapi.Blamed, error) {
	return ask(ctx, c, at.Repo, toWork, "blame", wire.FromAt(at), pb.FileSystemClient.Blame, wire.Blame)
}

// Repo is in fsapi.Reader.
func (c *Client) Repo(ctx context.Context, id content.RepoID) (fsapi.Repo, error) {
	return ask(ctx, c, id, toRead, "repository", &pb.RepoRequest{Repo: id.String()}, pb.FileSystemClient.Repo, wire.Repo)
}

// Refs is in fsapi.Reader.
func (c *Client) Refs(ctx context.Context, id content.RepoID, prefix string, page fsapi.Page) (fsapi.Refs, error) {
	return ask(ctx, c, id, toRead, "refs", &pb.RefsRequest{Repo: id.String(), Prefix: prefix, Page: wire.FromPage(page)}, pb.FileSystemClient.Refs, wire.Refs)
}

// Ref is in fsapi.Reader.
func (c *Client) Ref(ctx context.Context, id content.RepoID, name content.RefName) (fsapi.Ref, error) {
	return ask(ctx, c, id, toRead, "ref", &pb.RefRequest{Repo: id.String(), Name: name.String()}, pb.FileSystemClient.Ref, wire.Ref)
}

// Repos is in fsapi.Reader.
func (c *Client) Repos(ctx context.Context, page fsapi.Page) (fsapi.Repos, error) {
	return askAny(ctx, c, toRead, "repositories", &pb.ReposRequest{Page: wire.FromPage(page)}, pb.FileSystemClient.Repos, wire.Repos)
}
