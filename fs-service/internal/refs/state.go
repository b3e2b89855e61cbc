package refs

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"rhapsode/content"
	"rhapsode/fs-service/internal/placement"
	"rhapsode/internal/fault"
)

// entry is one record as the store holds it.
type entry struct {
	key      string
	value    []byte // nil: there is none, or no longer
	revision int64  // of its last change
}

// state is all records at one revision, in memory. It is not safe for use from
// several goroutines: the view is.
type state struct {
	refs   map[Key][]Named // ordered by name
	gone   map[Key]map[content.RefName]Record
	repos  []Repo // ordered by name
	names  map[Key]content.RepoID
	places map[content.Shard]placement.Placement
	nodes  map[string]Node
	notes  []Note // ordered by name

	errands     map[string]int // bytes of each record, by key: what they hold is read from the store
	errandBytes int            // of all of them
	tokens      map[string]Token
}

func newState() *state {
	return &state{
		refs:   make(map[Key][]Named),
		gone:   make(map[Key]map[content.RefName]Record),
		names:  make(map[Key]content.RepoID),
		places: make(map[content.Shard]placement.Placement),
		nodes:  make(map[string]Node),

		errands: make(map[string]int),
		tokens:  make(map[string]Token),
	}
}

// apply takes in a change of one record. If that was a ref, it returns what to
// tell of it. A record that can't be understood is Corrupt: better no answer
// than one that leaves a ref out.
func (s *state) apply(e entry) (change Change, isRef bool, err error) {
	switch kind, rest, _ := strings.Cut(e.key, "/"); kind + "/" {
	case refPrefix:
		change, err = s.applyRef(rest, e)
		isRef = err == nil
	case gonePrefix:
		err = s.applyGone(rest, e)
	case repoPrefix:
		err = s.applyRepo(rest, e)
	case placePrefix:
		err = s.applyPlace(rest, e)
	case nodePrefix:
		err = s.applyNode(rest, e)
	case notePrefix:
		s.applyNote(rest, e)
	case errandPrefix:
		s.applyErrand(rest, e)
	case tokenPrefix:
		err = s.applyToken(rest, e)
	}
	if err != nil {
		return Change{}, false, fault.New(fault.Corrupt, "read record", e.key, err)
	}
	return change, isRef, nil
}

func (s *state) applyRef(rest string, e entry) (Change, error) {
	k, name, err := splitRef(rest)
	if err != nil {
		return Change{}, err
	}
	at, found := s.find(k, name)
	if e.value == nil {
		if found {
			s.refs[k] = slices.Delete(s.refs[k], at, at+1)
		}
		if len(s.refs[k]) == 0 {
			delete(s.refs, k)
		}
		return Change{Repo: k, Name: name}, nil
	}
	r, err := decodeRecord(e.value, e.revision)
	if err != nil {
		return Change{}, err
	}
	if found {
		s.refs[k][at].Record = r
	} else {
		s.refs[k] = slices.Insert(s.refs[k], at, Named{name, r})
	}
	return Change{Repo: k, Name: name, Record: r}, nil
}

func (s *state) applyGone(rest string, e entry) error {
	k, name, err := splitRef(rest)
	if err != nil {
		return err
	}
	if e.value == nil {
		if delete(s.gone[k], name); len(s.gone[k]) == 0 {
			delete(s.gone, k)
		}
		return nil
	}
	r, err := decodeRecord(e.value, e.revision)
	if err != nil {
		return err
	}
	if s.gone[k] == nil {
		s.gone[k] = make(map[content.RefName]Record)
	}
	s.gone[k][name] = r
	return nil
}

func (s *state) applyRepo(rest string, e entry) error {
	at, found := slices.BinarySearchFunc(s.repos, rest, func(r Repo, name string) int {
		return cmp.Compare(r.ID.String(), name)
	})
	if e.value == nil {
		if found {
			s.unname(s.repos[at])
			s.repos = slices.Delete(s.repos, at, at+1)
		}
		return nil
	}
	r, err := decodeRepo(rest, e.value, e.revision)
	if err != nil {
		return err
	}
	if found {
		s.unname(s.repos[at])
		s.repos[at] = r
	} else {
		s.repos = slices.Insert(s.repos, at, r)
	}
	if r.Renamed.IsZero() {
		s.names[r.Key] = r.ID
	}
	return nil
}

// unname has a repository's key no longer lead to the name of r, unless it leads
// elsewhere by now.
func (s *state) unname(r Repo) {
	if s.names[r.Key] == r.ID {
		delete(s.names, r.Key)
	}
}

func (s *state) applyPlace(rest string, e entry) error {
	n, err := strconv.ParseUint(rest, 16, 8)
	if err != nil {
		return err
	}
	shard := content.Shard(n)
	if e.value == nil {
		delete(s.places, shard)
		return nil
	}
	var v placeValue
	if err := json.Unmarshal(e.value, &v); err != nil {
		return err
	}
	s.places[shard] = placement.Placement{Shard: shard, Replicas: v.Replicas, Revision: e.revision}
	return nil
}

func (s *state) applyNode(name string, e entry) error {
	if e.value == nil {
		delete(s.nodes, name)
		return nil
	}
	var n Node
	if err := json.Unmarshal(e.value, &n); err != nil {
		return err
	}
	s.nodes[name] = n
	return nil
}

func (s *state) applyErrand(key string, e entry) {
	s.errandBytes += len(e.value) - s.errands[key]
	if e.value == nil {
		delete(s.errands, key)
	} else {
		s.errands[key] = len(e.value)
	}
}

// find returns where name is among k's refs, or should be.
func (s *state) find(k Key, name content.RefName) (at int, found bool) {
	return slices.BinarySearchFunc(s.refs[k], name.String(), func(n Named, name string) int {
		return cmp.Compare(n.Name.String(), name)
	})
}

func (s *state) ref(k Key, name content.RefName) (Record, bool) {
	if at, ok := s.find(k, name); ok {
		return s.refs[k][at].Record, true
	}
	return Record{Done: s.gone[k][name].Done}, false
}

func (s *state) list(k Key, prefix, after string, limit int) []Named {
	all := s.refs[k]
	from, exact := slices.BinarySearchFunc(all, max(prefix, after), func(n Named, name string) int {
		return cmp.Compare(n.Name.String(), name)
	})
	if exact && all[from].Name.String() == after {
		from++
	}
	to := from
	for to < len(all) && to-from < limit && strings.HasPrefix(all[to].Name.String(), prefix) {
		to++
	}
	return slices.Clone(all[from:to])
}

func (s *state) repo(id content.RepoID) (Repo, bool) {
	at, ok := slices.BinarySearchFunc(s.repos, id.String(), func(r Repo, name string) int {
		return cmp.Compare(r.ID.String(), name)
	})
	if !ok {
		return Repo{}, false
	}
	return s.repos[at], true
}

func (s *state) reposAfter(after string, limit int) []Repo {
	from, exact := slices.BinarySearchFunc(s.repos, after, func(r Repo, name string) int {
		return cmp.Compare(r.ID.String(), name)
	})
	if exact {
		from++
	}
	return slices.Clone(s.repos[from:min(len(s.repos), from+max(limit, 0))])
}

func (s *state) sortedNodes() []Node {
	return slices.SortedFunc(maps.Values(s.nodes), func(a, b Node) int { return cmp.Compare(a.Name, b.Name) })
}
