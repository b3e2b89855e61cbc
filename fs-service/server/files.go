package server

import (
	"context"
	"io"
	"time"

	"google.golang.org/grpc"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/node"
	"rhapsode/fs-service/internal/wire"
	"rhapsode/fs-service/internal/wire/pb"
	"rhapsode/internal/fault"
)

// maxQuestions is how many questions come in one batch.
const maxQuestions = 1024

// files is the front ends' door: it translates and nothing else.
type files struct {
	pb.UnimplementedFileSystemServer
	node *node.Node
	addr func(name string) string // where a node is reached; "": not known
}

// answer translates what came of a call, v with write, unless there was an error.
func answer[V, P any](v V, err error, write func(V) P) (P, error) {
	if err != nil {
		var none P
		return none, wire.Status(err)
	}
	return write(v), nil
}

func (f files) Locate(ctx context.Context, p *pb.RepoRequest) (*pb.Location, error) {
	id, err := content.ParseRepoID(p.Repo)
	if err != nil {
		return nil, wire.Status(err)
	}
	at, err := f.node.Location(ctx, id)
	if err != nil {
		return nil, wire.Status(err)
	}
	l := &pb.Location{Shard: uint32(at.Shard), Epoch: at.Revision}
	for _, name := range at.Replicas {
		l.Replicas = append(l.Replicas, &pb.Replica{Name: name, Address: f.addr(name)})
	}
	return l, nil
}

func (f files) Stat(ctx context.Context, p *pb.StatRequest) (*pb.StatReply, error) {
	if len(p.Questions) > maxQuestions {
		return nil, wire.Status(fault.Newf(fault.TooLarge, "stat", "%d questions, more than %d", len(p.Questions), maxQuestions))
	}
	qs := make([]node.Question, len(p.Questions))
	for i, q := range p.Questions {
		var err error
		if qs[i].StatQuestion, qs[i].From, err = wire.Question(q); err != nil {
			return nil, wire.Status(err)
		}
	}
	reply := &pb.StatReply{Answers: make([]*pb.StatAnswer, len(qs))}
	for i, a := range f.node.StatAll(ctx, qs) {
		if a.Err != nil {
			reply.Answers[i] = &pb.StatAnswer{Fault: wire.FaultOf(a.Err)}
		} else {
			reply.Answers[i] = &pb.StatAnswer{Stat: wire.FromStat(a.Stat)}
		}
	}
	return reply, nil
}

func (f files) Blob(p *pb.BlobRequest, stream grpc.ServerStreamingServer[pb.Chunk]) error {
	at, err := wire.At(p.At)
	if err != nil {
		return wire.Status(err)
	}
	blob, err := content.DigestFromBytes(p.Digest)
	if err != nil {
		return wire.Status(err)
	}
	r, err := f.node.Blob(stream.Context(), at, blob, p.Offset, p.Length)
	if err != nil {
		return wire.Status(err)
	}
	defer r.Close()
	_, err = wire.Send(r, func(b []byte) error { return stream.Send(&pb.Chunk{Data: b}) })
	return wire.Status(err)
}

func (f files) List(ctx context.Context, p *pb.PlaceRequest) (*pb.ListReply, error) {
	at, err := wire.At(p.At)
	if err != nil {
		return nil, wire.Status(err)
	}
	l, err := f.node.List(ctx, at, wire.Page(p.Page))
	return answer(l, err, wire.FromListing)
}

func (f files) History(ctx context.Context, p *pb.PlaceRequest) (*pb.HistoryReply, error) {
	at, err := wire.At(p.At)
	if err != nil {
		return nil, wire.Status(err)
	}
	h, err := f.node.History(ctx, at, wire.Page(p.Page))
	return answer(h, err, wire.FromHistory)
}

func (f files) Follow(ctx context.Context, p *pb.PlaceRequest) (*pb.HistoryReply, error) {
	at, err := wire.At(p.At)
	if err != nil {
		return nil, wire.Status(err)
	}
	h, err := f.node.Follow(ctx, at, wire.Page(p.Page))
	return answer(h, err, wire.FromHistory)
}

func (f files) VersionAt(ctx context.Context, p *pb.MomentRequest) (*pb.HistoryItem, error) {
	at, err := wire.At(p.At)
	if err != nil {
		return nil, wire.Status(err)
	}
	i, err := f.node.VersionAt(ctx, at, time.Unix(p.When, 0))
	return answer(i, err, wire.FromHistoryItem)
}

func (f files) Commit(ctx context.Context, p *pb.CommitRequest) (*pb.CommitReply, error) {
	id, err := content.ParseRepoID(p.Repo)
	if err != nil {
		return nil, wire.Status(err)
	}
	commit, err := content.DigestFromBytes(p.Id)
	if err != nil {
		return nil, wire.Status(err)
	}
	d, err := f.node.Commit(ctx, id, commit)
	return answer(d, err, wire.FromCommitDetail)
}

func (f files) Repo(ctx context.Context, p *pb.RepoRequest) (*pb.RepoRecord, error) {
	id, err := content.ParseRepoID(p.Repo)
	if err != nil {
		return nil, wire.Status(err)
	}
	r, err := f.node.Repo(ctx, id)
	return answer(r, err, wire.FromRepo)
}

func (f files) Repos(ctx context.Context, p *pb.ReposRequest) (*pb.ReposReply, error) {
	r, err := f.node.Repos(ctx, wire.Page(p.Page))
	return answer(r, err, wire.FromRepos)
}

func (f files) Refs(ctx context.Context, p *pb.RefsRequest) (*pb.RefsReply, error) {
	id, err := content.ParseRepoID(p.Repo)
	if err != nil {
		return nil, wire.Status(err)
	}
	r, err := f.node.Refs(ctx, id, p.Prefix, wire.Page(p.Page))
	return answer(r, err, wire.FromRefs)
}

func (f files) Ref(ctx context.Context, p *pb.RefRequest) (*pb.RefRecord, error) {
	id, err := content.ParseRepoID(p.Repo)
	if err != nil {
		return nil, wire.Status(err)
	}
	name, err := content.ParseRefName(p.Name)
	if err != nil {
		return nil, wire.Status(err)
	}
	r, err := f.node.Ref(ctx, id, name)
	return answer(r, err, wire.FromRef)
}

func (f files) Upload(stream grpc.ClientStreamingServer[pb.UploadRequest, pb.DigestReply]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	id, err := content.ParseRepoID(first.Repo)
	if err != nil {
		return wire.Status(err)
	}
	body := incoming(first.Data, func() ([]byte, error) {
		p, err := stream.Recv()
		return p.GetData(), err
	})
	d, err := f.node.Upload(stream.Context(), id, first.Size, wire.Exactly(body, first.Size))
	if err != nil {
		return wire.Status(err)
	}
	return stream.SendAndClose(&pb.DigestReply{Digest: d[:]})
}

func (f files) Change(ctx context.Context, p *pb.ChangeRequest) (*pb.ChangeReply, error) {
	cs, err := wire.ChangeSet(p)
	if err != nil {
		return nil, wire.Status(err)
	}
	c, err := f.node.Change(ctx, cs)
	return answer(c, err, wire.FromChanged)
}

func (f files) MoveRef(ctx context.Context, p *pb.MoveRefRequest) (*pb.RefRecord, error) {
	m, err := wire.RefMove(p)
	if err != nil {
		return nil, wire.Status(err)
	}
	r, err := f.node.MoveRef(ctx, m)
	return answer(r, err, wire.FromRef)
}

func (f files) PutRepo(ctx context.Context, p *pb.PutRepoRequest) (*pb.PutRepoReply, error) {
	c, err := wire.RepoChange(p)
	if err != nil {
		return nil, wire.Status(err)
	}
	r, created, err := f.node.PutRepo(ctx, c)
	return answer(r, err, func(r fsapi.Repo) *pb.PutRepoReply {
		return &pb.PutRepoReply{Repo: wire.FromRepo(r), Created: created}
	})
}

func (f files) DeleteRepo(ctx context.Context, p *pb.DeleteRepoRequest) (*pb.Empty, error) {
	id, err := content.ParseRepoID(p.Id)
	if err != nil {
		return nil, wire.Status(err)
	}
	return &pb.Empty{}, wire.Status(f.node.DeleteRepo(ctx, id, p.Revision))
}

func (f files) Receive(stream grpc.ClientStreamingServer[pb.ReceiveRequest, pb.ImportReply]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	piece := fsapi.ImportPiece{Offset: first.Offset, Size: first.Size, Last: first.Last}
	if piece.Repo, err = content.ParseRepoID(first.Repo); err != nil {
		return wire.Status(err)
	}
	if piece.Import, err = wire.ImportID(first.Import); err != nil {
		return wire.Status(err)
	}
	body := incoming(first.Data, func() ([]byte, error) {
		p, err := stream.Recv()
		return p.GetData(), err
	})
	status, err := f.node.Receive(stream.Context(), piece, wire.Exactly(body, piece.Size))
	if err != nil {
		return wire.Status(err)
	}
	return stream.SendAndClose(wire.FromImportStatus(status))
}

func (f files) Import(ctx context.Context, p *pb.ImportRequest) (*pb.ImportReply, error) {
	repo, err := content.ParseRepoID(p.Repo)
	if err != nil {
		return nil, wire.Status(err)
	}
	id, err := wire.ImportID(p.Import)
	if err != nil {
		return nil, wire.Status(err)
	}
	status, err := f.node.Import(ctx, repo, id)
	return answer(status, err, wire.FromImportStatus)
}

// incoming is the bytes of a stream whose first message has been read.
func incoming(first []byte, next func() ([]byte, error)) io.Reader {
	begun := false
	return wire.Reader("receive", func() ([]byte, error) {
		if !begun {
			begun = true
			return first, nil
		}
		return next()
	}, func() {})
}

func (f files) Merge(ctx context.Context, p *pb.MergeRequest) (*pb.MergeReply, error) {
	m, err := wire.Merge(p)
	if err != nil {
		return nil, wire.Status(err)
	}
	merged, err := f.node.Merge(ctx, m)
	return answer(merged, err, wire.FromMerged)
}

func (f files) Release(ctx context.Context, p *pb.ReleaseRequest) (*pb.ReleaseReply, error) {
	r, err := wire.Release(p)
	if err != nil {
		return nil, wire.Status(err)
	}
	released, err := f.node.Release(ctx, r)
	return answer(released, err, wire.FromReleased)
}

func (f files) Pick(ctx context.Context, p *pb.PickRequest) (*pb.MergeReply, error) {
	pick, err := wire.Pick(p)
	if err != nil {
		return nil, wire.Status(err)
	}
	merged, err := f.node.Pick(ctx, pick)
	return answer(merged, err, wire.FromMerged)
}

func (f files) Keep(ctx context.Context, p *pb.KeepRequest) (*pb.KeepReply, error) {
	r, err := wire.Refused(p)
	if err != nil {
		return nil, wire.Status(err)
	}
	d, err := f.node.Keep(ctx, r)
	return answer(d, err, wire.FromDraft)
}

func (f files) Compare(ctx context.Context, p *pb.CompareRequest) (*pb.CompareReply, error) {
	q, err := wire.CompareQuestion(p)
	if err != nil {
		return nil, wire.Status(err)
	}
	c, err := f.node.Compare(ctx, q)
	return answer(c, err, wire.FromComparison)
}

func (f files) Blame(ctx context.Context, p *pb.At) (*pb.BlameReply, error) {
	at, err := wire.At(p)
	if err != nil {
		return nil, wire.Status(err)
	}
	blamed, err := f.node.Blame(ctx, at)
	return answer(blamed, err, wire.FromBlame)
}
