package gitfmt

import (
	"bytes"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Tag is an annotated tag.
type Tag struct {
	Target  content.Digest
	Kind    content.Kind // of Target
	Name    string
	Tagger  content.Signature // the oldest tags have none: it is zero
	Message string            // whole, as stored, with the signature that some have
}

// ParseTag reads an annotated tag, as tolerantly as ParseCommit.
func ParseTag(o content.Object) (Tag, error) {
	if o.Kind != content.KindTag {
		return Tag{}, fault.Newf(fault.Invalid, "parse tag", "%v is a %v", o.Digest, o.Kind)
	}
	h := header{what: "tag", rest: o.Data}
	target, err := h.digest("object")
	if err != nil {
		return Tag{}, err
	}
	t := Tag{Target: target}
	for key, value, ok := h.next(); ok; key, value, ok = h.next() {
		switch string(key) {
		case "type":
			t.Kind = kindNamed(string(value))
		case "tag":
			t.Name = string(value)
		case "tagger":
			t.Tagger = parseSignature(value)
		}
	}
	if t.Kind == 0 {
		return Tag{}, h.bad("it names no type of object that git knows")
	}
	t.Message = string(h.rest)
	return t, nil
}

// EncodeTag makes the object of t.
func EncodeTag(t Tag) content.Object {
	var b bytes.Buffer
	line(&b, "object", t.Target.String())
	line(&b, "type", t.Kind.String())
	line(&b, "tag", t.Name)
	if t.Tagger != (content.Signature{}) {
		line(&b, "tagger", formatSignature(t.Tagger))
	}
	b.WriteByte('\n')
	b.WriteString(t.Message)
	return content.NewObject(content.KindTag, b.Bytes())
}

func kindNamed(s string) content.Kind {
	for _, k := range []content.Kind{content.KindCommit, content.KindTree, content.KindBlob, content.KindTag} {
		if k.String() == s {
			return k
		}
	}
	return 0
}
