package faulty

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
)

// operation is one step of a JSON patch.
type operation struct {
	Op, Path, From string
	Value          any
}

// readable reports whether a patch has the form of its kind.
func readable(kind string, b []byte) bool {
	switch kind {
	case mergePatch:
		return json.Valid(b)
	case textDiff:
		_, ok := hunksOf(string(b))
		return ok
	}
	var steps []operation
	return json.Unmarshal(b, &steps) == nil
}

// patched returns the content after a patch; a refusal may come with content
// only if a fault leaves a patch half done.
func (s *Server) patched(d document, kind string, patch []byte) ([]byte, *reply) {
	if s.rules.patchIdle || !readable(kind, patch) {
		return d.body, nil
	}
	if kind == textDiff {
		return s.diffed(d.body, string(patch))
	}
	var now any
	if json.Unmarshal(d.body, &now) != nil {
		return nil, problem(422, "the document is no JSON")
	}
	var failed error
	if kind == mergePatch {
		var change any
		json.Unmarshal(patch, &change) // readable saw that it is JSON
		now = s.merge(now, change)
	} else {
		var steps []operation
		json.Unmarshal(patch, &steps)
		now, failed = s.apply(now, steps)
	}
	var refused *reply
	switch {
	case errors.Is(failed, errUnknown):
		refused = problem(422, failed.Error())
	case failed != nil:
		refused = problem(409, failed.Error())
	}
	if refused != nil && !s.rules.halfPatched {
		return nil, refused
	}
	body, err := json.Marshal(now)
	if err != nil {
		return nil, problem(422, err.Error())
	}
	return body, refused
}

// merge is RFC 7396 section 2.
func (s *Server) merge(target, patch any) any {
	change, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	object, ok := target.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	for name, value := range change {
		if value == nil && !s.rules.nullKept {
			delete(object, name)
			continue
		}
		object[name] = s.merge(object[name], value)
	}
	return object
}

var (
	errUnknown = errors.New("there is no such operation")
	errNowhere = errors.New("there is no such place")
	errTest    = errors.New("a test failed")
)

// apply is RFC 6902. It works on a copy, which it returns as far as it came.
func (s *Server) apply(now any, steps []operation) (any, error) {
	for _, step := range steps {
		next, err := s.step(clone(now), step)
		if err != nil {
			return now, err
		}
		now = next
	}
	return now, nil
}

func (s *Server) step(now any, step operation) (any, error) {
	to := pointer(step.Path)
	switch step.Op {
	case "add":
		return edit(now, to, addition(step.Value))
	case "remove":
		return edit(now, to, removal)
	case "replace":
		return edit(now, to, replacement(step.Value))
	case "test":
		value, err := find(now, to)
		if s.rules.testIgnored || err == nil && reflect.DeepEqual(value, step.Value) {
			return now, nil
		}
		return nil, errTest
	case "move", "copy":
		value, err := find(now, pointer(step.From))
		if err != nil || step.Op == "move" && strings.HasPrefix(step.Path, step.From+"/") {
			return nil, errNowhere
		}
		if step.Op == "move" {
			if now, err = edit(now, pointer(step.From), removal); err != nil {
				return nil, err
			}
		}
		return edit(now, to, addition(clone(value)))
	}
	return nil, errUnknown
}

// pointer is RFC 6901.
func pointer(text string) (steps []string) {
	if text == "" {
		return nil
	}
	for step := range strings.SplitSeq(strings.TrimPrefix(text, "/"), "/") {
		steps = append(steps, strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
	}
	return steps
}

func find(now any, at []string) (any, error) {
	for _, name := range at {
		switch in := now.(type) {
		case map[string]any:
			value, ok := in[name]
			if !ok {
				return nil, errNowhere
			}
			now = value
		case []any:
			i, ok := index(name, len(in)-1)
			if !ok {
				return nil, errNowhere
			}
			now = in[i]
		default:
			return nil, errNowhere
		}
	}
	return now, nil
}

// index reads an index of an array, up to last.
func index(name string, last int) (int, bool) {
	i, err := strconv.Atoi(name)
	return i, err == nil && i >= 0 && i <= last && name == strconv.Itoa(i)
}

// change does something to the child of that name, and returns what holds it.
type change func(in any, name string) (any, error)

// edit applies a change at a place. The whole document is the child of nobody.
func edit(now any, at []string, do change) (any, error) {
	switch len(at) {
	case 0:
		held, err := do(map[string]any{"": now}, "")
		if err != nil {
			return nil, err
		}
		return held.(map[string]any)[""], nil
	case 1:
		return do(now, at[0])
	}
	child, err := find(now, at[:1])
	if err != nil {
		return nil, err
	}
	if child, err = edit(child, at[1:], do); err != nil {
		return nil, err
	}
	return replacement(child)(now, at[0])
}

func addition(value any) change {
	return func(in any, name string) (any, error) {
		switch in := in.(type) {
		case map[string]any:
			in[name] = value
			return in, nil
		case []any:
			if name == "-" {
				return append(in, value), nil
			}
			i, ok := index(name, len(in))
			if !ok {
				return nil, errNowhere
			}
			return append(in[:i:i], append([]any{value}, in[i:]...)...), nil
		}
		return nil, errNowhere
	}
}

func removal(in any, name string) (any, error) {
	if _, err := find(in, []string{name}); err != nil {
		return nil, err
	}
	switch in := in.(type) {
	case map[string]any:
		delete(in, name)
		return in, nil
	case []any:
		i, _ := index(name, len(in)-1)
		return append(in[:i:i], in[i+1:]...), nil
	}
	return nil, errNowhere
}

func replacement(value any) change {
	return func(in any, name string) (any, error) {
		if _, err := find(in, []string{name}); err != nil {
			return nil, err
		}
		switch in := in.(type) {
		case map[string]any:
			in[name] = value
		case []any:
			i, _ := index(name, len(in)-1)
			in[i] = value
		}
		return in, nil
	}
}

func clone(value any) any {
	b, err := json.Marshal(value)
	if err != nil {
		return nil // nothing that came out of JSON fails to go in
	}
	var out any
	json.Unmarshal(b, &out)
	return out
}
