package gitfmt

import (
	"context"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// lesson is what is learned of one commit.
type lesson struct {
	id      content.Digest
	when    int64
	parents []int32
	touched [][]touch // by parent; of a beginning there is one. Nil: not known
}

// touch is a path that a commit changed.
type touch struct {
	path    int32 // its number
	removed bool  // there was a document, and is none
}

// keptAtOnce is how many lessons go to keep together.
const keptAtOnce = 256

// Learn adds the commit tip and all that it was made from. What it had learned when
// it was cut short is not learned again. TooLarge: it does not know more than
// most of them, or than any walk may meet.
func (p *Past) Learn(ctx context.Context, tip content.Digest, most int) error {
	select {
	case p.learning <- struct{}{}:
		defer func() { <-p.learning }()
	case <-ctx.Done():
		return ctx.Err()
	}
	defer p.backlog.Store(0)
	fresh, err := p.unknown(ctx, tip, min(most, p.graph.limits.Walk))
	if err != nil {
		return err
	}
	var records []byte
	defer func() { p.keep(records) }()
	for i, d := range fresh {
		l, err := p.study(ctx, d)
		if err != nil {
			return err
		}
		records = p.add(l, records)
		p.backlog.Add(-1)
		if i%keptAtOnce == keptAtOnce-1 {
			p.keep(records)
			records = nil
		}
	}
	return nil
}

// unknown returns the commits that tip was made from, and tip, as far as they are
// not known: parents before their children, and a line of them in one piece.
func (p *Past) unknown(ctx context.Context, tip content.Digest, most int) (fresh []content.Digest, err error) {
	type visit struct {
		commit  content.Digest
		parents []content.Digest // yet to come
	}
	var way []visit
	met := map[content.Digest]bool{}
	enter := func(d content.Digest) error {
		if _, known := p.find(d); known || met[d] {
			return nil
		}
		if len(met) >= most {
			return tooLong(most)
		}
		c, err := p.graph.Commit(ctx, p.src, d)
		if err != nil {
			return err
		}
		met[d] = true
		p.backlog.Store(int64(len(met)))
		way = append(way, visit{d, c.Parents})
		return ctx.Err()
	}
	if err := enter(tip); err != nil {
		return nil, err
	}
	for len(way) > 0 {
		last := &way[len(way)-1]
		if len(last.parents) == 0 {
			fresh = append(fresh, last.commit)
			way = way[:len(way)-1]
			continue
		}
		next := last.parents[0]
		last.parents = last.parents[1:]
		if err := enter(next); err != nil {
			return nil, err
		}
	}
	return fresh, nil
}

// study finds out what the commit d changed. Its parents are known.
func (p *Past) study(ctx context.Context, d content.Digest) (lesson, error) {
	c, err := p.graph.Commit(ctx, p.src, d)
	if err != nil {
		return lesson{}, err
	}
	l := lesson{id: d, when: c.Committer.When.Unix()}
	if len(c.Parents) == 0 {
		touched, err := p.touched(ctx, content.Digest{}, c.Tree)
		l.touched = [][]touch{touched}
		return l, err
	}
	for k, id := range c.Parents {
		v, _ := p.find(id)
		l.parents = append(l.parents, v)
		if k >= maxJudged {
			continue
		}
		parent, err := p.graph.Commit(ctx, p.src, id)
		if err != nil {
			return lesson{}, err
		}
		touched, err := p.touched(ctx, parent.Tree, c.Tree)
		if err != nil {
			return lesson{}, err
		}
		l.touched = append(l.touched, touched)
	}
	return l, nil
}

// touched returns the paths that differ between two trees, and the directories
// above them; nil if they are too many, or have no name here.
func (p *Past) touched(ctx context.Context, old, new content.Digest) ([]touch, error) {
	touched := []touch{}
	seen := map[content.Path]bool{}
	more, err := p.graph.trees.Diff(ctx, p.src, old, new, maxTouched, func(f content.FileChange) error {
		for at := f.Path; !at.IsRoot() && !seen[at]; at = at.Parent() {
			seen[at] = true
			touched = append(touched, touch{p.enter(at), at == f.Path && f.New.Mode == 0})
		}
		return nil
	})
	if more || fault.Is(err, fault.Invalid) { // a tree may go deeper than a path
		return nil, nil
	}
	return touched, err
}

// enter returns the number of a path, which it may be given now.
func (p *Past) enter(at content.Path) int32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, ok := p.numbers[at]
	if !ok {
		n = int32(len(p.paths))
		p.numbers[at] = n
		p.paths = append(p.paths, at)
		p.bytes += int64(len(at.String()) + 120)
	}
	return n
}

// add gives a commit its place, and appends its record to records.
func (p *Past) add(l lesson, records []byte) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := int32(len(p.commits))
	records = p.appendRecord(records, v, l)
	c := place{id: l.id, when: l.when, parent: none, run: v}
	for k, touched := range l.touched {
		if touched == nil {
			continue
		}
		c.judged |= 1 << k
		for _, t := range touched {
			m := mark{t.path, int32(k)}
			p.changed[m] = append(p.changed[m], v)
			if t.removed {
				p.removed[m] = append(p.removed[m], v)
			}
		}
		p.bytes += int64(8 * len(touched))
	}
	if len(l.parents) > 0 {
		c.parent = l.parents[0]
	}
	switch {
	case len(l.parents) > 1:
		p.further[v] = l.parents[1:]
		p.bytes += int64(4*len(l.parents) + 64)
	case c.parent != none && c.parent == v-1 && c.judged != 0:
		c.run = p.commits[c.parent].run
	}
	p.commits = append(p.commits, c)
	p.at[l.id] = v
	p.bytes += 110
	return records
}
