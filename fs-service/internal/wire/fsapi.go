package wire

import (
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/wire/pb"
	"rhapsode/internal/caller"
	"rhapsode/internal/fault"
)

// FromAt writes a place.
func FromAt(at fsapi.At) *pb.At {
	return &pb.At{Repo: at.Repo.String(), Revision: at.Rev.String(), Path: []byte(at.Path.String()), Fresh: uint32(at.Fresh)}
}

// At reads a place.
func At(p *pb.At) (at fsapi.At, err error) {
	if at.Repo, err = content.ParseRepoID(p.GetRepo()); err != nil {
		return at, err
	}
	if p.GetRevision() != "" {
		if at.Rev, err = content.ParseRevision(p.Revision); err != nil {
			return at, err
		}
	}
	if at.Path, err = content.ParsePath(string(p.GetPath())); err != nil {
		return at, err
	}
	at.Fresh, err = freshness(p.GetFresh())
	return at, err
}

func freshness(n uint32) (fsapi.Freshness, error) {
	if n > uint32(fsapi.Any) {
		return 0, fault.Newf(fault.Invalid, "question", "freshness %d is not known", n)
	}
	return fsapi.Freshness(n), nil
}

// FromPage writes a page.
func FromPage(p fsapi.Page) *pb.Page { return &pb.Page{After: p.After, Limit: int32(p.Limit)} }

// Page reads a page.
func Page(p *pb.Page) fsapi.Page { return fsapi.Page{After: p.GetAfter(), Limit: int(p.GetLimit())} }

// FromQuestion writes a question and who asks it.
func FromQuestion(q fsapi.StatQuestion, from caller.Credential) *pb.StatQuestion {
	return &pb.StatQuestion{At: FromAt(q.At), Inline: q.Inline, Have: FromDigest(q.Have), Brief: q.Brief, Near: q.Near, From: from.Reveal(), Behalf: from.For()}
}

// Question reads a question and who asks it.
func Question(p *pb.StatQuestion) (q fsapi.StatQuestion, from caller.Credential, err error) {
	if q.At, err = At(p.GetAt()); err != nil {
		return q, from, err
	}
	q.Inline, q.Brief, q.Near = p.GetInline(), p.GetBrief(), p.GetNear()
	q.Have, err = Digest(p.GetHave())
	if id := p.GetBehalf(); id != "" {
		return q, caller.Behalf(id), err
	}
	return q, caller.Bearing(p.GetFrom()), err
}

// FromStat writes the answer to a question.
func FromStat(s fsapi.Stat) *pb.Stat {
	p := &pb.Stat{
		Repo: s.Repo.String(), Ref: s.Ref.String(), Commit: FromDigest(s.Commit), Entry: FromEntry(s.Entry),
		Inline: s.Inline, HasInline: s.Inline != nil,
		Version: FromDigest(s.Versions.This), VersionBefore: FromDigest(s.Versions.Before), VersionAfter: FromDigest(s.Versions.After), Line: s.Versions.Line.String(),
	}
	if !s.Modified.IsZero() {
		p.Modified = s.Modified.Unix()
	}
	return p
}

// Stat reads the answer to a question.
func Stat(p *pb.Stat) (s fsapi.Stat, err error) {
	if s.Repo, err = content.ParseRepoID(p.GetRepo()); err != nil {
		return s, err
	}
	if p.GetRef() != "" {
		if s.Ref, err = content.ParseRefName(p.Ref); err != nil {
			return s, err
		}
	}
	if s.Commit, err = Digest(p.GetCommit()); err != nil {
		return s, err
	}
	if s.Entry, err = Entry(p.GetEntry()); err != nil {
		return s, err
	}
	if p.GetModified() != 0 {
		s.Modified = time.Unix(p.Modified, 0)
	}
	if p.GetHasInline() {
		s.Inline = append([]byte{}, p.Inline...)
	}
	s.Versions, err = versions(p)
	return s, err
}

func versions(p *pb.Stat) (vs fsapi.Versions, err error) {
	if vs.This, err = Digest(p.GetVersion()); err != nil {
		return vs, err
	}
	if vs.Before, err = Digest(p.GetVersionBefore()); err != nil {
		return vs, err
	}
	if vs.After, err = Digest(p.GetVersionAfter()); err != nil || p.GetLine() == "" {
		return vs, err
	}
	vs.Line, err = content.ParseRefName(p.Line)
	return vs, err
}

// FromListing writes a page of a directory.
func FromListing(l fsapi.Listing) *pb.ListReply {
	p := &pb.ListReply{Stat: FromStat(l.Stat), Next: l.Next}
	for _, e := range l.Entries {
		p.Entries = append(p.Entries, FromEntry(e))
	}
	return p
}

// Listing reads a page of a directory.
func Listing(p *pb.ListReply) (l fsapi.Listing, err error) {
	if l.Stat, err = Stat(p.Stat); err != nil {
		return l, err
	}
	l.Next = p.Next
	l.Entries, err = list(p.Entries, Entry)
	return l, err
}

// FromHistory writes a page of a history.
func FromHistory(h fsapi.History) *pb.HistoryReply {
	p := &pb.HistoryReply{Next: h.Next}
	for _, i := range h.Items {
		p.Items = append(p.Items, FromHistoryItem(i))
	}
	return p
}

// History reads a page of a history.
func History(p *pb.HistoryReply) (h fsapi.History, err error) {
	h.Next = p.Next
	h.Items, err = list(p.Items, HistoryItem)
	return h, err
}

// FromHistoryItem writes a version in a history.
func FromHistoryItem(i fsapi.HistoryItem) *pb.HistoryItem {
	return &pb.HistoryItem{Commit: FromCommit(i.Commit), Path: []byte(i.Path.String()), Entry: FromEntry(i.Entry)}
}

// HistoryItem reads a version in a history.
func HistoryItem(p *pb.HistoryItem) (i fsapi.HistoryItem, err error) {
	if i.Commit, err = Commit(p.Commit); err != nil {
		return i, err
	}
	if i.Path, err = content.ParsePath(string(p.Path)); err != nil {
		return i, err
	}
	i.Entry, err = Entry(p.Entry)
	return i, err
}

// FromCommitDetail writes a commit and its changes.
func FromCommitDetail(d fsapi.CommitDetail) *pb.CommitReply {
	return &pb.CommitReply{Commit: FromCommit(d.Commit), Changes: fromFileChanges(d.Changes), Truncated: d.Truncated}
}

// CommitDetail reads a commit and its changes.
func CommitDetail(p *pb.CommitReply) (d fsapi.CommitDetail, err error) {
	if d.Commit, err = Commit(p.Commit); err != nil {
		return d, err
	}
	d.Truncated = p.Truncated
	d.Changes, err = list(p.Changes, fileChange)
	return d, err
}

// FromRepo writes the record of a repository.
func FromRepo(r fsapi.Repo) *pb.RepoRecord {
	return &pb.RepoRecord{
		Id: r.ID.String(), Pool: r.Pool[:], DefaultBranch: r.Default.String(), Description: r.Description,
		Created: r.Created.Unix(), Revision: r.Revision, Replicas: int32(r.Replicas),
		Origin: fromOrigin(r.Origin),
	}
}

// Repo reads the record of a repository.
func Repo(p *pb.RepoRecord) (r fsapi.Repo, err error) {
	if r.ID, err = content.ParseRepoID(p.GetId()); err != nil {
		return r, err
	}
	if r.Pool, err = Pool(p.GetPool()); err != nil {
		return r, err
	}
	if r.Default, err = content.ParseRefName(p.GetDefaultBranch()); err != nil {
		return r, err
	}
	r.Description, r.Created = p.GetDescription(), time.Unix(p.GetCreated(), 0).UTC()
	r.Revision, r.Replicas = p.GetRevision(), int(p.GetReplicas())
	r.Origin, err = origin(p.GetOrigin())
	return r, err
}

// FromRepos writes a page of repositories.
func FromRepos(r fsapi.Repos) *pb.ReposReply {
	p := &pb.ReposReply{Next: r.Next}
	for _, repo := range r.Repos {
		p.Repos = append(p.Repos, FromRepo(repo))
	}
	return p
}

// Repos reads a page of repositories.
func Repos(p *pb.ReposReply) (r fsapi.Repos, err error) {
	r.Next = p.Next
	r.Repos, err = list(p.Repos, Repo)
	return r, err
}

// FromRef writes a ref.
func FromRef(r fsapi.Ref) *pb.RefRecord {
	return &pb.RefRecord{Name: r.Name.String(), Target: FromDigest(r.Target), Commit: FromDigest(r.Commit)}
}

// Ref reads a ref.
func Ref(p *pb.RefRecord) (r fsapi.Ref, err error) {
	if r.Name, err = content.ParseRefName(p.GetName()); err != nil {
		return r, err
	}
	if r.Target, err = Digest(p.GetTarget()); err != nil {
		return r, err
	}
	r.Commit, err = Digest(p.GetCommit())
	return r, err
}

// FromRefs writes a page of refs.
func FromRefs(r fsapi.Refs) *pb.RefsReply {
	p := &pb.RefsReply{Next: r.Next}
	for _, ref := range r.Refs {
		p.Refs = append(p.Refs, FromRef(ref))
	}
	return p
}

// Refs reads a page of refs.
func Refs(p *pb.RefsReply) (r fsapi.Refs, err error) {
	r.Next = p.Next
	r.Refs, err = list(p.Refs, Ref)
	return r, err
}

// FromRefMove writes what should become of a ref.
func FromRefMove(m fsapi.RefMove) *pb.MoveRefRequest {
	return &pb.MoveRefRequest{
		Repo: m.Repo.String(), Name: m.Name.String(), Expect: FromExpect(m.Expect),
		To: m.To.String(), Force: m.Force, Request: m.Request[:],
	}
}

// RefMove reads what should become of a ref.
func RefMove(p *pb.MoveRefRequest) (m fsapi.RefMove, err error) {
	if m.Repo, err = content.ParseRepoID(p.Repo); err != nil {
		return m, err
	}
	if m.Name, err = content.ParseRefName(p.Name); err != nil {
		return m, err
	}
	if m.Expect, err = Expect(p.Expect); err != nil {
		return m, err
	}
	if p.To != "" {
		if m.To, err = content.ParseRevision(p.To); err != nil {
			return m, err
		}
	}
	m.Force = p.Force
	m.Request, err = Request(p.Request)
	return m, err
}

// FromRepoChange writes what should become of a repository's record.
func FromRepoChange(c fsapi.RepoChange) *pb.PutRepoRequest {
	return &pb.PutRepoRequest{
		Id: c.ID.String(), DefaultBranch: c.Default.String(), Description: c.Description,
		Revision: c.Revision, Request: c.Request[:], Name: c.Name.String(), Derive: fromDerive(c.Derive),
	}
}

// RepoChange reads what should become of a repository's record.
func RepoChange(p *pb.PutRepoRequest) (c fsapi.RepoChange, err error) {
	if c.ID, err = content.ParseRepoID(p.Id); err != nil {
		return c, err
	}
	if p.Name != "" {
		if c.Name, err = content.ParseRepoID(p.Name); err != nil {
			return c, err
		}
	}
	if p.DefaultBranch != "" {
		if c.Default, err = content.ParseRefName(p.DefaultBranch); err != nil {
			return c, err
		}
	}
	c.Description, c.Revision = p.Description, p.Revision
	if c.Derive, err = derive(p.Derive); err != nil {
		return c, err
	}
	c.Request, err = Request(p.Request)
	return c, err
}

// FromImportStatus writes how far an import has come.
func FromImportStatus(s fsapi.ImportStatus) *pb.ImportReply {
	p := &pb.ImportReply{
		Phase: string(s.Phase), Received: s.Received, Done: s.Done, Total: s.Total, Error: printable(s.Error), Kind: s.Kind,
	}
	for _, r := range s.Refs {
		p.Refs = append(p.Refs, FromRef(r))
	}
	return p
}

// ImportStatus reads how far an import has come.
func ImportStatus(p *pb.ImportReply) (s fsapi.ImportStatus, err error) {
	s = fsapi.ImportStatus{
		Phase: fsapi.ImportPhase(p.Phase), Received: p.Received, Done: p.Done, Total: p.Total, Error: p.Error, Kind: p.Kind,
	}
	s.Refs, err = list(p.Refs, Ref)
	return s, err
}

// ImportID reads thirty-two bytes.
func ImportID(b []byte) (fsapi.ImportID, error) {
	if len(b) != len(fsapi.ImportID{}) {
		return fsapi.ImportID{}, fault.Newf(fault.Invalid, "import", "an id of %d bytes, not %d", len(b), len(fsapi.ImportID{}))
	}
	return fsapi.ImportID(b), nil
}

func list[P, V any](ps []P, read func(P) (V, error)) ([]V, error) {
	vs := make([]V, len(ps))
	for i, p := range ps {
		var err error
		if vs[i], err = read(p); err != nil {
			return nil, err
		}
	}
	return vs, nil
}
