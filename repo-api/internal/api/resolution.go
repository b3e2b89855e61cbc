package api

import (
	"encoding/base64"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
)

// newResolution says what a path in conflict should hold: one of its members is set.
type newResolution struct {
	Use    string  `json:"use,omitempty"` // ours, theirs, base, or gone
	Text   *string `json:"text,omitempty"`
	Base64 *string `json:"base64,omitempty"`
}

// sides are the words for a side.
var sides = map[string]fsapi.Side{"ours": fsapi.Ours, "theirs": fsapi.Theirs, "base": fsapi.Base, "gone": fsapi.Gone}

func (n newResolution) resolution(name string) (r fsapi.Resolution, err error) {
	if r.Path, err = content.ParsePath(name); err != nil {
		return r, err
	}
	said := 0
	if n.Use != "" {
		said++
		r.Use = sides[n.Use]
	}
	if n.Text != nil {
		said++
		r.Use, r.Given = fsapi.Given, []byte(*n.Text)
	}
	if n.Base64 != nil {
		said++
		r.Use = fsapi.Given
		if r.Given, err = base64.StdEncoding.DecodeString(*n.Base64); err != nil {
			return r, fault.New(fault.Invalid, "resolution", name, err)
		}
	}
	if said != 1 || r.Use == 0 {
		return r, fault.Newf(fault.Invalid, "resolution", "%v: it is one of use (ours, theirs, base or gone), text, or base64", r.Path)
	}
	return r, nil
}
