package gitserve

import (
	"slices"
	"strings"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/fault"
)

const agent = "agent=rhapsode"

// pushCapabilities are what a push may ask for.
const pushCapabilities = "report-status report-status-v2 delete-refs side-band-64k quiet atomic " +
	"ofs-delta push-options object-format=sha1 " + agent

// fetchCapabilities are what a fetch may ask for in version 0 of the protocol.
func fetchCapabilities(head content.RefName) string {
	return "multi_ack_detailed thin-pack side-band-64k ofs-delta shallow deepen-since deepen-not deepen-relative " +
		"no-progress include-tag filter allow-tip-sha1-in-want allow-reachable-sha1-in-want " +
		"symref=HEAD:" + head.String() + " object-format=sha1 " + agent
}

// shown are the prefixes of the refs that a client sees, in git's order.
var shown = [...]string{"refs/heads/", "refs/meta/", "refs/tags/"}

// page is how many refs are asked for at a time.
const page = 1000

// eachRef calls f with every ref that a client sees, ordered by name.
func (c *conversation) eachRef(f func(refs.Named) error) error {
	for _, prefix := range shown {
		for after := ""; ; {
			some := c.Refs.List(c.Repo.Key, prefix, after, page)
			for _, r := range some {
				after = r.Name.String()
				if slices.Contains(c.Withheld, r.Name) {
					continue
				}
				if err := f(r); err != nil {
					return err
				}
			}
			if len(some) < page {
				break
			}
		}
	}
	return c.ctx.Err()
}

// head returns where HEAD points: to the default branch, if that is there.
func (c *conversation) head() (content.Digest, bool) {
	r, ok := c.Refs.Ref(c.Repo.Key, c.Repo.Default)
	return r.Target, ok
}

// peeled returns what a tag stands for in the end; ok is false for what is no annotated tag.
func (c *conversation) peeled(r refs.Named) (d content.Digest, ok bool, err error) {
	if r.Name.IsBranch() {
		return d, false, nil
	}
	d, known := c.peels.Get(r.Target)
	if !known {
		if d, err = gitfmt.Peel(c.ctx, c.src, r.Target); fault.Is(err, fault.Invalid) {
			return d, false, nil // a tag of a document
		} else if err != nil {
			return d, false, err
		}
		const weight = 2 * content.DigestSize
		c.peels.Put(r.Target, d, weight)
	}
	return d, d != r.Target, nil
}

// advertiseRefs writes what version 0 of both services begins with: every ref, and
// behind the first what the service can do.
func (c *conversation) advertiseRefs(service fsapi.GitService, capabilities string) error {
	c.line("# service=%s\n", service)
	c.flushLine()
	first := func(name string) string {
		if capabilities != "" {
			name += "\x00" + capabilities
			capabilities = ""
		}
		return name
	}
	if head, ok := c.head(); ok && service == fsapi.UploadPack {
		c.line("%v %s\n", head, first("HEAD"))
	}
	err := c.eachRef(func(r refs.Named) error {
		c.line("%v %s\n", r.Target, first(r.Name.String()))
		if service == fsapi.ReceivePack {
			return c.err
		}
		if d, ok, err := c.peeled(r); err != nil {
			return err
		} else if ok {
			c.line("%v %v^{}\n", d, r.Name)
		}
		return c.err
	})
	if err != nil {
		return err
	}
	if capabilities != "" {
		c.line("%v %s\n", content.Digest{}, first("capabilities^{}"))
	}
	c.flushLine()
	return c.finish()
}

// advertiseCommands writes what version 2 begins with.
func (c *conversation) advertiseCommands() error {
	for _, line := range []string{"version 2", agent, "ls-refs=unborn", "fetch=shallow filter", "object-format=sha1"} {
		c.line("%s\n", line)
	}
	c.flushLine()
	return c.finish()
}

// command carries out a request of version 2.
func (c *conversation) command(in reader) error {
	var name string
	text, ok, kind, err := in.next()
	for ; ok; text, ok, kind, err = in.next() {
		if cmd, is := strings.CutPrefix(text, "command="); is {
			name = cmd
		} else if format, is := strings.CutPrefix(text, "object-format="); is && format != "sha1" {
			return malformed("object ids are SHA-1 here, not %.20s", format)
		}
	}
	if err != nil {
		return err
	}
	var arguments []string
	if kind == atDelimiter {
		if arguments, err = in.rest(); err != nil {
			return err
		}
	}
	switch {
	case name == "ls-refs":
		return c.lsRefs(arguments)
	case name == "fetch":
		return c.fetch(arguments)
	case name == "" && kind == atFlush:
		return nil // a client that only says good-bye
	}
	return malformed("there is no command %.40q", name)
}

// maxPrefixes is how many prefixes are heeded; to a client with more, everything is listed.
const maxPrefixes = 4096

// lsRefs lists refs.
func (c *conversation) lsRefs(arguments []string) error {
	var peel, symrefs, unborn bool
	var prefixes []string
	for _, a := range arguments {
		prefix, is := strings.CutPrefix(a, "ref-prefix ")
		switch {
		case a == "peel":
			peel = true
		case a == "symrefs":
			symrefs = true
		case a == "unborn":
			unborn = true
		case is:
			prefixes = append(prefixes, prefix)
		default:
			return malformed("ls-refs knows no %.40q", a)
		}
	}
	if len(prefixes) > maxPrefixes {
		prefixes = nil
	}
	if wanted("HEAD", prefixes) {
		c.listHead(symrefs, unborn)
	}
	err := c.eachRef(func(r refs.Named) error {
		if !wanted(r.Name.String(), prefixes) {
			return nil
		}
		suffix := ""
		if peel {
			d, ok, err := c.peeled(r)
			if err != nil {
				return err
			}
			if ok {
				suffix = " peeled:" + d.String()
			}
		}
		c.line("%v %v%s\n", r.Target, r.Name, suffix)
		return c.err
	})
	if err != nil {
		return err
	}
	c.flushLine()
	return c.finish()
}

func (c *conversation) listHead(symrefs, unborn bool) {
	target := ""
	if symrefs {
		target = " symref-target:" + c.Repo.Default.String()
	}
	if head, ok := c.head(); ok {
		c.line("%v HEAD%s\n", head, target)
	} else if unborn && symrefs {
		c.line("unborn HEAD%s\n", target)
	}
}

func wanted(name string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return len(prefixes) == 0
}
