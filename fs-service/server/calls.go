package server

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"rhapsode/fs-service/internal/wire"
	"rhapsode/internal/fault"
	"rhapsode/internal/reqid"
)

// slow is how long a call may take before it is worth a line in the log.
const slow = time.Second

// unary carries the request id and who asks on and logs what went wrong on our side.
func unary(log *slog.Logger) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		ctx = wire.Incoming(ctx)
		begin := time.Now()
		reply, err := handle(ctx, req)
		note(ctx, log, info.FullMethod, begin, err)
		return reply, err
	}
}

func stream(log *slog.Logger) grpc.StreamServerInterceptor {
	return func(srv any, s grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
		ctx := wire.Incoming(s.Context())
		begin := time.Now()
		err := handle(srv, identified{s, ctx})
		note(ctx, log, info.FullMethod, begin, err)
		return err
	}
}

// identified is a stream whose context carries the request id and who asks.
type identified struct {
	grpc.ServerStream
	ctx context.Context
}

func (s identified) Context() context.Context { return s.ctx }

func note(ctx context.Context, log *slog.Logger, method string, begin time.Time, err error) {
	took := time.Since(begin)
	switch kind := fault.Of(wire.FromStatus("", err)); {
	case err != nil && (kind == fault.Internal || kind == fault.Corrupt || kind == fault.Full):
		log.Error("call failed", "method", method, "request", reqid.FromContext(ctx), "took", took, "error", status.Convert(err).Message())
	case err != nil && (kind == fault.Unavailable || kind == fault.Unknown):
		log.Warn("call not served", "method", method, "request", reqid.FromContext(ctx), "took", took, "error", status.Convert(err).Message())
	case took > slow:
		log.Info("slow call", "method", method, "request", reqid.FromContext(ctx), "took", took)
	}
}
