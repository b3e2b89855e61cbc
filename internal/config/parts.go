package config

import (
	"log/slog"
	"time"
)

// File is a configuration file's whole shape: a section a part.
type File struct {
	Up    Up    `key:"up"`
	Serve Serve `key:"serve"`
	FS    FS    `key:"fs-service"`
	API   API   `key:"repo-api"`
	LB    LB    `key:"lb"`
}

// Up is the whole picture on one machine.
type Up struct {
	Data      string     `key:"data" default:"./data" usage:"directory that holds everything"`
	Nodes     int        `key:"nodes" default:"3" min:"1" max:"9" usage:"number of fs-services"`
	APIs      int        `key:"apis" default:"2" min:"1" max:"16" usage:"number of repo-apis"`
	Port      int        `key:"port" default:"8080" min:"0" max:"65535" usage:"port of the front door on loopback; 0: any free one"`
	Balancer  Balancer   `key:"balancer" default:"auto" usage:"auto, nginx or builtin; auto: nginx where it is or can be had"`
	NoImport  bool       `key:"no-import" default:"false" usage:"don't import the example book the first time"`
	MaxBody   Bytes      `key:"max-body" default:"2GiB" usage:"largest body of a request"`
	Anonymous Anonymous  `key:"anonymous" default:"none" usage:"what who brings no token may do everywhere: none (read what is public), reader, author or admin"`
	LogLevel  slog.Level `key:"log-level" default:"info" usage:"debug, info, warn or error"`
}

// Serve is the whole service in one process.
type Serve struct {
	Data      string     `key:"data" default:"./data-serve" usage:"directory that holds everything"`
	Listen    Addr       `key:"listen" default:"127.0.0.1:8080" usage:"where HTTP is served"`
	MaxBody   Bytes      `key:"max-body" default:"2GiB" usage:"largest body of a request"`
	LogLevel  slog.Level `key:"log-level" default:"info" usage:"debug, info, warn or error"`
	Limit     Limit      `key:"limit"`
	Proxies   Networks   `key:"proxies" default:"127.0.0.0/8,::1/128" usage:"networks whose X-Forwarded-For is believed"`
	Anonymous Anonymous  `key:"anonymous" default:"none" usage:"what who brings no token may do everywhere: none (read what is public), reader, author or admin"`
}

// FS is one node of the file system.
type FS struct {
	Name          string        `key:"name" default:"fs1" usage:"name of this node, unique and for ever"`
	Data          string        `key:"data" default:"./data" usage:"directory of this node"`
	Listen        Addr          `key:"listen" default:"127.0.0.1:7100" usage:"where gRPC is served"`
	Advertise     Addr          `key:"advertise" default:"" usage:"where others reach it; empty: as listen"`
	Voters        []string      `key:"voters" default:"fs1=http://127.0.0.1:7200" usage:"members of etcd, name=http://peer each"`
	EtcdClient    string        `key:"etcd-client" default:"" usage:"URL where etcd serves nodes that are no voters; empty: nowhere"`
	EtcdEndpoints []string      `key:"etcd-endpoints" default:"" usage:"the voters' client URLs, for a node that is none"`
	Nodes         []string      `key:"nodes" default:"" usage:"names of all nodes of the first cluster; empty: the voters"`
	Replicas      int           `key:"replicas" default:"3" min:"1" max:"7" usage:"copies of each shard, as far as there are nodes"`
	Heartbeat     time.Duration `key:"heartbeat" default:"0s" min:"0s" max:"10s" usage:"of etcd's leader; 0s: what suits the number of voters"`
	Election      time.Duration `key:"election" default:"0s" min:"0s" max:"50s" usage:"silence after which etcd elects another leader, 5 to 10 heartbeats; 0s: what suits"`
	Anonymous     Anonymous     `key:"anonymous" default:"none" usage:"what who brings no token may do everywhere: none (read what is public), reader, author or admin"`
	LogLevel      slog.Level    `key:"log-level" default:"info" usage:"debug, info, warn or error"`
	Gossip        Gossip        `key:"gossip"`
}

// API is one front end.
type API struct {
	Name      string     `key:"name" default:"api1" usage:"name of this front end, unique"`
	Listen    Addr       `key:"listen" default:"127.0.0.1:8081" usage:"where HTTP is served"`
	Advertise Addr       `key:"advertise" default:"" usage:"where the balancer reaches it; empty: as listen"`
	Metrics   Addr       `key:"metrics" default:"" usage:"a door of its own for /metrics; empty: the same"`
	Data      string     `key:"data" default:"./data" usage:"directory for bodies that are being received"`
	MaxBody   Bytes      `key:"max-body" default:"2GiB" usage:"largest body of a request"`
	Cache     Bytes      `key:"cache" default:"64MiB" usage:"memory for bodies of documents"`
	LogLevel  slog.Level `key:"log-level" default:"info" usage:"debug, info, warn or error"`
	Gossip    Gossip     `key:"gossip"`
	Limit     Limit      `key:"limit"`
	Proxies   Networks   `key:"proxies" default:"127.0.0.0/8,::1/128" usage:"networks whose X-Forwarded-For is believed"`
}

// Limit is how often clients may ask one front end.
type Limit struct {
	Caller  int  `key:"caller" default:"200" min:"0" max:"1000000" usage:"requests a second of who says who it is; 0: no limit"`
	Address int  `key:"address" default:"500" min:"0" max:"1000000" usage:"requests a second from one address; 0: no limit"`
	Burst   int  `key:"burst" default:"10" min:"1" max:"600" usage:"how many seconds' requests may come at once"`
	Local   bool `key:"local" default:"false" usage:"limit clients on this machine too"`
}

// LB is what stands in front of the APIs.
type LB struct {
	Name     string        `key:"name" default:"lb1" usage:"name of this balancer, unique"`
	Data     string        `key:"data" default:"./data" usage:"directory for nginx's configuration, logs and temporary files"`
	Listen   Addr          `key:"listen" default:"127.0.0.1:8080" usage:"the front door"`
	Hosts    []string      `key:"hosts" default:"" usage:"names this service goes by, others get 421; empty: any name"`
	Balancer Balancer      `key:"balancer" default:"auto" usage:"auto, nginx or builtin; auto: nginx where it is"`
	Nginx    string        `key:"nginx" default:"" usage:"path of nginx; empty: it is looked for"`
	MaxBody  Bytes         `key:"max-body" default:"2GiB" usage:"largest body of a request"`
	Patience time.Duration `key:"patience" default:"60s" min:"1s" max:"1h" usage:"how long an API may be silent before a client gets 504"`
	LogLevel slog.Level    `key:"log-level" default:"info" usage:"debug, info, warn or error"`
	Gossip   Gossip        `key:"gossip"`
}

// Gossip is a part's place in the ring.
type Gossip struct {
	Cell      string        `key:"cell" default:"rhapsode" usage:"only members of the same cell meet"`
	Bind      Addr          `key:"bind" default:"127.0.0.1:7946" usage:"where gossip listens, UDP and TCP"`
	Advertise Addr          `key:"advertise" default:"" usage:"where others reach it; empty: as bind"`
	Join      []string      `key:"join" default:"" usage:"gossip addresses of some members"`
	Probe     time.Duration `key:"probe" default:"250ms" min:"50ms" max:"10s" usage:"how often a member asks another whether it lives"`
}
