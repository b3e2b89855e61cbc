package refs

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"go.uber.org/zap"

	"rhapsode/internal/fault"
)

// Timing of elections where the options say nothing. A voter that is alone has
// nobody to wait for.
const (
	DefaultHeartbeat = 100 * time.Millisecond
	DefaultElection  = time.Second
	aloneHeartbeat   = 10 * time.Millisecond
	aloneElection    = 100 * time.Millisecond
)

// Bounds of the embedded server.
const (
	compactAfter = 5 * time.Minute
	quota        = 8 << 30  // bytes on disk; then writes are refused as Full
	maxRequest   = 10 << 20 // bytes of a transaction: MaxMoves of 255 bytes and MaxDone each take half of it
	maxOps       = 8192     // of a transaction; a Move that creates has two conditions
	slowRequest  = time.Second
	stopWithin   = 1500 * time.Millisecond // to hand over leadership
)

// ServerOptions says which voter of which cluster this is.
type ServerOptions struct {
	Name           string
	Dir            string            // of its own
	PeerURL        string            // where it listens to the other voters: one of InitialCluster
	ClientURL      string            // where it listens to nodes that are no voters; "": nowhere
	InitialCluster map[string]string // name → peer URL; what counts is the first start
	Token          string            // the same for all voters of a cluster, different for different ones
	Heartbeat      time.Duration     // 0: DefaultHeartbeat
	Election       time.Duration     // 0: DefaultElection; at least five heartbeats
	StartTimeout   time.Duration     // to find the other voters; 0: for ever, since a lone voter's view still serves
	Log            *slog.Logger      // must be set; gets etcd's warnings
}

// Server is a voter of etcd in this process. What it acknowledged is synced on a
// majority of the voters' disks.
type Server struct {
	options ServerOptions
	level   zap.AtomicLevel // of what etcd says that is worth a line
	started chan struct{}   // closed when etcd is set: what is on disk can be read
	ready   chan struct{}   // closed when the cluster takes writes
	stop    chan struct{}   // closed when those attached should let go
	etcd    *embed.Etcd

	mu       sync.Mutex
	stopping bool           // guarded by mu
	attached sync.WaitGroup // added to under mu, while not stopping
}

// NewServer makes a voter at rest.
func NewServer(o ServerOptions) *Server {
	return &Server{
		options: o,
		level:   zap.NewAtomicLevelAt(zap.ErrorLevel), // at the start it warns of what is meant so
		started: make(chan struct{}),
		ready:   make(chan struct{}),
		stop:    make(chan struct{}),
	}
}

// Run is the voter's life, once. It ends with an error if etcd can't start, fails
// or was removed from its cluster.
func (s *Server) Run(ctx context.Context) error {
	cfg, err := s.options.config(zapTo(s.options.Log, s.level))
	if err != nil {
		return err
	}
	etcd, err := embed.StartEtcd(cfg)
	if err != nil {
		return fault.New(fault.Unavailable, "start etcd", s.options.Name, err)
	}
	s.etcd = etcd
	s.level.SetLevel(zap.WarnLevel)
	close(s.started)
	defer s.close()

	joining := make(<-chan time.Time)
	if s.options.StartTimeout > 0 {
		timer := time.NewTimer(s.options.StartTimeout)
		defer timer.Stop()
		joining = timer.C
	}
	ready := etcd.Server.ReadyNotify()
	for {
		select {
		case <-ready:
			close(s.ready)
			ready, joining = nil, nil
		case <-joining:
			return fault.Newf(fault.Unavailable, "start etcd", "%s: no majority of voters within %v", s.options.Name, s.options.StartTimeout)
		case err := <-etcd.Err():
			return fault.New(fault.Unavailable, "run etcd", s.options.Name, err)
		case <-etcd.Server.StopNotify():
			return fault.Newf(fault.Unavailable, "run etcd", "%s has stopped: was it removed from its cluster?", s.options.Name)
		case <-ctx.Done():
			return nil
		}
	}
}

// Ready is closed once the voter is part of a majority.
func (s *Server) Ready() <-chan struct{} { return s.ready }

// Leader says whether this voter leads: a hint.
func (s *Server) Leader() bool {
	select {
	case <-s.started:
		return s.etcd.Server.Leader() == s.etcd.Server.MemberID()
	default:
		return false
	}
}

// hasLeader says whether this voter knows a leader. Only after started.
func (s *Server) hasLeader() bool { return s.etcd.Server.Leader() != 0 }

// attach waits for the start and returns a client that talks to this voter
// without a network, and what to call when it is no longer used: etcd does not
// close its files under a reader's feet.
func (s *Server) attach(ctx context.Context) (*clientv3.Client, func(), error) {
	select {
	case <-s.started:
	case <-ctx.Done():
		return nil, nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return nil, nil, fault.Newf(fault.Unavailable, "reach etcd", "%s is stopping", s.options.Name)
	}
	s.attached.Add(1)
	return v3client.New(s.etcd.Server), s.attached.Done, nil
}

// ended returns an error when the voter is about to stop.
func (s *Server) ended(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-s.stop:
		return fault.Newf(fault.Unavailable, "reach etcd", "%s has stopped", s.options.Name)
	}
}

// close ends etcd once nobody is attached. Leadership is handed over if somebody
// takes it soon.
func (s *Server) close() {
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()
	close(s.stop)
	s.attached.Wait()
	s.level.SetLevel(zap.FatalLevel) // it calls the closing of its own doors an error
	enough := time.AfterFunc(stopWithin, s.etcd.Server.HardStop)
	defer enough.Stop()
	s.etcd.Close()
}

func (o ServerOptions) config(log *zap.Logger) (*embed.Config, error) {
	cfg := embed.NewConfig()
	cfg.Name, cfg.Dir = o.Name, o.Dir
	cfg.ZapLoggerBuilder = embed.NewZapLoggerBuilder(log.With(zap.String("voter", o.Name)))

	peer, err := urls("peer", o.PeerURL)
	if err != nil {
		return nil, err
	}
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = peer, peer
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = nil, nil
	if o.ClientURL != "" {
		client, err := urls("client", o.ClientURL)
		if err != nil {
			return nil, err
		}
		cfg.ListenClientUrls, cfg.AdvertiseClientUrls = client, client
	}
	cfg.InitialCluster, cfg.InitialClusterToken = o.members(), o.Token
	cfg.PreVote, cfg.StrictReconfigCheck = true, true

	heartbeat, election := DefaultHeartbeat, DefaultElection
	if len(o.InitialCluster) <= 1 {
		heartbeat, election = aloneHeartbeat, aloneElection
	}
	if o.Heartbeat > 0 {
		heartbeat = o.Heartbeat
	}
	if o.Election > 0 {
		election = o.Election
	}
	cfg.TickMs, cfg.ElectionMs = uint(heartbeat.Milliseconds()), uint(election.Milliseconds())

	cfg.AutoCompactionMode, cfg.AutoCompactionRetention = embed.CompactorModePeriodic, compactAfter.String()
	cfg.QuotaBackendBytes = quota
	cfg.MaxTxnOps, cfg.MaxRequestBytes = maxOps, maxRequest
	cfg.WarningApplyDuration, cfg.WarningUnaryRequestDuration = slowRequest, slowRequest
	return cfg, nil
}

// members returns the first cluster as etcd spells it.
func (o ServerOptions) members() string {
	all := make([]string, 0, len(o.InitialCluster))
	for name, url := range o.InitialCluster {
		all = append(all, fmt.Sprintf("%s=%s", name, url))
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}

func urls(what, s string) ([]url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return nil, fault.Newf(fault.Invalid, "start etcd", "%q is no %s URL", s, what)
	}
	return []url.URL{*u}, nil
}
