package wire

import (
	"context"

	"google.golang.org/grpc/metadata"

	"rhapsode/internal/reqid"
)

// requestKey is the metadata field that carries the request id between processes.
const requestKey = "x-request-id"

// WithRequestID sends the request id of ctx along with the calls made under it.
func WithRequestID(ctx context.Context) context.Context {
	if id := reqid.FromContext(ctx); id != "" {
		return metadata.AppendToOutgoingContext(ctx, requestKey, id)
	}
	return ctx
}

// RequestID takes the request id that came with a call into the call's context.
func RequestID(ctx context.Context) context.Context {
	if ids := metadata.ValueFromIncomingContext(ctx, requestKey); len(ids) == 1 && reqid.Good(ids[0]) {
		return reqid.NewContext(ctx, ids[0])
	}
	return ctx
}
