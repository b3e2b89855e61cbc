package flow_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rhapsode/repo-api/flow"
)

// due is what RFC 9110 13.2 says of a request, written from its text alone. The
// resource has the tag "now" and was modified at second 0; a request on it that
// is not refused is answered with okay.
func due(method string, exists bool, okay int, im, ius, inm, ims, rng, ifRange string) int {
	read := method == "GET" || method == "HEAD"
	if !exists && method != "PUT" {
		return 404 // 13.2.1: not a success without conditions, so they are ignored
	}
	if im != "" { // step 1
		if !exists || im != "*" && !slices.Contains(strings.Split(im, ", "), `"now"`) {
			return 412
		}
	} else if second, valid := seconds[ius]; valid && exists && second < 0 { // step 2
		return 412
	}
	if inm != "" { // step 3
		if exists && (inm == "*" || strings.TrimPrefix(inm, "W/") == `"now"`) {
			if read {
				return 304
			}
			return 412
		}
	} else if second, valid := seconds[ims]; read && valid && exists && second >= 0 { // step 4
		return 304
	}
	if method == "GET" && rng != "" && (ifRange == "" || ifRange == `"now"`) { // step 5
		return 206
	}
	if !exists {
		return 201
	}
	return okay
}

// seconds says when the dates of the product are, seen from the modification.
var seconds = map[string]int{date(-1): -1, date(0): 0, date(1): 1}

func date(second int) string {
	return modified.Add(time.Duration(second) * time.Second).Format(http.TimeFormat)
}

func TestConditionsAreJudgedInTheOrderOf13_2_2(t *testing.T) {
	methods := map[string]int{"GET": 200, "HEAD": 200, "PUT": 204, "POST": 201, "PATCH": 204, "DELETE": 204}
	ranges := [][2]string{{"", ""}, {"bytes=0-1", ""}, {"bytes=0-1", `"now"`}, {"bytes=0-1", `"old"`}, {"bytes=0-1", `W/"now"`}}
	requests := 0
	for method, okay := range methods {
		for _, im := range []string{"", `"now"`, `W/"now"`, `"old"`, "*", `"old", "now"`} {
			for _, ius := range []string{"", date(-1), date(0), "junk"} {
				for _, inm := range []string{"", `"now"`, `W/"now"`, `"old"`, "*"} {
					for _, ims := range []string{"", date(-1), date(0), date(1), "junk"} {
						for _, exists := range []bool{true, false} {
							for _, rng := range ranges {
								requests++
								y := newToy()
								if !exists {
									y.state = flow.State{}
								}
								r := request(method, "/", "")
								for field, value := range map[string]string{
									"If-Match": im, "If-Unmodified-Since": ius, "If-None-Match": inm,
									"If-Modified-Since": ims, "Range": rng[0], "If-Range": rng[1],
								} {
									if value != "" {
										r.Header.Set(field, value)
									}
								}
								w, path := serve(t, y, r)
								want := due(method, exists, okay, im, ius, inm, ims, rng[0], rng[1])
								if w.Code != want {
									t.Fatalf("%s exists=%v %v: %d, want %d\n%s", method, exists, r.Header, w.Code, want, path)
								}
								if exists && (w.Code == 200 || w.Code == 206 || w.Code == 304 || w.Code == 412) && w.Header().Get("Etag") != `"now"` {
									t.Fatalf("%s %v: %d without the tag", method, r.Header, w.Code)
								}
								if method == "PUT" && holds(r, y.state) != (w.Code != 412) {
									t.Fatalf("%v: Hold and the walk disagree, %d", r.Header, w.Code)
								}
							}
						}
					}
				}
			}
		}
	}
	t.Logf("%d requests", requests)
}

// holds asks Conditions.Hold what the walk was asked.
func holds(r *http.Request, s flow.State) (held bool) {
	y := newToy()
	y.state = s
	y.state.Judges = true
	e := engine(func(x *flow.Exchange, _ int) { held = x.Conditions.Hold(&s) })
	e.Handler(func(*http.Request) (flow.Resource, error) { return y, nil }).ServeHTTP(sink{http.Header{}}, r)
	return held
}

func TestIfRangeTakesADateOnlyWhereItIsExact(t *testing.T) {
	tests := []struct {
		name    string
		exact   bool
		ifRange string
		want    int
	}{
		{"the very date, and it is exact", true, date(0), 206},
		{"the very date, and it might have changed within the second", false, date(0), 200},
		{"a later date", true, date(1), 200},
		{"an earlier date", true, date(-1), 200},
	}
	for _, tt := range tests {
		y := newToy()
		y.state.Exact = tt.exact
		w, _ := serve(t, y, request("GET", "/", "", "Range", "bytes=0-1", "If-Range", tt.ifRange))
		if w.Code != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, w.Code, tt.want)
		}
	}
}

func TestAChangeThatIsGuardedNeedsACondition(t *testing.T) {
	tests := []struct {
		method, field, value string
		undated              bool
		want                 int
	}{
		{"PUT", "", "", false, 428},
		{"PATCH", "", "", false, 428},
		{"DELETE", "", "", false, 428},
		{"POST", "", "", false, 201},
		{"GET", "", "", false, 200},
		{"PUT", "If-Match", `"now"`, false, 204},
		{"PUT", "If-Match", "*", false, 204},
		{"PUT", "If-Match", " , ", false, 428},
		{"PUT", "If-None-Match", `"old"`, false, 204},
		{"PUT", "If-Unmodified-Since", date(0), false, 204},
		{"PUT", "If-Unmodified-Since", "junk", false, 428},
		{"PUT", "If-Unmodified-Since", date(0), true, 428},
		{"PUT", "If-Modified-Since", date(0), false, 428},
	}
	for _, tt := range tests {
		y := newToy()
		y.state.Guarded = true
		if tt.undated {
			y.state.Modified = time.Time{}
		}
		r := request(tt.method, "/", "")
		if tt.field != "" {
			r.Header.Set(tt.field, tt.value)
		}
		if w, path := serve(t, y, r); w.Code != tt.want {
			t.Errorf("%s %s: %s: %d, want %d\n%s", tt.method, tt.field, tt.value, w.Code, tt.want, path)
		}
	}
}
