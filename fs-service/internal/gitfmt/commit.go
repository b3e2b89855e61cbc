package gitfmt

import (
	"bytes"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// ParseCommit reads a commit. It takes whatever git itself can walk: headers
// that it does not know (encoding, gpgsig, mergetag), missing or broken
// signatures, text in any encoding. Names and message are the bytes as stored.
func ParseCommit(o content.Object) (content.Commit, error) {
	if o.Kind != content.KindCommit {
		return content.Commit{}, fault.Newf(fault.Invalid, "parse commit", "%v is a %v", o.Digest, o.Kind)
	}
	h := header{what: "commit", rest: o.Data}
	tree, err := h.digest("tree")
	if err != nil {
		return content.Commit{}, err
	}
	c := content.Commit{ID: o.Digest, Tree: tree}
	for key, value, ok := h.next(); ok; key, value, ok = h.next() {
		switch string(key) {
		case "parent":
			p, err := h.parseDigest(value)
			if err != nil {
				return content.Commit{}, err
			}
			c.Parents = append(c.Parents, p)
		case "author":
			c.Author = parseSignature(value)
		case "committer":
			c.Committer = parseSignature(value)
		}
	}
	c.Message = string(h.rest)
	return c, nil
}

// EncodeCommit makes the object of c. c.ID is not looked at: it is the object's
// digest. Names and times are as content.NewSignature makes them.
//
// Encoding what ParseCommit read gives the same bytes if the commit had no
// other headers and git's own spelling of signatures.
func EncodeCommit(c content.Commit) content.Object {
	var b bytes.Buffer
	line(&b, "tree", c.Tree.String())
	for _, p := range c.Parents {
		line(&b, "parent", p.String())
	}
	line(&b, "author", formatSignature(c.Author))
	line(&b, "committer", formatSignature(c.Committer))
	b.WriteByte('\n')
	b.WriteString(c.Message)
	return content.NewObject(content.KindCommit, b.Bytes())
}

func line(b *bytes.Buffer, key, value string) {
	b.WriteString(key)
	b.WriteByte(' ')
	b.WriteString(value)
	b.WriteByte('\n')
}
