package faulty

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault is one rule broken.
type Fault struct {
	Name   string
	Cases  []string               // of the judge, each of which must catch it
	rules  func(*rules)           // what the server holds to be right
	before func(*request)         // what of a request it sees
	after  func(*request, *reply) // what of an answer it sends
}

// Faults are all faults, one for each way in which servers are known to go wrong.
func Faults() []Fault {
	return slices.Concat(conditionFaults(), rangeFaults(), answerFaults(), negotiationFaults(), changeFaults(), framingFaults())
}

// blind makes a server that does not see a field.
func blind(name string) func(*request) { return func(r *request) { r.header.Del(name) } }

// without makes a server that leaves a field out of answers of a status; 0 is any.
func without(name string, status int) func(*request, *reply) {
	return func(_ *request, a *reply) {
		if status == 0 || a.status == status {
			a.header.Del(name)
		}
	}
}

// instead makes a server that sends one status for another.
func instead(method string, was, is int) func(*request, *reply) {
	return func(r *request, a *reply) {
		if a.status == was && (method == "" || r.method == method) {
			a.status = is
		}
	}
}

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
		{Name: "412 where 405 is due", rules: func(r *rules) { r.conditionsFirst = true }, Cases: []string{"9110/13.2.1/method"}},
		{Name: "conditions judged for OPTIONS", rules: func(r *rules) { r.optionsJudged = true }, Cases: []string{"9110/13.2.1/options"}},
		{Name: "a list over two lines is not read", Cases: []string{"9110/13.1.1/lines", "9110/13.1.2/list"}, before: func(r *request) {
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
	}
}

func answerFaults() []Fault {
	return []Fault{
		{Name: "an Allow that lies", Cases: []string{"9110/10.2.1/true"}, after: func(r *request, a *reply) {
			if r.method == "OPTIONS" && a.header.Get("Allow") != "" {
				a.set("Allow", a.header.Get("Allow")+", POST")
			}
		}},
		{Name: "an Allow that keeps silent", Cases: []string{"9110/10.2.1/true"}, after: func(_ *request, a *reply) {
			if allow := a.header.Get("Allow"); allow != "" {
				a.set("Allow", strings.ReplaceAll(allow, ", DELETE", ""))
			}
		}},
		{Name: "405 has another Allow than OPTIONS", Cases: []string{"9110/10.2.1/same"}, after: func(_ *request, a *reply) {
			if a.status == 405 {
				a.set("Allow", "GET")
			}
		}},
		{Name: "OPTIONS without Allow", Cases: []string{"9110/9.3.7/options"}, after: func(r *request, _a *reply) {
			if r.method == "OPTIONS" {
				_a.header.Del("Allow")
			}
		}},
		{Name: "405 without Allow", after: without("Allow", 405), Cases: []string{"9110/15.5.6/allow"}},
		{Name: "405 for a method that nobody knows", after: instead("BREW", 501, 405), Cases: []string{"9110/9.1/unknown"}},
		{Name: "HEAD with another length", Cases: []string{"9110/9.3.2/length"}, after: func(r *request, a *reply) {
			if r.method == "HEAD" {
				a.set("Content-Length", strconv.Itoa(len(a.body)+7))
			}
		}},
		{Name: "HEAD with content", Cases: []string{"9110/9.3.2/no-content"}, after: func(r *request, a *reply) { a.insisted = r.method == "HEAD" }},
		{Name: "HEAD without the fields of GET", Cases: []string{"9110/9.3.2/fields"}, after: func(r *request, a *reply) {
			if r.method == "HEAD" {
				a.header.Del("Content-Type")
			}
		}},
		{Name: "304 without ETag", after: without("ETag", 304), Cases: []string{"9110/15.4.5/required", "9110/13.2.2/product-get"}},
		{Name: "304 without Cache-Control", after: without("Cache-Control", 304), Cases: []string{"9110/15.4.5/required"}},
		{Name: "304 with fields about the content", Cases: []string{"9110/15.4.5/metadata"}, after: func(_ *request, a *reply) {
			if a.status == 304 {
				a.set("Content-Type", "text/plain")
			}
		}},
		{Name: "304 with content", Cases: []string{"9110/15.3.5/nothing-after"}, after: func(_ *request, a *reply) {
			if a.status == 304 {
				a.body, a.insisted = []byte("not to be here"), true
			}
		}},
		{Name: "204 with Content-Length", Cases: []string{"9110/15.3.5/no-content"}, after: func(_ *request, a *reply) {
			if a.status == 204 {
				a.set("Content-Length", "0")
			}
		}},
		{Name: "201 without Location", after: without("Location", 201), Cases: []string{"9110/9.3.3/created"}},
		{Name: "a PUT that made something is 204", after: instead("PUT", 201, 204), Cases: []string{"9110/9.3.4/created", "9110/13.2.2/product-put"}},
		{Name: "a tag of another state after PUT", Cases: []string{"9110/9.3.4/tag"}, after: func(r *request, a *reply) {
			if r.method == "PUT" && a.header.Get("ETag") != "" {
				a.set("ETag", `"not-yet-known"`)
			}
		}},
		{Name: "Date missing", after: func(_ *request, a *reply) { a.undated = true }, Cases: []string{"9110/6.6.1/date"}},
		{Name: "Last-Modified in the future", Cases: []string{"9110/8.8.2/not-in-the-future"}, after: func(_ *request, a *reply) {
			if at, err := http.ParseTime(a.header.Get("Last-Modified")); err == nil {
				a.set("Last-Modified", at.Add(time.Hour).Format(http.TimeFormat))
			}
		}},
		{Name: "a tag without quotes", Cases: []string{"9110/8.8.3/syntax"}, after: func(_ *request, a *reply) {
			if tag := a.header.Get("ETag"); tag != "" {
				a.set("ETag", strings.Trim(tag, `"`))
			}
		}},
		{Name: "error body not problem+json", Cases: []string{"9457/3/type"}, after: func(_ *request, a *reply) {
			if a.status >= 400 {
				a.set("Content-Type", "text/html")
			}
		}},
		{Name: "a problem of another status", Cases: []string{"9457/3.1.2/status"}, after: func(_ *request, a *reply) {
			if a.status == 412 {
				a.body = []byte(strings.ReplaceAll(string(a.body), "412", "400"))
			}
		}},
		{Name: "an error that may be reused", after: without("Cache-Control", 404), Cases: []string{"9111/3/errors"}},
		{Name: "401 without a challenge", after: without("WWW-Authenticate", 401), Cases: []string{"9110/15.5.2/challenge"}},
		{Name: "404 for what is gone", after: instead("", 410, 404), Cases: []string{"9110/15.5.11/gone"}},
		{Name: "308 without Location", after: without("Location", 308), Cases: []string{"9110/15.4.9/location"}},
		{Name: "429 without Retry-After", after: without("Retry-After", 429), Cases: []string{"6585/4/limited"}},
		{Name: "immutable without max-age", Cases: []string{"8246/2/fresh"}, after: func(_ *request, a *reply) {
			if strings.Contains(a.header.Get("Cache-Control"), "immutable") {
				a.set("Cache-Control", "immutable")
			}
		}},
		{Name: "a link without a relation", Cases: []string{"8288/3/syntax"}, after: func(_ *request, a *reply) {
			if a.header.Get("Link") != "" {
				a.set("Link", "</history>")
			}
		}},
		{Name: "a link that leads nowhere", Cases: []string{"8288/3/lead"}, after: func(_ *request, a *reply) {
			if a.header.Get("Link") != "" {
				a.set("Link", `</nowhere>; rel="version-history"`)
			}
		}},
	}
}

func negotiationFaults() []Fault {
	return []Fault{
		{Name: "one tag for two codings", rules: func(r *rules) { r.oneTag = true }, Cases: []string{"9110/8.8.3.3/codings", "9110/12.5.1/validators"}},
		{Name: "Vary missing on 304", after: without("Vary", 304), Cases: []string{"9110/12.5.5/variants", "9110/15.4.5/required"}},
		{Name: "Vary missing on 404", after: without("Vary", 404), Cases: []string{"9110/12.5.5/refusals"}},
		{Name: "Vary missing on identity", Cases: []string{"9110/12.5.5/codings"}, after: func(_ *request, a *reply) {
			if a.header.Get("Content-Encoding") == "" {
				a.header.Del("Vary")
			}
		}},
		{Name: "q=0 served", rules: func(r *rules) { r.zeroIsWeight = true }, Cases: []string{"9110/12.5.1/q0", "9110/12.5.3/q0"}},
		{Name: "weights ignored", Cases: []string{"9110/12.5.1/weight"}, before: func(r *request) {
			first, _, _ := strings.Cut(r.get("Accept"), ";")
			if r.has("Accept") {
				r.header.Set("Accept", first)
			}
		}},
		{Name: "a problem negotiated away by Accept", Cases: []string{"9457/3/accept"}, after: func(r *request, a *reply) {
			if a.status >= 400 && r.has("Accept") && !strings.Contains(r.get("Accept"), "json") {
				*a = *answer(406)
			}
		}},
		{Name: "406 for a language", Cases: []string{"9110/12.5.4/language"}, after: func(r *request, a *reply) {
			if r.has("Accept-Language") {
				*a = *problem(406, "no such language")
			}
		}},
		{Name: "a preference claimed that was not asked for", Cases: []string{"7240/3/applied"}, after: func(_ *request, a *reply) {
			a.set("Preference-Applied", "return=minimal")
		}},
	}
}

func changeFaults() []Fault {
	return []Fault{
		{Name: "PATCH half applied", rules: func(r *rules) { r.halfPatched = true }, Cases: []string{"6902/5/all-or-nothing"}},
		{Name: "merge-patch null kept", rules: func(r *rules) { r.nullKept = true }, Cases: []string{"7396/A/null-deletes", "7396/A/deep"}},
		{Name: "json-patch test ignored", rules: func(r *rules) { r.testIgnored = true }, Cases: []string{"6902/4.6/test"}},
		{Name: "415 without Accept-Patch", after: without("Accept-Patch", 415), Cases: []string{"5789/2.2/unsupported"}},
		{Name: "wrong Content-Digest accepted", rules: func(r *rules) { r.digestIgnored = true }, Cases: []string{"9530/2/wrong"}},
		{Name: "Repr-Digest of a part", Cases: []string{"9530/3/representation"}, after: func(_ *request, a *reply) {
			if a.status == 206 && a.header.Get("Repr-Digest") != "" {
				a.set("Repr-Digest", digest(a.body))
			}
		}},
		{Name: "a coding that is not known stored", Cases: []string{"9110/15.5.16/coding"}, before: blind("Content-Encoding")},
		{Name: "DELETE that leaves the document", Cases: []string{"9110/9.3.5/delete"}, before: func(r *request) {
			if r.method == "DELETE" {
				r.method = "GET"
			}
		}},
		{Name: "PUT that mends line ends", Cases: []string{"9110/9.3.1/bytes"}, before: func(r *request) {
			r.body = []byte(strings.ReplaceAll(string(r.body), "\r\n", "\n"))
		}},
		{Name: "an immutable resource that takes PUT", rules: func(r *rules) { r.writableVersions = true }, Cases: []string{"8246/2/writing"}},
	}
}

func framingFaults() []Fault {
	return []Fault{
		{Name: "two Hosts accepted", rules: func(r *rules) { r.twoHosts = true }, Cases: []string{"9112/3.2/two-hosts"}},
		{Name: "Content-Length and Transfer-Encoding accepted", rules: func(r *rules) { r.lengthAndChunks = true }, Cases: []string{"9112/6.1/length-and-chunks"}},
		{Name: "two lengths accepted", rules: func(r *rules) { r.lengthsDiffer = true }, Cases: []string{"9112/6.3/two-lengths", "9112/6.3/list-of-lengths"}},
		{Name: "content cut short is taken", rules: func(r *rules) { r.shortIsWhole = true }, Cases: []string{"9112/6.3/cut"}},
	}
}
