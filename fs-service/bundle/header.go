package bundle

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Header is what a bundle says before its pack (gitformat-bundle(5)).
type Header struct {
	Version       int              // 2 or 3
	Prerequisites []content.Digest // commits that whoever takes the bundle must have
	Refs          []Ref            // in the bundle's order, without HEAD
	HEAD          content.Digest   // zero if the bundle does not say
	PackOffset    int64            // where the pack begins
}

// Ref is a full ref name and where it points: to a commit or an annotated tag.
type Ref struct {
	Name   string
	Target content.Digest
}

// Limits of a header.
const (
	maxLine = 4 << 10 // bytes; a prerequisite's line ends in its commit's subject
	maxRefs = 1 << 20 // refs and prerequisites
)

// ParseHeader reads the header of a bundle of version 2, or of version 3 with
// SHA-1 digests. It may read r beyond the header. Invalid: it is no such bundle,
// or a broken one, or r fails within it; the text names the line.
func ParseHeader(r io.Reader) (Header, error) {
	p := headerParser{in: bufio.NewReaderSize(r, maxLine)}
	if err := p.parse(); err != nil {
		return Header{}, fault.New(fault.Invalid, "read bundle", "", fmt.Errorf("line %d: %w", p.line, err))
	}
	return p.header, nil
}

type headerParser struct {
	in     *bufio.Reader
	line   int
	header Header
}

func (p *headerParser) parse() error {
	signature, err := p.next()
	switch {
	case err == nil && signature == "# v2 git bundle":
		p.header.Version = 2
	case err == nil && signature == "# v3 git bundle":
		p.header.Version = 3
	default:
		return errors.New("this is not the first line of a git bundle of version 2 or 3")
	}
	for {
		line, err := p.next()
		switch {
		case err != nil:
			return err
		case line == "":
			return nil
		case line[0] == '@':
			err = p.capability(line[1:])
		case line[0] == '-':
			err = p.prerequisite(line[1:])
		default:
			err = p.ref(line)
		}
		if err != nil {
			return err
		}
		if len(p.header.Refs)+len(p.header.Prerequisites) > maxRefs {
			return fmt.Errorf("more than %d refs and prerequisites", maxRefs)
		}
	}
}

// next returns the next line without its end.
func (p *headerParser) next() (string, error) {
	p.line++
	line, err := p.in.ReadSlice('\n')
	p.header.PackOffset += int64(len(line))
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", fmt.Errorf("longer than %d bytes", maxLine)
	case errors.Is(err, io.EOF):
		return "", errors.New("the file ends within the header")
	case err != nil:
		return "", err
	}
	return string(line[:len(line)-1]), nil
}

// capability judges what a bundle of version 3 asks of its reader.
func (p *headerParser) capability(s string) error {
	switch {
	case p.header.Version < 3:
		return errors.New("a capability, which version 2 does not have")
	case s == "object-format=sha1":
		return nil
	case strings.HasPrefix(s, "object-format="):
		return fmt.Errorf("%q: only SHA-1 is understood", s)
	case strings.HasPrefix(s, "filter="):
		return fmt.Errorf("%q: the bundle leaves objects out", s)
	}
	return fmt.Errorf("the capability %q is not known", s)
}

func (p *headerParser) prerequisite(s string) error {
	id, _, _ := strings.Cut(s, " ")
	d, err := content.ParseDigest(id)
	if err != nil {
		return err
	}
	p.header.Prerequisites = append(p.header.Prerequisites, d)
	return nil
}

func (p *headerParser) ref(s string) error {
	id, name, _ := strings.Cut(s, " ")
	d, err := content.ParseDigest(id)
	if err != nil {
		return err
	}
	if name == "HEAD" {
		p.header.HEAD = d
		return nil
	}
	if _, err := content.ParseRefName(name); err != nil {
		return err
	}
	p.header.Refs = append(p.header.Refs, Ref{name, d})
	return nil
}

// write writes h as version 2, HEAD first.
func (h Header) write(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprint(b, "# v2 git bundle\n")
	for _, d := range h.Prerequisites {
		fmt.Fprintf(b, "-%v\n", d)
	}
	if !h.HEAD.IsZero() {
		fmt.Fprintf(b, "%v HEAD\n", h.HEAD)
	}
	for _, r := range h.Refs {
		fmt.Fprintf(b, "%v %s\n", r.Target, r.Name)
	}
	fmt.Fprint(b, "\n")
	return b.Flush()
}

// defaultBranch guesses which branch HEAD stood for, as git clone does: main or
// master if they point where HEAD does, else the first branch that does. Without
// HEAD it is main, master or the first branch. Zero if there is no branch.
func (h Header) defaultBranch() content.RefName {
	var first content.RefName
	for _, r := range h.Refs {
		name, err := content.ParseRefName(r.Name)
		if err != nil || !name.IsBranch() || !h.HEAD.IsZero() && r.Target != h.HEAD {
			continue
		}
		if s := name.Short(); s == "main" || s == "master" && first.Short() != "main" || first.IsZero() {
			first = name
		}
	}
	return first
}
