// Command rhapsode is every part of Rhapsode and every command of those who
// run it. It is the only place that knows all the rooms: each file is one
// command and wires what that command needs.
//
// Exit codes: 0 it worked, 1 it failed, 2 it was asked wrongly; what else a command has
// to say by them is in its help.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends the process at once
	os.Exit(execute(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
