package nginx_test

import (
	"strings"
	"testing"
	"time"

	"rhapsode/deploy/nginx"
	"rhapsode/internal/fault"
)

func TestRenderNamesTheLiving(t *testing.T) {
	conf, err := nginx.Render(nginx.Config{Listen: "127.0.0.1:8080", Upstreams: []string{"127.0.0.1:1", "[::1]:2"}, MaxBody: 5, Patience: 7 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"server 127.0.0.1:1 ", "server [::1]:2 ", "listen 127.0.0.1:8080 default_server;", "client_max_body_size 5;", "proxy_read_timeout 7s;"} {
		if !strings.Contains(string(conf), want) {
			t.Errorf("no %q in\n%s", want, conf)
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	good := func() nginx.Config { return nginx.Config{Listen: "127.0.0.1:80", MaxBody: 1, Patience: time.Minute} }
	tests := []struct {
		name  string
		spoil func(*nginx.Config)
	}{
		{"no address", func(c *nginx.Config) { c.Listen = "" }},
		{"port 0", func(c *nginx.Config) { c.Listen = "127.0.0.1:0" }},
		{"a directive in an upstream", func(c *nginx.Config) { c.Upstreams = []string{"a;include x:1"} }},
		{"an upstream without port", func(c *nginx.Config) { c.Upstreams = []string{"a"} }},
		{"a directive in a host", func(c *nginx.Config) { c.Hosts = []string{"a; return 200"} }},
		{"a variable in a host", func(c *nginx.Config) { c.Hosts = []string{"$host"} }},
		{"a directive in the user", func(c *nginx.Config) { c.User = "root;" }},
		{"no limit", func(c *nginx.Config) { c.MaxBody = 0 }},
		{"no patience", func(c *nginx.Config) { c.Patience = 0 }},
	}
	if _, err := nginx.Render(good()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := good()
			tt.spoil(&c)
			if _, err := nginx.Render(c); !fault.Is(err, fault.Invalid) {
				t.Errorf("error is %v, not invalid", err)
			}
		})
	}
}
