package gossip_test

import (
	"bufio"
	"context"
	"log/slog"
	"os"
	"os/exec"
	"testing"
	"time"

	"rhapsode/internal/gossip"
)

// TestDeathIsNoticed kills a real process, which has no chance to say farewell.
func TestDeathIsNoticed(t *testing.T) {
	if addr := os.Getenv("GOSSIP_VICTIM"); addr != "" {
		victim(t, addr, os.Getenv("GOSSIP_SEED"))
		return
	}
	a := start(t, "a", free(t), gossip.Meta{})
	b := start(t, "b", free(t), gossip.Meta{}, a.addr)

	cmd := exec.Command(os.Args[0], "-test.run=^TestDeathIsNoticed$")
	cmd.Env = append(os.Environ(), "GOSSIP_VICTIM="+free(t), "GOSSIP_SEED="+a.addr)
	stdin, err := cmd.StdinPipe() // its end tells the victim that this test is gone
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, a, "the victim", names("a", "b", "victim"))
	await(t, b, "the victim", names("a", "b", "victim"))

	killed := time.Now()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() // it was killed: that is its error
	await(t, a, "the death", names("a", "b"))
	await(t, b, "the death", names("a", "b"))
	if d := time.Since(killed); d > 5*time.Second { // 2 s on a machine with nothing else to do
		t.Errorf("noticed after %v", d)
	} else {
		t.Logf("noticed after %v", d)
	}
}

func victim(t *testing.T, addr, seed string) {
	r, err := gossip.New(gossip.Options{
		Name: "victim", Cell: "test", Bind: addr, Join: []string{seed}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	bufio.NewReader(os.Stdin).ReadByte() // until killed
	cancel()
	<-ended
}
