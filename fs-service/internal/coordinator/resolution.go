package coordinator

import (
	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/merge"
	"rhapsode/internal/fault"
)

// resolutionsOf checks what is said of paths in conflict, and returns the documents that come with it.
func resolutionsOf(m fsapi.Merge) (merge.Resolutions, map[content.Digest]content.Object, error) {
	if !m.Into.IsBranch() {
		return nil, nil, fault.Newf(fault.Invalid, "merge", "%v is not a branch", m.Into)
	}
	if len(m.Resolutions) > fsapi.MaxResolutions {
		return nil, nil, fault.Newf(fault.Invalid, "merge", "%d resolutions, more than %d", len(m.Resolutions), fsapi.MaxResolutions)
	}
	given := map[content.Digest]content.Object{}
	resolutions := merge.Resolutions{}
	for _, r := range m.Resolutions {
		if _, twice := resolutions[r.Path]; twice {
			return nil, nil, fault.Newf(fault.Invalid, "merge", "%v is resolved twice", r.Path)
		}
		switch r.Use {
		case fsapi.Ours:
			resolutions[r.Path] = merge.UseOurs()
		case fsapi.Theirs:
			resolutions[r.Path] = merge.UseTheirs()
		case fsapi.Base:
			resolutions[r.Path] = merge.UseBase()
		case fsapi.Gone:
			resolutions[r.Path] = merge.Remove()
		case fsapi.Given:
			if len(r.Given) > content.InlineLimit {
				return nil, nil, fault.Newf(fault.TooLarge, "merge", "%v: %d bytes given, more than %d", r.Path, len(r.Given), content.InlineLimit)
			}
			o := content.NewObject(content.KindBlob, r.Given)
			given[o.Digest] = o
			resolutions[r.Path] = merge.Use(content.ModeRegular, o.Digest)
		default:
			return nil, nil, fault.Newf(fault.Invalid, "merge", "%v: resolution %d is not known", r.Path, r.Use)
		}
	}
	return resolutions, given, nil
}

func values(given map[content.Digest]content.Object) (objs []content.Object) {
	for _, o := range given {
		objs = append(objs, o)
	}
	return objs
}
