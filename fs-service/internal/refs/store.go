package refs

import (
	"context"
	"errors"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"rhapsode/internal/fault"
)

const (
	everything = "\x00" // the first key there can be
	pageSize   = 5000   // records
	keepAlive  = 2 * time.Second
)

// etcdStore is the store that is etcd.
type etcdStore struct {
	server    *Server       // nil: etcd is elsewhere
	connected chan struct{} // closed when client is set
	client    *clientv3.Client
}

func (s *etcdStore) connect(c *clientv3.Client) {
	s.client = c
	close(s.connected)
}

// available returns why a request would be in vain, before it is sent. Without
// this, what is sent while there is no leader has an unknown outcome.
func (s *etcdStore) available(ctx context.Context) error {
	select {
	case <-s.connected:
	case <-ctx.Done():
		return fault.New(fault.Unavailable, "reach etcd", "", ctx.Err())
	}
	if s.server != nil && !s.server.hasLeader() {
		return fault.Newf(fault.Unavailable, "reach etcd", "there is no leader")
	}
	return nil
}

// transact is as store says.
func (s *etcdStore) transact(ctx context.Context, t transaction) (outcome, error) {
	if err := s.available(ctx); err != nil {
		return outcome{}, err
	}
	ctx = clientv3.WithRequireLeader(ctx)
	then, err := s.operations(ctx, t)
	if err != nil {
		return outcome{}, err
	}
	conditions := make([]clientv3.Cmp, len(t.conditions))
	for i, c := range t.conditions {
		conditions[i] = clientv3.Compare(clientv3.ModRevision(c.key), c.relation, c.revision)
	}
	look := make([]clientv3.Op, len(t.look))
	for i, key := range t.look {
		look[i] = clientv3.OpGet(key)
	}
	r, err := s.client.Txn(ctx).If(conditions...).Then(then...).Else(look...).Commit()
	if err != nil {
		return outcome{}, fault.New(kindOfWrite(err), "transact", "", err)
	}
	o := outcome{done: r.Succeeded, revision: r.Header.Revision}
	if o.done {
		return o, nil
	}
	o.seen = make([]entry, len(t.look))
	for i, key := range t.look {
		o.seen[i].key = key
		for _, kv := range r.Responses[i].GetResponseRange().Kvs {
			o.seen[i].value, o.seen[i].revision = kv.Value, kv.ModRevision
		}
	}
	return o, nil
}

// operations returns what t writes, with a lease for what expires. A lease that
// is granted and not used ends by itself.
func (s *etcdStore) operations(ctx context.Context, t transaction) ([]clientv3.Op, error) {
	ops := make([]clientv3.Op, 0, len(t.puts)+len(t.deletes))
	leases := make(map[time.Duration]clientv3.LeaseID, 1)
	for _, p := range t.puts {
		if p.expires == 0 {
			ops = append(ops, clientv3.OpPut(p.key, string(p.value)))
			continue
		}
		if _, ok := leases[p.expires]; !ok {
			granted, err := s.client.Grant(ctx, int64(p.expires/time.Second))
			if err != nil {
				return nil, fault.New(kindOfRead(err), "grant lease", p.key, err)
			}
			leases[p.expires] = granted.ID
		}
		ops = append(ops, clientv3.OpPut(p.key, string(p.value), clientv3.WithLease(leases[p.expires])))
	}
	for _, key := range t.deletes {
		ops = append(ops, clientv3.OpDelete(key))
	}
	return ops, nil
}

// current returns a revision that was the latest at some time during the call.
func (s *etcdStore) current(ctx context.Context) (int64, error) {
	if err := s.available(ctx); err != nil {
		return 0, err
	}
	r, err := s.client.Get(clientv3.WithRequireLeader(ctx), everything, clientv3.WithCountOnly())
	if err != nil {
		return 0, fault.New(kindOfRead(err), "ask for the revision", "", err)
	}
	return r.Header.Revision, nil
}

// page is some of all records, ordered by key.
type page struct {
	entries  []entry
	revision int64
	next     string // the first key of the next page; "": this is the last
}

// page returns the records from the key from on, as they were at revision; 0: as
// the nearest voter has them now.
func (s *etcdStore) page(ctx context.Context, from string, revision int64) (page, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*tryFor)
	defer cancel()
	r, err := s.client.Get(ctx, from, clientv3.WithFromKey(), clientv3.WithLimit(pageSize),
		clientv3.WithSerializable(), clientv3.WithRev(revision))
	if err != nil {
		return page{}, fault.New(kindOfRead(err), "load refs", from, err)
	}
	p := page{revision: revision, entries: make([]entry, len(r.Kvs))}
	if revision == 0 {
		p.revision = r.Header.Revision
	}
	for i, kv := range r.Kvs {
		p.entries[i] = entry{key: string(kv.Key), value: kv.Value, revision: kv.ModRevision}
	}
	if r.More {
		p.next = p.entries[len(p.entries)-1].key + "\x00"
	}
	return p, nil
}

// kindOfWrite says what err of a write means. What etcd says before it proposes
// is certain; for all else the proposal may be on its way.
func kindOfWrite(err error) fault.Kind {
	switch {
	case errors.Is(err, rpctypes.ErrNoSpace):
		return fault.Full
	case errors.Is(err, rpctypes.ErrRequestTooLarge), errors.Is(err, rpctypes.ErrTooManyOps):
		return fault.TooLarge
	case errors.Is(err, rpctypes.ErrTooManyRequests), errors.Is(err, rpctypes.ErrNoLeader), errors.Is(err, rpctypes.ErrLeaseNotFound):
		return fault.Unavailable
	}
	return fault.Unknown
}

// kindOfRead says what err means of a request that changes no record: a lost
// answer is as good as none.
func kindOfRead(err error) fault.Kind {
	if kind := kindOfWrite(err); kind != fault.Unknown {
		return kind
	}
	return fault.Unavailable
}
