package merge

import (
	"context"

	"rhapsode/content"
	"rhapsode/fs-service/internal/textdiff"
	"rhapsode/internal/fault"
)

// document merges what is no directory. kind is 0 if it could be merged; else the entry is what
// a merge of bases goes on with: lines with markers in them, or else the base, as if neither side had
// changed it.
func (j *join) document(ctx context.Context, t triple) (merged content.Entry, kind Kind, err error) {
	if e, ok := t.trivial(); ok {
		return e, 0, nil
	}
	switch {
	case t.ours.Mode == 0, t.theirs.Mode == 0:
		return t.base, ModifyDelete, nil
	case typeOf(t.ours.Mode) != typeOf(t.theirs.Mode):
		return t.base, Mode, nil
	case !t.ours.Mode.IsFile():
		return t.base, Binary, nil
	}
	if !t.base.Mode.IsFile() {
		t.base = content.Entry{} // what became a file on both sides was made on both sides
	}
	merged, kind, err = j.bytes(ctx, t)
	if err != nil || merged.Digest.IsZero() {
		return content.Entry{}, kind, err
	}
	mode, ok := mergeModes(t)
	merged.Name, merged.Mode, merged.Size = t.ours.Name, mode, -1
	if kind == 0 && !ok {
		kind = Mode
	}
	return merged, kind, nil
}

func typeOf(m content.Mode) content.Mode { return m & 0o170000 }

func mergeModes(t triple) (m content.Mode, ok bool) {
	switch {
	case t.ours.Mode == t.theirs.Mode, t.base.Mode == t.ours.Mode:
		return t.theirs.Mode, true
	}
	return t.ours.Mode, t.base.Mode == t.theirs.Mode
}

// bytes merges the bytes of three files, of which the base may be absent.
func (j *join) bytes(ctx context.Context, t triple) (merged content.Entry, kind Kind, err error) {
	switch {
	case t.ours.Digest == t.theirs.Digest, t.base.Digest == t.theirs.Digest:
		return t.ours, 0, nil
	case t.base.Digest == t.ours.Digest:
		return t.theirs, 0, nil
	}
	texts, ok, err := j.texts(ctx, t)
	switch {
	case err != nil:
		return content.Entry{}, 0, err
	case !ok && t.base.Mode == 0 && j.bases != nil:
		merged, err = j.blob(t, nil) // git's idea of a base that is not there
		return merged, Binary, err
	case !ok:
		return t.base, Binary, nil
	}
	result, conflicts := j.lines(texts)
	switch {
	case conflicts && t.base.Mode == 0:
		kind = AddAdd
	case conflicts:
		kind = Content
	}
	if conflicts && j.bases == nil {
		return content.Entry{}, kind, nil
	}
	merged, err = j.blob(t, result)
	return merged, kind, err
}

// lines merges a base and two sides. With conflicts there is a result only if these are bases
// themselves.
func (j *join) lines(texts [3][]byte) (result []byte, conflicts bool) {
	if j.bases != nil {
		result, n := Marked(texts[0], texts[1], texts[2], j.bases.markers())
		return result, n > 0
	}
	result, hunks := Lines(texts[0], texts[1], texts[2])
	return result, len(hunks) > 0
}

// blob makes data, unless a side has it.
func (j *join) blob(t triple, data []byte) (content.Entry, error) {
	o := content.NewObject(content.KindBlob, data)
	e := content.Entry{Digest: o.Digest}
	if o.Digest == t.ours.Digest || o.Digest == t.theirs.Digest {
		return e, nil
	}
	return e, j.make(o)
}

// texts reads three files. ok is false if one of them can't be merged by lines.
func (j *join) texts(ctx context.Context, t triple) (texts [3][]byte, ok bool, err error) {
	for i, e := range t.all() {
		if texts[i], ok, err = j.text(ctx, e); err != nil || !ok {
			return texts, false, err
		}
	}
	return texts, true, nil
}

// text reads a file. What lives among the bodies has no lines: a Source says that it is too large.
func (j *join) text(ctx context.Context, e content.Entry) (text []byte, ok bool, err error) {
	if e.Mode == 0 {
		return nil, true, nil
	}
	o, err := j.src.Object(ctx, e.Digest)
	switch {
	case fault.Is(err, fault.TooLarge):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	case o.Kind != content.KindBlob:
		return nil, false, fault.Newf(fault.Corrupt, "merge", "%q, %v, is a %v", e.Name, e.Digest, o.Kind)
	}
	return o.Data, textdiff.IsText(o.Data), nil
}
