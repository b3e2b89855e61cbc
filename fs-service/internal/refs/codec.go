package refs

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/internal/fault"
)

// The first part of every key says what the record is.
const (
	refPrefix    = "ref/"
	gonePrefix   = "gone/"
	repoPrefix   = "repo/"
	livePrefix   = "live/"
	placePrefix  = "place/"
	nodePrefix   = "node/"
	notePrefix   = "note/"
	errandPrefix = "errand/"
	holdPrefix   = "hold/"
	tokenPrefix  = "token/"
)

func refKey(k Key, name content.RefName) string { return refPrefix + k.String() + "/" + name.String() }
func goneKey(k Key, name content.RefName) string {
	return gonePrefix + k.String() + "/" + name.String()
}
func repoKey(id content.RepoID) string { return repoPrefix + id.String() }
func liveKey(k Key) string             { return livePrefix + k.String() }
func noteKey(name string) string       { return notePrefix + name }
func nodeKey(name string) string       { return nodePrefix + name }
func tokenKey(id string) string        { return tokenPrefix + id }

func errandKey(k content.ErrandKey) string { return errandPrefix + k.String() }
func holdKey(k content.ErrandKey) string   { return holdPrefix + k.String() }

func placeKey(s content.Shard) string {
	if s < 0x10 {
		return placePrefix + "0" + strconv.FormatUint(uint64(s), 16)
	}
	return placePrefix + strconv.FormatUint(uint64(s), 16)
}

// splitRef takes what follows refPrefix or gonePrefix.
func splitRef(rest string) (Key, content.RefName, error) {
	key, name, _ := strings.Cut(rest, "/")
	k, err := ParseKey(key)
	if err != nil {
		return Key{}, content.RefName{}, err
	}
	ref, err := content.ParseRefName(name)
	return k, ref, err
}

// recordFormat is the first byte of a Record.
const recordFormat = 1

const doneSize = len(content.RequestID{}) + content.DigestSize

// encodeRecord writes the format, the target, and each Done as request and commit.
func encodeRecord(r Record) []byte {
	b := make([]byte, 0, 1+content.DigestSize+len(r.Done)*doneSize)
	b = append(b, recordFormat)
	b = append(b, r.Target[:]...)
	for _, d := range r.Done {
		b = append(b, d.Request[:]...)
		b = append(b, d.Commit[:]...)
	}
	return b
}

// decodeRecord reads what encodeRecord wrote; the revision is the store's.
func decodeRecord(b []byte, revision int64) (Record, error) {
	const head = 1 + content.DigestSize
	if len(b) < head || b[0] != recordFormat || (len(b)-head)%doneSize != 0 || len(b) > head+MaxDone*doneSize {
		return Record{}, fault.Newf(fault.Corrupt, "decode ref", "%d bytes that are no record", len(b))
	}
	r := Record{Target: content.Digest(b[1:head]), Revision: revision}
	if n := (len(b) - head) / doneSize; n > 0 {
		r.Done = make([]Done, 0, n)
	}
	for b = b[head:]; len(b) > 0; b = b[doneSize:] {
		request := len(content.RequestID{})
		r.Done = append(r.Done, Done{
			Request: content.RequestID(b[:request]),
			Commit:  content.Digest(b[request:doneSize]),
		})
	}
	return r, nil
}

// repoValue is a Repo in JSON; its name is in the key.
type repoValue struct {
	Key         Key              `json:"key"`
	Pool        content.Pool     `json:"pool"`
	Default     content.RefName  `json:"default"`
	Description string           `json:"description,omitempty"`
	Owner       string           `json:"owner,omitempty"`
	Created     time.Time        `json:"created"`
	Deleted     time.Time        `json:"deleted,omitzero"`
	Renamed     time.Time        `json:"renamed,omitzero"`
	Former      []Key            `json:"former,omitempty"`
	Shared      bool             `json:"shared,omitempty"`
	Origin      Origin           `json:"origin,omitzero"`
	Takedowns   access.Takedowns `json:"takedowns,omitempty"`
	Request     Key              `json:"request"` // sixteen bytes in hexadecimal, as a Key is
}

func encodeRepo(r Repo) ([]byte, error) {
	return json.Marshal(repoValue{
		Key: r.Key, Pool: r.Pool, Default: r.Default, Description: r.Description, Owner: r.Owner,
		Created: r.Created, Deleted: r.Deleted, Renamed: r.Renamed, Former: r.Former, Shared: r.Shared, Origin: r.Origin, Takedowns: r.Takedowns,
		Request: Key(r.Request),
	})
}

func decodeRepo(name string, b []byte, revision int64) (Repo, error) {
	id, err := content.ParseRepoID(name)
	if err != nil {
		return Repo{}, err
	}
	var v repoValue
	if err := json.Unmarshal(b, &v); err != nil {
		return Repo{}, err
	}
	return Repo{
		Key: v.Key, ID: id, Pool: v.Pool, Default: v.Default, Description: v.Description, Owner: v.Owner,
		Created: v.Created, Deleted: v.Deleted, Renamed: v.Renamed, Former: v.Former, Shared: v.Shared, Origin: v.Origin, Takedowns: v.Takedowns,
		Request: content.RequestID(v.Request), Revision: revision,
	}, nil
}

// placeValue is a Placement in JSON; its shard is in the key.
type placeValue struct {
	Replicas []string `json:"replicas"`
}
