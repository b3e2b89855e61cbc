package coordinator

import (
	"context"
	"fmt"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/fs-service/internal/replica"
	"rhapsode/internal/caller"
	"rhapsode/internal/fault"
)

// plan is what a batch comes to when it is judged at one tip: an answer for each
// change, and a chain of commits for those that have an effect.
type plan struct {
	base    refs.Record      // the ref that it is judged at
	tip     content.Digest   // the end of the chain; base.Target if nothing has an effect
	tree    content.Digest   // of tip
	made    []content.Object // trees, blobs and commits, in the order in which they refer to each other
	commits []content.Digest
	uploads []content.Digest // large blobs that the chain names
	done    []refs.Done
	grounds []refs.Ground // what permits the chain
	answers []answer
}

// batch is what goes to the replicas.
func (p *plan) batch() replica.Batch {
	b := replica.Batch{Objects: p.made, Needs: p.uploads, Tips: p.commits}
	if !p.base.Target.IsZero() {
		b.Bases = []content.Digest{p.base.Target}
	}
	return b
}

// refuses says whether an answer rests on the tip being the newest there is: a refusal, that
// nothing had to change, or a rehearsal. A chain of commits is checked by its transaction.
func (p *plan) refuses() bool {
	for _, a := range p.answers {
		if a.err != nil || !a.changed.Modified || a.changed.Commit.IsZero() {
			return true
		}
	}
	return false
}

// planner builds a plan.
type planner struct {
	*plan
	trees *gitfmt.Trees
	src   gitfmt.Overlay
	when  time.Time // of the commits
	first bool      // the ref may begin with this batch
}

// planner begins a plan at base.
func (c *Coordinator) planner(ctx context.Context, at place, base refs.Record) (*planner, error) {
	p := &planner{
		plan:  &plan{base: base, tip: base.Target},
		trees: c.trees,
		src:   gitfmt.Overlay{Stored: c.objects.Pool(at.repo.Pool), Made: map[content.Digest]content.Object{}},
		when:  c.clock().Truncate(time.Second),
	}
	if base.Target.IsZero() {
		return p, nil
	}
	tip, err := p.commit(ctx, base.Target)
	p.tree, p.when = tip.Tree, notBefore(tip.Committer.When, p.when)
	return p, err
}

// plan judges a batch at the current tip, each change at the state that those
// before it leave.
func (c *Coordinator) plan(ctx context.Context, at place, l *lane, batch []*pending) (*plan, error) {
	base, _ := c.refs.Ref(l.key.repo, l.key.branch)
	p, err := c.planner(ctx, at, base)
	if err != nil {
		return nil, err
	}
	p.first = l.key.branch == at.repo.Default || l.key.branch.IsMeta()
	for _, pending := range batch {
		changed, err := c.add(caller.NewContext(ctx, pending.from), p, at, pending.cs)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		p.answers = append(p.answers, answer{changed, err})
	}
	return p.plan, nil
}

// notBefore keeps commit times from running backwards along a branch when the
// clocks of two nodes differ a little. A tip far in the future (imported) is not followed.
func notBefore(tip, now time.Time) time.Time {
	if tip.After(now) && tip.Sub(now) < time.Minute {
		return tip.In(now.Location())
	}
	return now
}

// add lets who may add a change set to the chain.
func (c *Coordinator) add(ctx context.Context, p *planner, at place, cs content.ChangeSet) (content.Changed, error) {
	pass, err := c.gate.Pass(ctx, at.repo)
	if err == nil {
		err = pass.Change(cs)
	}
	if err != nil {
		return content.Changed{}, err
	}
	changed, err := p.add(ctx, cs)
	if err == nil && changed.Modified {
		p.grounds = pass.AppendGrounds(p.grounds)
	}
	return changed, err
}

// add judges one change set and appends its commit to the chain.
func (p *planner) add(ctx context.Context, cs content.ChangeSet) (content.Changed, error) {
	if commit, ok := find(p.base.Done, cs.Request); ok {
		return p.repeat(ctx, cs, commit)
	}
	if commit, ok := find(p.done, cs.Request); ok { // the original is in this very batch
		return p.repeat(ctx, cs, commit)
	}
	var tip *content.Digest
	if !p.tip.IsZero() {
		tip = &p.tip
	}
	if err := cs.Head.Judge(cs.Branch.String(), tip); err != nil {
		return content.Changed{}, err
	}
	if tip == nil && !p.first {
		return content.Changed{}, &fault.Error{Kind: fault.NotFound, Op: "branch", Name: cs.Branch.Short()}
	}
	edits, outcomes, err := p.judge(ctx, cs)
	if err != nil {
		return content.Changed{}, err
	}
	if len(edits) == 0 {
		return content.Changed{Commit: p.tip, Outcomes: outcomes}, nil
	}
	if cs.DryRun {
		return content.Changed{Modified: true, Outcomes: outcomes}, nil
	}
	commit, err := p.build(ctx, cs, edits)
	return content.Changed{Commit: commit, Modified: true, Outcomes: outcomes}, err
}

// judge returns the edits that cs comes to; none if all is as asked already.
func (p *planner) judge(ctx context.Context, cs content.ChangeSet) ([]gitfmt.Edit, []content.Outcome, error) {
	var edits []gitfmt.Edit
	outcomes := make([]content.Outcome, len(cs.Changes))
	for i, change := range cs.Changes {
		old, err := p.lookup(ctx, change.Path)
		if err != nil {
			return nil, nil, err
		}
		edit, err := judge(change, old)
		if err != nil {
			return nil, nil, err
		}
		outcomes[i] = content.Outcome{Created: old == nil, Digest: edit.Digest, Size: change.Body.Size}
		if old == nil || old.Digest != edit.Digest || old.Mode != edit.Mode {
			edits = append(edits, edit)
		}
	}
	return edits, outcomes, nil
}

// judge is the decision about one path: what it becomes, or why not.
func judge(change content.Change, old *content.Entry) (gitfmt.Edit, error) {
	name := change.Path.String()
	var current *content.Digest
	if old != nil {
		if old.Mode.IsDir() {
			return gitfmt.Edit{}, fault.New(fault.Conflict, "change", name, errIsDirectory)
		}
		current = &old.Digest
	}
	edit := gitfmt.Edit{Path: change.Path, Mode: mode(change, old)}
	if !change.Delete {
		edit.Digest = change.Body.Digest
	}
	if err := change.Expect.Judge(name, current); err != nil {
		if change.Expect.Wants() && current != nil && *current == edit.Digest {
			return edit, nil // RFC 9110 13.1.1: the very change is there already
		}
		return gitfmt.Edit{}, err
	}
	if change.Delete && current == nil {
		return gitfmt.Edit{}, &fault.Error{Kind: fault.NotFound, Op: "delete", Name: name}
	}
	return edit, nil
}

func mode(change content.Change, old *content.Entry) content.Mode {
	switch {
	case change.Mode != 0:
		return change.Mode
	case old != nil && old.Mode.IsFile():
		return old.Mode
	}
	return content.ModeRegular
}

// build appends one commit to the chain.
func (p *planner) build(ctx context.Context, cs content.ChangeSet, edits []gitfmt.Edit) (content.Digest, error) {
	tree, trees, err := p.trees.Edit(ctx, p.src, p.tree, edits)
	if err != nil {
		return content.Digest{}, err
	}
	for _, change := range cs.Changes {
		switch {
		case change.Delete:
		case change.Body.Inline != nil:
			p.keep(content.Object{Digest: change.Body.Digest, Kind: content.KindBlob, Data: change.Body.Inline})
		default:
			p.uploads = append(p.uploads, change.Body.Digest)
		}
	}
	p.keep(trees...)
	commit := content.Commit{
		Tree: tree, Author: cs.Author, Message: message(cs),
		Committer: committer(p.when),
	}
	if commit.Author.When.IsZero() {
		commit.Author.When = p.when
	}
	if !p.tip.IsZero() {
		commit.Parents = []content.Digest{p.tip}
	}
	o := gitfmt.EncodeCommit(commit)
	p.keep(o)
	p.tip, p.tree = o.Digest, tree
	p.commits = append(p.commits, o.Digest)
	if !cs.Request.IsZero() {
		p.done = append(p.done, refs.Done{Request: cs.Request, Commit: o.Digest})
	}
	return o.Digest, nil
}

// committer is who writes commits on their authors' behalf.
func committer(when time.Time) content.Signature {
	return content.Signature{Name: "Rhapsode", Email: "rhapsode@localhost", When: when}
}

func (p *planner) keep(objs ...content.Object) {
	for _, o := range objs {
		p.made = append(p.made, o)
		p.src.Made[o.Digest] = o
	}
}

// repeat tells again what a request was told that has been carried out before.
func (p *planner) repeat(ctx context.Context, cs content.ChangeSet, id content.Digest) (content.Changed, error) {
	commit, err := p.commit(ctx, id)
	if err != nil {
		return content.Changed{}, err
	}
	var before content.Digest
	if len(commit.Parents) > 0 {
		parent, err := p.commit(ctx, commit.Parents[0])
		if err != nil {
			return content.Changed{}, err
		}
		before = parent.Tree
	}
	changed := content.Changed{Commit: id, Modified: true}
	for _, change := range cs.Changes {
		old, err := p.lookupIn(ctx, before, change.Path)
		if err != nil {
			return content.Changed{}, err
		}
		outcome := content.Outcome{Created: old == nil, Size: change.Body.Size}
		if !change.Delete {
			outcome.Digest = change.Body.Digest
		}
		changed.Outcomes = append(changed.Outcomes, outcome)
	}
	return changed, nil
}

func (p *planner) commit(ctx context.Context, d content.Digest) (content.Commit, error) {
	o, err := p.src.Object(ctx, d)
	if err != nil {
		return content.Commit{}, err
	}
	return gitfmt.ParseCommit(o)
}

func (p *planner) lookup(ctx context.Context, path content.Path) (*content.Entry, error) {
	return p.lookupIn(ctx, p.tree, path)
}

// lookupIn returns what path holds in a tree; nil: nothing. The zero tree is empty.
func (p *planner) lookupIn(ctx context.Context, tree content.Digest, path content.Path) (*content.Entry, error) {
	if tree.IsZero() {
		return nil, nil
	}
	e, err := p.trees.Lookup(ctx, p.src, tree, path)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &e, nil
}

// message is what the author wrote, or says which paths changed.
func message(cs content.ChangeSet) string {
	if cs.Message != "" {
		return cs.Message
	}
	c := cs.Changes[0]
	verb := "Write"
	if c.Delete {
		verb = "Delete"
	}
	if len(cs.Changes) > 1 {
		return fmt.Sprintf("%s %v and %d more\n", verb, c.Path, len(cs.Changes)-1)
	}
	return fmt.Sprintf("%s %v\n", verb, c.Path)
}

// find looks for what came of a request that was carried out before.
func find(done []refs.Done, request content.RequestID) (content.Digest, bool) {
	if request.IsZero() {
		return content.Digest{}, false
	}
	for _, d := range done {
		if d.Request == request {
			return d.Commit, true
		}
	}
	return content.Digest{}, false
}

type constant string

func (e constant) Error() string { return string(e) }

const errIsDirectory constant = "there is a directory"
