package gitserve

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"rhapsode/content"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/fault"
)

// push is what a client wants of refs.
type push struct {
	updates []refs.Update
	names   []string // by update, as they came
	refused []error  // by update; nil: it is good, as far as is known
	shallow bool     // the client lacks some of the history

	atomic   bool
	quiet    bool
	report   bool
	sideBand bool
	options  bool
}

// maxCommand is more than the longest command that can be carried out has, in bytes.
const maxCommand = 4 << 10

// receivePack takes in a push and reports what came of it.
func (c *conversation) receivePack(in io.Reader) error {
	ctx, cancel := context.WithTimeout(c.ctx, maxPush)
	defer cancel()
	c.ctx = ctx
	p, err := readPush(newReader(in))
	if err != nil || len(p.updates) == 0 {
		return err // without any update, it was a client that tries the door
	}
	var unpacked error
	if p.brings() {
		f, size, err := c.Replicas.Disk().Spool(in, c.MaxPack)
		if err != nil {
			return err
		}
		c.band = p.sideBand
		unpacked = c.take(p, spooled{f, size})
	}
	c.band = p.sideBand
	if unpacked == nil {
		c.move(p)
	}
	c.note(p, unpacked)
	if p.report {
		c.report(p, unpacked)
	}
	if c.band {
		c.flushLine()
	}
	return c.finish()
}

// readPush reads the commands of a push.
func readPush(in reader) (*push, error) {
	p := &push{}
	text, ok, _, err := in.next()
	for ; ok; text, ok, _, err = in.next() {
		if _, is := strings.CutPrefix(text, "shallow "); is {
			p.shallow = true
			continue
		}
		command, capabilities, _ := strings.Cut(text, "\x00")
		p.ask(capabilities)
		if err := p.add(command); err != nil {
			return nil, err
		}
	}
	if err == nil && p.options {
		err = in.skip() // they mean nothing here
	}
	return p, err
}

func (p *push) ask(capabilities string) {
	for word := range strings.FieldsSeq(capabilities) {
		switch word {
		case "atomic":
			p.atomic = true
		case "quiet":
			p.quiet = true
		case "report-status", "report-status-v2":
			p.report = true
		case "side-band-64k":
			p.sideBand = true
		case "push-options":
			p.options = true
		}
	}
}

// add reads "old new name". A name that can't be pushed to is remembered as refused.
func (p *push) add(command string) error {
	fields := strings.SplitN(command, " ", 3)
	if len(fields) != 3 || len(command) > maxCommand {
		return malformed("%.80q is no command of a push", command)
	}
	if len(p.updates) >= refs.MaxMoves {
		return fault.Newf(fault.TooLarge, "push", "more than %d refs", refs.MaxMoves)
	}
	var u refs.Update
	var err error
	if u.Old, err = parseDigest(fields[0]); err != nil {
		return err
	}
	if u.New, err = parseDigest(fields[1]); err != nil {
		return err
	}
	u.Name, err = pushable(fields[2])
	if slices.Contains(p.names, fields[2]) {
		return malformed("%.80q is named twice", fields[2])
	}
	p.updates, p.names, p.refused = append(p.updates, u), append(p.names, fields[2]), append(p.refused, err)
	return nil
}

// pushable returns the name of a branch, a tag or the settings.
func pushable(name string) (content.RefName, error) {
	full, err := content.ParseRefName(name)
	switch {
	case err != nil:
		return content.RefName{}, err
	case full.IsBranch():
		return content.Branch(full.Short())
	case full.IsTag():
		return content.Tag(full.Short())
	case full == content.ConfigRef:
		return full, nil
	}
	return content.RefName{}, fault.Newf(fault.Invalid, "push", "only branches, tags and %v can be pushed to", content.ConfigRef)
}

// brings says whether a pack follows: it does unless every ref is to be deleted.
func (p *push) brings() bool {
	for _, u := range p.updates {
		if !u.New.IsZero() {
			return true
		}
	}
	return false
}

// tips returns where the refs that are not refused should point.
func (p *push) tips() (tips []content.Digest) {
	for i, u := range p.updates {
		if p.refused[i] == nil && !u.New.IsZero() {
			tips = append(tips, u.New)
		}
	}
	return inOrder(tips)
}

// move moves the refs that are not refused.
func (c *conversation) move(p *push) {
	var good []refs.Update
	var at []int
	for i, u := range p.updates {
		if p.refused[i] == nil {
			good, at = append(good, u), append(at, i)
		}
	}
	var refused []error
	var err error
	switch {
	case len(good) == 0:
		return
	case p.atomic && len(good) < len(p.updates):
		err = fault.Newf(fault.Conflict, "push", "another ref of this atomic push is refused")
	default:
		refused, err = c.Mover.Push(c.ctx, c.Repo.ID, good, p.atomic)
	}
	for n, i := range at {
		if p.refused[i] = err; err == nil {
			p.refused[i] = refused[n]
		}
	}
}

// note tells a person why something was refused, and the log what was our fault.
func (c *conversation) note(p *push, unpacked error) {
	all := append([]error{unpacked}, p.refused...)
	for i, err := range all {
		if err == nil {
			continue
		}
		if k := fault.Of(err); k == fault.Internal || k == fault.Corrupt {
			c.Log.Error("push failed", "repo", c.Repo.ID, "error", err)
		}
		name := "push"
		if i > 0 {
			name = p.names[i-1]
		}
		c.err = errors.Join(c.err, c.say(name+": "+reason(err)+"\n"))
	}
}

// report says what became of the pack and of each ref.
func (c *conversation) report(p *push, unpacked error) {
	var text bytes.Buffer
	r := newLines(&text)
	if unpacked != nil {
		r.line("unpack %s\n", reason(unpacked))
	} else {
		r.line("unpack ok\n")
	}
	for i, name := range p.names {
		switch {
		case p.refused[i] != nil:
			r.line("ng %s %s\n", name, reason(p.refused[i]))
		case unpacked != nil:
			r.line("ng %s unpacker error\n", name)
		default:
			r.line("ok %s\n", name)
		}
	}
	r.flushLine()
	c.err = errors.Join(c.err, r.finish())
	_, err := c.Write(text.Bytes())
	c.err = errors.Join(c.err, err)
}
