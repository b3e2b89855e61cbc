package faulty

import "strings"

func conditionFaults() []Fault {
	return []Fault{
		{Name: "If-Match ignored", before: blind("If-Match"), rules: func(r *rules) { r.unconditional = true },
			Cases: []string{"9110/13.1.1/miss", "9110/13.2.2/product-put"}},
		{Name: "If-None-Match ignored", before: blind("If-None-Match"), rules: func(r *rules) { r.unconditional = true },
			Cases: []string{"9110/13.1.2/hit", "9110/13.2.2/product-get"}},
		{Name: "If-Modified-Since ignored", before: blind("If-Modified-Since"), Cases: []string{"9110/13.1.3/order", "9110/13.2.2/product-head"}},
		{Name: "If-Unmodified-Since ignored", before: blind("If-Unmodified-Since"), rules: func(r *rules) { r.unconditional = true },
			Cases: []string{"9110/13.1.4/order"}},
		{Name: "If-Range ignored", before: blind("If-Range"), Cases: []string{"9110/13.1.5/tag", "9110/13.1.5/date", "9110/13.2.2/product-get"}},
		{Name: "a weak tag matches strongly", rules: func(r *rules) { r.weakMatches = true },
			Cases: []string{"9110/13.1.1/weak", "9110/13.2.2/product-delete"}},
		{Name: "a weak tag never matches If-None-Match", Cases: []string{"9110/13.1.2/weak"}, before: func(r *request) {
			if strings.HasPrefix(r.get("If-None-Match"), "W/") {
				r.header.Set("If-None-Match", `"other"`)
			}
		}},
		{Name: "a weak tag is good for If-Range", Cases: []string{"9110/13.1.5/weak"}, before: func(r *request) {
			if weak, ok := strings.CutPrefix(r.get("If-Range"), "W/"); ok {
				r.header.Set("If-Range", weak)
			}
		}},
		{Name: "If-Modified-Since overrules If-None-Match", Cases: []string{"9110/13.2.2/none-over-modified", "9110/13.2.2/product-get"}, before: func(r *request) {
			if r.has("If-Modified-Since") && r.reads() {
				r.header.Del("If-None-Match")
			}
		}},
		{Name: "If-Unmodified-Since overrules If-Match", Cases: []string{"9110/13.2.2/match-over-unmodified", "9110/13.2.2/product-put"}, before: func(r *request) {
			if r.has("If-Unmodified-Since") {
				r.header.Del("If-Match")
			}
		}},
		{Name: "an invalid date is a date", rules: func(r *rules) { r.junkIsDate = true }, Cases: []string{"9110/13.1.3/junk", "9110/13.1.4/junk"}},
		{Name: "If-Modified-Since counts for PUT", rules: func(r *rules) { r.datesForAll = true },
			Cases: []string{"9110/13.1.3/methods", "9110/13.2.2/product-put"}},
		{Name: "412 where 404 is due", rules: func(r *rules) { r.missingFails = true }, Cases: []string{"9110/13.2.1/missing", "9110/13.2.2/product-get"}},
		{Name: "412 where 405 is due", rules: func(r *rules) { r.conditionsFirst = true }, Cases: []string{"9110/13.2.1/method", "9110/13.2.2/product-post"}},
		{Name: "conditions judged for OPTIONS", rules: func(r *rules) { r.optionsJudged = true }, Cases: []string{"9110/13.2.1/options"}},
		{Name: "of a list, the first is read", Cases: []string{"9110/13.1.2/list"}, before: func(r *request) {
			if tags := items(r.all("If-None-Match"), false); len(tags) > 0 {
				r.header.Set("If-None-Match", tags[0])
			}
		}},
		{Name: "a list over two lines is not read", Cases: []string{"9110/13.1.1/lines", "9110/13.1.2/lines"}, before: func(r *request) {
			for _, name := range []string{"If-Match", "If-None-Match"} {
				if r.has(name) {
					r.header.Set(name, r.get(name))
				}
			}
		}},
		{Name: "a comma within quotes parts two tags", rules: func(r *rules) { r.commasSplit = true }, Cases: []string{"9110/13.1.1/quoted-comma"}},
		{Name: "only the first tag of a list is read", Cases: []string{"9110/13.1.1/list"}, before: func(r *request) {
			first, _, _ := strings.Cut(strings.Trim(r.get("If-Match"), " ,"), ",")
			if r.has("If-Match") {
				r.header.Set("If-Match", first)
			}
		}},
		{Name: "304 for PUT", after: func(r *request, a *reply) {
			if a.status == 412 && r.has("If-None-Match") {
				*a = *answer(304, "ETag", `"x"`)
			}
		}, Cases: []string{"9110/13.1.2/hit", "9110/13.2.2/product-put"}},
		{Name: "obsolete dates are not read", Cases: []string{"9110/5.6.7/obsolete"}, before: func(r *request) {
			if !strings.HasSuffix(r.get("If-Modified-Since"), "GMT") || strings.Contains(r.get("If-Modified-Since"), "-") {
				r.header.Del("If-Modified-Since")
			}
		}},
		{Name: "428 missing", rules: func(r *rules) { r.unconditional = true }, Cases: []string{"6585/3/required", "9110/13.2.2/product-patch"}},
		{Name: "412 for 428", after: instead("", 428, 412), Cases: []string{"6585/3/required"}},
		{Name: "If-Match never holds", Cases: []string{"9110/13.1.1/hit"}, before: func(r *request) {
			if r.has("If-Match") {
				r.header.Set("If-Match", `"other"`)
			}
		}},
		{Name: "* taken for a tag", Cases: []string{"9110/13.1.1/star", "9110/13.1.2/star"}, before: func(r *request) {
			for _, name := range []string{"If-Match", "If-None-Match"} {
				if r.get(name) == "*" {
					r.header.Set(name, `"*"`)
				}
			}
		}},
		{Name: "a tag without quotes matches", Cases: []string{"9110/13.1.1/junk"}, before: func(r *request) {
			if tag := r.get("If-Match"); tag != "" && tag != "*" && !strings.Contains(tag, `"`) {
				r.header.Set("If-Match", `"`+tag+`"`)
			}
		}},
		{Name: "If-Match ignored for GET", Cases: []string{"9110/13.1.1/get", "9110/13.2.2/product-get", "9110/13.2.2/product-head"}, before: func(r *request) {
			if r.reads() {
				r.header.Del("If-Match")
			}
		}},
		{Name: "500 for 412", after: instead("", 412, 500), Cases: []string{"9110/13.1.1/applied"}},
		{Name: "If-Range alone is a condition", Cases: []string{"9110/13.1.5/alone"}, before: func(r *request) {
			if r.has("If-Range") && !r.has("Range") {
				r.header.Set("If-Match", r.get("If-Range"))
			}
		}},
		{Name: "412 where 410 or 308 is due", Cases: []string{"9110/13.2.1/gone", "9110/13.2.1/moved"}, after: func(r *request, a *reply) {
			if r.has("If-Match") && (a.status == 410 || a.status == 308) {
				a.status = 412
			}
		}},
		{Name: "If-None-Match before If-Match", Cases: []string{"9110/13.2.2/match-before-none", "9110/13.2.2/product-put"}, before: func(r *request) {
			if r.has("If-None-Match") {
				r.header.Del("If-Match")
			}
		}},
		{Name: "428 for a creation", Cases: []string{"6585/3/met"}, after: func(r *request, a *reply) {
			if a.status == 201 && r.get("Content-Type") == "text/plain" {
				a.status = 428
			}
		}},
		{Name: "428 that may be kept", after: without("Cache-Control", 428), Cases: []string{"6585/3/how"}},
	}
}
