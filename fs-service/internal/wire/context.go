package wire

import (
	"context"

	"google.golang.org/grpc/metadata"

	"rhapsode/internal/caller"
	"rhapsode/internal/reqid"
)

// The metadata that carries a context's values between processes.
const (
	requestKey = "x-request-id"
	callerKey  = "x-rhapsode-caller"
	behalfKey  = "x-rhapsode-behalf"
)

// Outgoing sends the request id of ctx, and what who asks brought, along with the calls made under it.
func Outgoing(ctx context.Context) context.Context {
	sent := metadata.MD{}
	if id := reqid.FromContext(ctx); id != "" {
		sent.Set(requestKey, id)
	}
	switch c := caller.FromContext(ctx); {
	case c.For() != "":
		sent.Set(behalfKey, c.For())
	case !c.IsZero():
		sent.Set(callerKey, c.Reveal())
	}
	return metadata.NewOutgoingContext(ctx, sent)
}

// Incoming takes what Outgoing sent into the call's context.
func Incoming(ctx context.Context) context.Context {
	if ids := metadata.ValueFromIncomingContext(ctx, requestKey); len(ids) == 1 && reqid.Good(ids[0]) {
		ctx = reqid.NewContext(ctx, ids[0])
	}
	if texts := metadata.ValueFromIncomingContext(ctx, callerKey); len(texts) == 1 {
		ctx = caller.NewContext(ctx, caller.Bearing(texts[0]))
	}
	if ids := metadata.ValueFromIncomingContext(ctx, behalfKey); len(ids) == 1 {
		ctx = caller.NewContext(ctx, caller.Behalf(ids[0]))
	}
	return ctx
}
