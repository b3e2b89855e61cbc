package pack

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"slices"
	"strconv"

	"rhapsode/content"
)

// order puts members side by side that are likely to be alike: those of one kind, whose
// paths end alike, the largest first, and of one size the newest.
type order struct {
	ctx     context.Context
	members []Member
	from    Source
	pace    Pace
	ranks   []rank
	met     uint32 // members that have a rank
}

// rank is where a member was met first, on the way from the newest commit to the oldest.
type rank struct {
	path uint32 // weighs the end of the path most
	met  uint32 // counted from 1; 0: not yet
}

// sorted returns the places of the members in their new order.
func (o *order) sorted() ([]int32, error) {
	o.ranks = make([]rank, len(o.members))
	commits, err := o.commits()
	if err != nil {
		return nil, err
	}
	for _, c := range commits {
		o.meet(c.place, 0)
		if tree, ok := o.place(c.tree); ok && o.meet(tree, 0) {
			if err := o.descend(tree); err != nil {
				return nil, err
			}
		}
	}
	for n, m := range o.members { // trees that no commit here names
		if m.Kind == content.KindTree && o.meet(int32(n), 0) {
			if err := o.descend(int32(n)); err != nil {
				return nil, err
			}
		}
	}
	places := make([]int32, len(o.members))
	for n := range places {
		places[n] = int32(n)
	}
	slices.SortFunc(places, func(a, b int32) int {
		x, y := &o.members[a], &o.members[b]
		if x.Kind == content.KindCommit && y.Kind == content.KindCommit {
			return cmp.Compare(o.ranks[a].met, o.ranks[b].met)
		}
		return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(o.ranks[a].path, o.ranks[b].path),
			cmp.Compare(y.Size, x.Size), cmp.Compare(o.ranks[a].met, o.ranks[b].met))
	})
	return places, nil
}

// commit is a member of which the tree is to be walked.
type commit struct {
	place int32
	tree  content.Digest
	when  int64 // as it says itself: a hint
}

// commits returns the commits, the newest first.
func (o *order) commits() (commits []commit, err error) {
	for n, m := range o.members {
		if m.Kind != content.KindCommit || m.Size > largestDiff {
			continue
		}
		if err := o.pace.Step(o.ctx); err != nil {
			return nil, err
		}
		object, err := o.from.Get(o.ctx, m.Digest)
		if err != nil {
			return nil, err
		}
		c := commit{place: int32(n), when: committed(object.Data)}
		if line, _, _ := bytes.Cut(object.Data, []byte("\n")); len(line) == len("tree ")+2*content.DigestSize {
			hex.Decode(c.tree[:], line[len("tree "):]) // what is no digest is not here either
		}
		commits = append(commits, c)
	}
	slices.SortStableFunc(commits, func(a, b commit) int { return cmp.Compare(b.when, a.when) })
	return commits, nil
}

// committed returns the seconds in a commit's committer line; zero if there are none.
func committed(data []byte) int64 {
	_, line, _ := bytes.Cut(data, []byte("\ncommitter "))
	line, _, _ = bytes.Cut(line, []byte("\n"))
	if fields := bytes.Fields(line[bytes.LastIndexByte(line, '>')+1:]); len(fields) > 0 {
		n, _ := strconv.ParseInt(string(fields[0]), 10, 64)
		return n
	}
	return 0
}

// meet gives the member at place n its rank, unless it has one.
func (o *order) meet(n int32, path uint32) bool {
	if o.ranks[n].met > 0 {
		return false
	}
	o.met++
	o.ranks[n] = rank{path, o.met}
	return true
}

func (o *order) place(d content.Digest) (int32, bool) {
	n, ok := slices.BinarySearchFunc(o.members, d, func(m Member, d content.Digest) int { return bytes.Compare(m.Digest[:], d[:]) })
	return int32(n), ok
}

// descend meets what the tree at place root holds, and what its trees do.
func (o *order) descend(root int32) error {
	stack := []int32{root}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if err := o.pace.Step(o.ctx); err != nil {
			return err
		}
		if o.members[n].Size > largestDiff {
			continue // what it holds is placed by size
		}
		tree, err := o.from.Get(o.ctx, o.members[n].Digest)
		if err != nil {
			return err
		}
		path := o.ranks[n].path
		if path != 0 {
			path = weigh(path, '/')
		}
		eachEntry(tree.Data, func(name []byte, d content.Digest) {
			entry := path
			for _, c := range name {
				entry = weigh(entry, c)
			}
			if at, ok := o.place(d); ok && o.meet(at, entry) && o.members[at].Kind == content.KindTree {
				stack = append(stack, at)
			}
		})
	}
	return nil
}

// weigh adds a letter to a path, as git does: the last sixteen count.
func weigh(path uint32, c byte) uint32 { return path>>2 + uint32(c)<<24 }

// eachEntry calls f for the entries of a tree, as far as it is one.
func eachEntry(tree []byte, f func(name []byte, d content.Digest)) {
	for len(tree) > 0 {
		head, rest, ok := bytes.Cut(tree, []byte{0})
		_, name, spaced := bytes.Cut(head, []byte(" "))
		if !ok || !spaced || len(rest) < content.DigestSize {
			return
		}
		f(name, content.Digest(rest[:content.DigestSize]))
		tree = rest[content.DigestSize:]
	}
}
