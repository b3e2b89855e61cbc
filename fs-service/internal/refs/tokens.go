package refs

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"rhapsode/fs-service/access"
	"rhapsode/internal/fault"
)

// tokenValue is a Token in JSON; its id is in the key.
type tokenValue struct {
	Hash    string       `json:"hash"`
	User    string       `json:"user"`
	Label   string       `json:"label,omitempty"`
	Created time.Time    `json:"created"`
	Expires time.Time    `json:"expires,omitzero"`
	Scope   access.Scope `json:"scope"`
	Admin   bool         `json:"admin,omitempty"`
}

func encodeToken(t access.Token) ([]byte, error) {
	return json.Marshal(tokenValue{
		Hash: hex.EncodeToString(t.Hash[:]), User: t.User, Label: t.Label,
		Created: t.Created, Expires: t.Expires, Scope: t.Scope, Admin: t.Admin,
	})
}

func decodeToken(id string, b []byte, revision int64) (Token, error) {
	var v tokenValue
	if err := json.Unmarshal(b, &v); err != nil {
		return Token{}, err
	}
	t := Token{Revision: revision, Token: access.Token{
		ID: id, User: v.User, Label: v.Label, Created: v.Created, Expires: v.Expires, Scope: v.Scope, Admin: v.Admin,
	}}
	hash, err := hex.DecodeString(v.Hash)
	if err == nil && len(hash) != len(t.Hash) {
		err = fault.Newf(fault.Corrupt, "decode token", "a hash of %d bytes", len(hash))
	}
	copy(t.Hash[:], hash)
	return t, err
}

// PutToken is as Refs says.
func (l *ledger) PutToken(ctx context.Context, t access.Token) error {
	if err := t.Check(); err != nil {
		return err
	}
	value, err := encodeToken(t)
	if err != nil {
		return fault.New(fault.Internal, "put token", t.ID, err)
	}
	key := tokenKey(t.ID)
	o, _, err := l.settle(ctx, "put token", transaction{
		conditions: []condition{{key, "=", 0}},
		puts:       []put{{key: key, value: value}},
		look:       []string{key},
	})
	if err != nil {
		return err
	}
	l.caughtUp(ctx, o.revision)
	if !o.done && !bytes.Equal(o.seen[0].value, value) {
		return fault.Newf(fault.Stale, "put token", "%s is there", t.ID)
	}
	return nil
}

// DeleteToken is as Refs says.
func (l *ledger) DeleteToken(ctx context.Context, id string) error {
	key := tokenKey(id)
	o, lost, err := l.settle(ctx, "delete token", transaction{
		conditions: []condition{{key, ">", 0}},
		deletes:    []string{key},
		look:       []string{key},
	})
	if err != nil {
		return err
	}
	l.caughtUp(ctx, o.revision)
	if !o.done && !lost {
		return &fault.Error{Kind: fault.NotFound, Op: "token", Name: id}
	}
	return nil
}

func (s *state) applyToken(id string, e entry) error {
	if e.value == nil {
		delete(s.tokens, id)
		return nil
	}
	t, err := decodeToken(id, e.value, e.revision)
	if err == nil {
		s.tokens[id] = t
	}
	return err
}

func (s *state) tokensAfter(after string, limit int) []Token {
	all := slices.SortedFunc(maps.Values(s.tokens), func(a, b Token) int { return cmp.Compare(a.ID, b.ID) })
	from, exact := slices.BinarySearchFunc(all, after, func(t Token, id string) int { return cmp.Compare(t.ID, id) })
	if exact {
		from++
	}
	return all[from:min(len(all), from+max(limit, 0))]
}
