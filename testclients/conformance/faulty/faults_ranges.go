package faulty

import "strings"

// asked makes a server that takes one text in Range for another.
func asked(was, is string) func(*request) {
	return func(r *request) {
		if r.has("Range") {
			r.header.Set("Range", strings.Replace(r.get("Range"), was, is, 1))
		}
	}
}

func rangeFaults() []Fault {
	return []Fault{
		{Name: "206 without Content-Range", after: without("Content-Range", 206), Cases: []string{"9110/14.1.2/forms", "9110/13.2.2/product-get"}},
		{Name: "416 without Content-Range", after: without("Content-Range", 416), Cases: []string{"9110/15.5.17/unsatisfiable"}},
		{Name: "206 without ETag", after: without("ETag", 206), Cases: []string{"9110/15.3.7/fields", "9110/8.8.3/everywhere"}},
		{Name: "Range on HEAD honoured", rules: func(r *rules) { r.rangeOnHead = true }, Cases: []string{"9110/14.2/methods", "9110/13.2.2/product-head"}},
		{Name: "an unknown range unit refused", rules: func(r *rules) { r.unknownRange = true }, Cases: []string{"9110/14.2/unit"}},
		{Name: "a range judged before the conditions", rules: func(r *rules) { r.rangeFirst = true }, Cases: []string{"9110/13.2.2/before-range"}},
		{Name: "parts without Content-Range", Cases: []string{"9110/14.6/several"}, after: func(_ *request, a *reply) {
			if strings.HasPrefix(a.header.Get("Content-Type"), "multipart/") {
				a.body = []byte(strings.ReplaceAll(string(a.body), "Content-Range: bytes", "X-Range: bytes"))
			}
		}},
		{Name: "Content-Range beside the parts", Cases: []string{"9110/14.6/several"}, after: func(_ *request, a *reply) {
			if strings.HasPrefix(a.header.Get("Content-Type"), "multipart/") {
				a.set("Content-Range", "bytes 0-1/26")
			}
		}},
		{Name: "the last byte left out", Cases: []string{"9110/14.1.2/forms"}, after: func(_ *request, a *reply) {
			if a.status == 206 && len(a.body) > 1 {
				a.body = a.body[:len(a.body)-1]
			}
		}},
		{Name: "Content-Range on PUT accepted", rules: func(r *rules) { r.partIsWhole = true }, Cases: []string{"9110/14.5/put"}},
		{Name: "ranges not told of", after: without("Accept-Ranges", 0), Cases: []string{"9110/14.3/accept-ranges"}},
		{Name: "units are told apart by case", Cases: []string{"9110/14.2/unit-case"}, before: func(r *request) {
			if strings.HasPrefix(r.get("Range"), "B") {
				r.header.Del("Range")
			}
		}},
		{Name: "a range that can't be read is guessed", before: asked("bytes=abc", "bytes=0-0"), Cases: []string{"9110/14.2/junk"}},
		{Name: "numbers overflow", before: asked(strings.Repeat("9", 40), "21"), Cases: []string{"9110/14.2/overflow"}},
		{Name: "the last 0 bytes are 1", before: asked("-0", "-1"), Cases: []string{"9110/15.5.17/no-bytes"}},
		{Name: "416 if one range of several is beyond the end", Cases: []string{"9110/14.6/one-left"}, after: func(r *request, a *reply) {
			if a.status == 206 && strings.Contains(r.get("Range"), "100-200") {
				a.status = 416
			}
		}},
		{Name: "any number of ranges served", rules: func(r *rules) { r.manySpans = true }, Cases: []string{"9110/14.2/many"}},
	}
}
