package local

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rhapsode/internal/fault"
)

// actor is a program that plays every part: it notes when it comes and goes.
const actor = `#!/bin/sh
echo "$1 $3 up" >> "$JOURNAL"
trap 'echo "$1 $3 down" >> "$JOURNAL"; exit 0' TERM
while :; do sleep 0.01; done
`

// readJournal waits until the journal has n lines.
func readJournal(t *testing.T, path string, n int) []string {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for {
		text, _ := os.ReadFile(path) // it may not be there yet
		if lines := strings.Split(strings.TrimSpace(string(text)), "\n"); len(lines) >= n {
			return lines
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("never %d lines: %s", n, text)
		}
	}
}

func TestCellStopsInOrder(t *testing.T) {
	dir := t.TempDir()
	binary, journal := filepath.Join(dir, "actor"), filepath.Join(dir, "journal")
	if err := os.WriteFile(binary, []byte(actor), 0o750); err != nil {
		t.Fatal(err)
	}
	t.Setenv("JOURNAL", journal)
	var out bytes.Buffer
	options := Options{
		Dir: filepath.Join(dir, "data"), Shape: Shape{Nodes: 3, APIs: 2}, Binary: binary, MaxBody: 1, LogLevel: "info",
		Dice: dice(t), Out: &out,
	}
	cell, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	defer cell.Close()
	if _, err := New(options); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second cell on the same data: %v, not a conflict", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- cell.Run(ctx) }()
	up := readJournal(t, journal, 6)
	slices.Sort(up)
	if got := strings.Join(up, ", "); got != "fs-service fs1 up, fs-service fs2 up, fs-service fs3 up, lb lb1 up, repo-api api1 up, repo-api api2 up" {
		t.Errorf("up went %s", got)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	down := readJournal(t, journal, 12)[6:]
	for i := range down {
		down[i], _, _ = strings.Cut(down[i], " ")
	}
	if got := strings.Join(down, " "); got != "lb repo-api repo-api fs-service fs-service fs-service" {
		t.Errorf("down went %s", got)
	}
	if out.Len() != 0 {
		t.Errorf("it told %q", out.String())
	}
}

func TestCommandLines(t *testing.T) {
	cell, err := New(Options{
		Dir: t.TempDir(), Shape: Shape{Nodes: 5, APIs: 1}, Binary: "rhapsode", Nginx: "/usr/sbin/nginx", MaxBody: 7,
		LogLevel: "warn", Config: "/etc/r.yaml", Dice: dice(t), Out: &bytes.Buffer{},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer cell.Close()
	has := func(part Part, want ...string) {
		t.Helper()
		line := strings.Join(cell.args(part), " ")
		for _, w := range want {
			if !strings.Contains(line, w) {
				t.Errorf("no %q in %s", w, line)
			}
		}
	}
	p := cell.Plan()
	fs1, fs4 := p.Parts[0], p.Parts[3]
	has(fs1, "fs-service --name fs1", "--nodes fs1,fs2,fs3,fs4,fs5", "--voters fs1="+fs1.Peer+",fs2=", "--etcd-client "+fs1.Client,
		"--gossip-cell "+p.Cell, "--config /etc/r.yaml", "--log-level warn")
	has(fs4, "--etcd-endpoints "+fs1.Client+",")
	has(p.Role(RoleAPI)[0], "repo-api --name api1", "--max-body 7")
	has(p.Role(RoleLB)[0], "lb --name lb1 --listen "+p.Front, "--balancer nginx", "--nginx /usr/sbin/nginx")
}
