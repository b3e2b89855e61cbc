package gitserve

import (
	"errors"
	"slices"
	"strings"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// refused is a request that git's own protocol has words to refuse.
type refused struct{ error }

func (e refused) Unwrap() error { return e.error }

func refusal(format string, args ...any) error {
	return refused{fault.Newf(fault.Invalid, "fetch", format, args...)}
}

// answer ends an answer: a refusal is told in git's words, and so is whatever goes wrong
// once a side-band is spoken; any other error is the caller's to tell.
func (c *conversation) answer(err error) error {
	var no refused
	switch {
	case err == nil:
		return c.finish()
	case c.ctx.Err() != nil:
		return c.ctx.Err()
	case c.band, errors.As(err, &no):
		if k := fault.Of(err); k == fault.Internal || k == fault.Corrupt {
			c.Log.Error("fetch failed", "repo", c.Repo.ID, "error", err)
		}
		return c.refuse(err)
	}
	return err
}

// fetch carries out version 2's command.
func (c *conversation) fetch(arguments []string) error {
	var r request
	for _, a := range arguments {
		if known, err := r.argument(a); err != nil {
			return c.answer(err)
		} else if !known {
			return malformed("fetch knows no %.40q", a)
		}
	}
	if len(r.wants) == 0 {
		return c.finish()
	}
	return c.answer(c.fetchTwo(&r))
}

func (c *conversation) fetchTwo(r *request) error {
	if err := c.checkWants(r); err != nil {
		return err
	}
	common, err := c.here(r.haves)
	if err != nil {
		return err
	}
	if len(r.haves) > 0 && !r.done {
		ready, err := c.acknowledge(r, common)
		if err != nil || !ready {
			return err
		}
	}
	h, err := c.history(r)
	if err != nil {
		return err
	}
	if r.depth.limited() || len(r.shallow) > 0 {
		c.line("shallow-info\n")
		c.writeShallow(h)
		c.delimiter()
	}
	c.line("packfile\n")
	c.band = true
	if err := c.pack(r, h, common); err != nil {
		return err
	}
	c.flushLine()
	return nil
}

// acknowledge says which haves are common, and whether they suffice: then the pack follows.
func (c *conversation) acknowledge(r *request, common []content.Digest) (ready bool, err error) {
	c.line("acknowledgments\n")
	for _, d := range common {
		c.line("ACK %v\n", d)
	}
	if len(common) == 0 {
		c.line("NAK\n")
	}
	if ready, err = c.suffices(r.wants, common); err != nil {
		return false, err
	}
	if ready {
		c.line("ready\n")
		c.delimiter()
	} else {
		c.flushLine()
	}
	return ready, nil
}

// uploadPack carries out a fetch in version 0 of the protocol.
func (c *conversation) uploadPack(in reader) error {
	var r request
	text, ok, _, err := in.next()
	for first := true; ok; text, ok, _, err = in.next() {
		if first {
			var capabilities string
			text, capabilities = cutCapabilities(text)
			for word := range strings.FieldsSeq(capabilities) {
				r.flag(word) // others are those of the client's that mean nothing here
			}
			first = false
		}
		if known, err := r.argument(text); err != nil {
			return c.answer(err)
		} else if !known {
			return malformed("upload-pack knows no %.40q", text)
		}
	}
	if err != nil || len(r.wants) == 0 {
		return err
	}
	return c.answer(c.fetchZero(&r, in))
}

// cutCapabilities takes what stands behind the id of the first want.
func cutCapabilities(line string) (want, capabilities string) {
	const end = len("want ") + 2*content.DigestSize
	if len(line) <= end {
		return line, ""
	}
	return line[:end], line[end:]
}

func (c *conversation) fetchZero(r *request, in reader) error {
	if err := c.checkWants(r); err != nil {
		return err
	}
	h, err := c.history(r)
	if err != nil {
		return err
	}
	if r.depth.limited() {
		c.writeShallow(h)
		c.flushLine()
	}
	common, err := c.negotiate(r, in)
	if err != nil || !r.done {
		return err
	}
	c.band = r.sideBand
	if err := c.pack(r, h, common); err != nil {
		return err
	}
	if c.band {
		c.flushLine()
	}
	return nil
}

// negotiation is version 0's way to find what is common.
type negotiation struct {
	*conversation
	*request
	common []content.Digest
	judged int  // how many were common when ready was found out
	ready  bool // they suffice
	other  bool // a have was not known here
}

// negotiate answers the haves of version 0 as they come, as git's upload-pack does for a
// client that speaks in single requests: this one ends at its flush, or is done.
func (c *conversation) negotiate(r *request, in reader) ([]content.Digest, error) {
	n := negotiation{conversation: c, request: r}
	for {
		text, ok, kind, err := in.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, n.endRound(kind)
		}
		r.haves = r.haves[:0]
		if _, err := r.argument(text); err != nil {
			return nil, err
		}
		if r.done {
			n.conclude()
			return n.common, nil
		}
		if err := n.have(); err != nil {
			return nil, err
		}
	}
}

// have answers one have. A client that goes on about what nobody here knows is told to
// stop once what is common suffices.
func (n *negotiation) have() error {
	known, err := n.here(n.haves)
	if err != nil || len(n.haves) == 0 {
		return err
	}
	if len(known) == 0 {
		n.other = true
		if err := n.judge(); err != nil {
			return err
		}
		if n.ready {
			n.line("ACK %v ready\n", n.haves[0])
		}
		return nil
	}
	switch {
	case n.detailed:
		n.line("ACK %v common\n", known[0])
	case len(n.common) == 0:
		n.line("ACK %v\n", known[0])
	}
	n.common = append(n.common, known...)
	return nil
}

// judge finds out whether what is common suffices, for a client that wants to be told.
func (n *negotiation) judge() (err error) {
	if n.detailed && n.judged != len(n.common) {
		n.judged = len(n.common)
		n.ready, err = n.suffices(n.wants, n.common)
	}
	return err
}

func (n *negotiation) endRound(kind int) error {
	if kind != atFlush {
		return nil
	}
	if len(n.common) > 0 && !n.other {
		if err := n.judge(); err != nil {
			return err
		}
		if n.ready {
			n.line("ACK %v ready\n", n.common[len(n.common)-1])
		}
	}
	if n.detailed || len(n.common) == 0 {
		n.line("NAK\n")
	}
	return nil
}

// conclude acknowledges the last that was common, before the pack.
func (n *negotiation) conclude() {
	switch {
	case len(n.common) == 0:
		n.line("NAK\n")
	case n.detailed:
		n.line("ACK %v\n", n.common[len(n.common)-1])
	}
}

// here returns those of haves that are on this disk. One that only another replica has is
// as good as unknown: the answer is larger then, and right.
func (c *conversation) here(haves []content.Digest) ([]content.Digest, error) {
	missing, err := c.Replicas.Disk().Missing(c.ctx, c.Repo.Pool, haves)
	if err != nil || len(missing) == len(haves) {
		return nil, err
	}
	own, err := c.own()
	if err != nil {
		return nil, err
	}
	lacked := setOf(missing)
	return slices.DeleteFunc(slices.Clone(haves), func(d content.Digest) bool { return lacked[d] || !own(d) }), nil
}
