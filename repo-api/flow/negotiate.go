package flow

import (
	"net/http"
	"slices"
	"strings"
)

// Variant is one of the representations that a resource can be read in.
type Variant struct {
	Type     string // its media type, with parameters
	Language string // of its text; "" if it has none
	URL      string // of this variant and no other; "" if there is none
}

// Coder makes content codings of representations. It may be called from any goroutine.
type Coder interface {
	// Codings returns the names of those that it makes, the best first.
	Codings() []string

	// Code codes what tag stands for. The same tag and coding always give the same bytes.
	Code(tag Tag, coding string, plain []byte) ([]byte, error)
}

// offer finds out what a read can choose from. The first variant is sent to
// whoever does not choose.
func (x *Exchange) offer() error {
	r, ok := x.resource.(Negotiable)
	if !ok || x.method&reads == 0 {
		return nil
	}
	var err error
	if x.variants, err = r.Variants(x); err != nil || len(x.variants) == 0 {
		return err
	}
	x.Variant = x.variants[0]
	return nil
}

// hasAccept asks no resource that does not exist: what is not there can't be unacceptable.
func (x *Exchange) hasAccept() (bool, error) {
	if err := x.offer(); err != nil {
		return false, err
	}
	return len(x.variants) > 0 && len(x.Request.Header["Accept"]) > 0, nil
}

// typeAcceptable chooses the type that is wanted most. A field that can't be
// understood is as good as not sent.
func (x *Exchange) typeAcceptable() (bool, error) {
	wishes, _ := ParseAccept(x.Request.Header["Accept"])
	best := 0
	for _, v := range x.variants {
		if q := wishes.Type(v.Type); q > best {
			best, x.Variant = q, v
		}
	}
	return best > 0, nil
}

func (x *Exchange) hasAcceptLanguage() (bool, error) {
	return x.Variant.Language != "" && len(x.Request.Header["Accept-Language"]) > 0, nil
}

// languageAcceptable chooses the language that is wanted most. If there is none,
// something is better than nothing (12.5.4).
func (x *Exchange) languageAcceptable() (bool, error) {
	wishes, _ := ParseAccept(x.Request.Header["Accept-Language"])
	best, chosen := 0, x.Variant
	for _, v := range x.variants {
		if q := wishes.Language(v.Language); v.Type == chosen.Type && q > best {
			best, x.Variant = q, v
		}
	}
	return best > 0, nil
}

func (x *Exchange) hasAcceptEncoding() (bool, error) {
	return x.method&reads != 0 && len(x.Request.Header["Accept-Encoding"]) > 0, nil
}

// codingAcceptable chooses the coding that is wanted most, if what is there is
// worth one; its tag is then the coded one's.
func (x *Exchange) codingAcceptable() (bool, error) {
	wishes, _ := ParseAccept(x.Request.Header["Accept-Encoding"])
	if x.look() != nil || !x.State.Exists {
		return true, nil // G7 comes to speak of it
	}
	best := wishes.Coding(Identity)
	for _, coding := range x.codings() {
		if q := wishes.Coding(coding); q > best {
			best, x.coding = q, coding
		}
	}
	if x.coding != "" {
		x.State.Tag = x.State.Tag.coded(x.coding)
	}
	return best > 0, nil
}

// codings are those that what is there can be had in, beside Identity.
func (x *Exchange) codings() []string {
	if !x.State.Codable || len(x.variants) == 0 || x.engine.Coder == nil {
		return nil
	}
	return x.engine.Coder.Codings()
}

// coded is the tag of what t stands for, coded.
func (t Tag) coded(coding string) Tag {
	if t == "" {
		return ""
	}
	return t[:len(t)-1] + "-" + Tag(coding) + `"`
}

// Uncoded returns the tag of what t stands for without its coding.
func (x *Exchange) Uncoded(t Tag) Tag {
	if x.engine.Coder == nil {
		return t
	}
	for _, coding := range x.engine.Coder.Codings() {
		if plain, ok := strings.CutSuffix(string(t), "-"+coding+`"`); ok {
			return Tag(plain + `"`)
		}
	}
	return t
}

// uncode has the conditions of a change speak of the state of the resource, of
// which every coding tells as much.
func (x *Exchange) uncode() {
	if _, ok := x.resource.(Negotiable); !ok || x.method&changes == 0 {
		return
	}
	for _, tags := range [...]Tags{x.Conditions.IfMatch, x.Conditions.IfNoneMatch} {
		for i, t := range tags.List {
			tags.List[i] = x.Uncoded(t)
		}
	}
}

// Values of Vary, ready for a Header. Nobody appends to them in place.
var (
	varyType       = []string{"Accept"}
	varyTypeCoding = []string{"Accept, Accept-Encoding"}
	varyAll        = []string{"Accept, Accept-Language, Accept-Encoding"}
)

// vary names the fields that a read's answer depends on, whatever the answer (12.5.5).
func (x *Exchange) vary() {
	if x.engine.Vary != "" && x.method&reads != 0 {
		defer func() { x.writer.Header().Add("Vary", x.engine.Vary) }()
	}
	if _, ok := x.resource.(Negotiable); !ok || x.method&reads == 0 {
		return
	}
	vary := varyTypeCoding
	switch {
	case slices.ContainsFunc(x.variants, func(v Variant) bool { return v.Language != x.variants[0].Language }):
		vary = varyAll
	case x.engine.Coder == nil:
		vary = varyType
	}
	x.writer.Header()["Vary"] = vary[:1:1]
}

// named sets what is special to the variant that was chosen.
func (x *Exchange) named(h http.Header) {
	if x.Variant.Language != "" {
		h.Set("Content-Language", x.Variant.Language)
	}
	if x.Variant.URL != "" {
		h.Set("Content-Location", x.Variant.URL)
	}
}
