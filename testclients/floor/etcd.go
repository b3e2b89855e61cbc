package floor

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"

	"rhapsode/testclients/latency"
)

// members is how many an Etcd has.
const members = 3

// Etcd is a cluster with etcd's own defaults.
type Etcd struct {
	processes []*process
	client    *clientv3.Client // of the leader: one hop less than any other way
}

// StartEtcd starts one that keeps its files under dir.
func StartEtcd(ctx context.Context, dir string) (_ *Etcd, err error) {
	e := &Etcd{}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Stop())
		}
	}()
	peers, err := freeURLs(members)
	if err != nil {
		return nil, err
	}
	var cluster []string
	for i, u := range peers {
		cluster = append(cluster, fmt.Sprintf("m%d=%s", i, u))
	}
	for i := range members {
		p, err := start("etcd", fmt.Sprintf("m%d", i), filepath.Join(dir, fmt.Sprintf("m%d", i)), peers[i], strings.Join(cluster, ","))
		if err != nil {
			return e, err
		}
		e.processes = append(e.processes, p)
	}
	var endpoints []string
	for _, p := range e.processes { // they become ready together
		where, err := p.ready()
		if err != nil {
			return e, err
		}
		endpoints = append(endpoints, where)
	}
	e.client, err = leader(ctx, endpoints)
	return e, err
}

// leader returns a client of that endpoint which leads.
func leader(ctx context.Context, endpoints []string) (*clientv3.Client, error) {
	for _, ep := range endpoints {
		c, err := clientv3.New(clientv3.Config{Endpoints: []string{ep}, DialTimeout: startTime})
		if err != nil {
			return nil, err
		}
		status, err := c.Status(ctx, ep)
		if err == nil && status.Leader == status.Header.MemberId {
			return c, nil
		}
		if err = errors.Join(err, c.Close()); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("floor: no etcd member leads")
}

// freeURLs finds ports that nobody listens on.
func freeURLs(n int) (urls []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		urls = append(urls, "http://"+l.Addr().String())
	}
	return urls, nil
}

// Stop ends the members.
func (e *Etcd) Stop() error {
	var errs []error
	if e.client != nil {
		errs = append(errs, e.client.Close())
	}
	for _, p := range e.processes {
		errs = append(errs, p.stop())
	}
	return errors.Join(errs...)
}

// Puts is what Put measured.
type Puts struct {
	Rate   float64 // a second
	P50    time.Duration
	P99    time.Duration
	Failed int64
}

// Put has writers, each with a key of its own, put size random bytes again and
// again until ctx ends or the time is up. The first warmUp is not counted.
func (e *Etcd) Put(ctx context.Context, writers, size int, warmUp, count time.Duration) Puts {
	begin := time.Now().Add(warmUp)
	end := begin.Add(count)
	var (
		wg     sync.WaitGroup
		times  = make([]latency.Histogram, writers)
		failed = make([]int64, writers)
	)
	for i := range writers {
		wg.Go(func() {
			value := make([]byte, size)
			for ctx.Err() == nil && time.Now().Before(end) {
				rand.Read(value) // never fails: crypto/rand
				start := time.Now()
				_, err := e.client.Put(ctx, fmt.Sprintf("writer/%02d", i), string(value))
				switch {
				case start.Before(begin):
				case err != nil:
					failed[i]++
				default:
					times[i].Add(time.Since(start))
				}
			}
		})
	}
	wg.Wait()
	var all latency.Histogram
	var p Puts
	for i := range writers {
		all.Merge(&times[i])
		p.Failed += failed[i]
	}
	p.Rate = float64(all.Total()) / count.Seconds()
	p.P50, p.P99 = all.Quantile(0.5), all.Quantile(0.99)
	return p
}

// serveMember is the life of one member's process.
func serveMember(ctx context.Context, args []string) error {
	if len(args) != 4 {
		return errors.New("floor: etcd NAME DIR PEER-URL CLUSTER")
	}
	cfg := embed.NewConfig()
	cfg.Name, cfg.Dir, cfg.InitialCluster = args[0], args[1], args[3]
	peer, err := url.Parse(args[2])
	if err != nil {
		return err
	}
	client := url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = []url.URL{*peer}, []url.URL{*peer}
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	cfg.LogLevel = "fatal"
	member, err := embed.StartEtcd(cfg)
	if err != nil {
		return err
	}
	ready := member.Server.ReadyNotify()
	for {
		select {
		case <-ready:
			fmt.Println(member.Clients[0].Addr())
			ready = nil
		case err := <-member.Err():
			return err
		case <-ctx.Done():
			return nil // no Close: it would hand over the lead for seconds, and the files have served
		}
	}
}
