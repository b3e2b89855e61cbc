package wire

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rhapsode/fs-service/internal/wire/pb"
	"rhapsode/internal/fault"
)

// Status turns an error into what gRPC sends. nil stays nil.
func Status(err error) error {
	if err == nil {
		return nil
	}
	f := FaultOf(err)
	s, detailErr := status.New(code(fault.Kind(f.Kind)), f.Text).WithDetails(f)
	if detailErr != nil {
		return status.Error(codes.Internal, f.Text)
	}
	return s.Err()
}

// FromStatus is the inverse of Status. A failure of the connection, or one that the other side
// never saw, is Unavailable if the call certainly had no effect and Unknown if it may
// have had one.
func FromStatus(op string, err error) error {
	if err == nil {
		return nil
	}
	s, ok := status.FromError(err)
	if !ok {
		return &fault.Error{Kind: fault.Of(err), Op: op, Err: err}
	}
	for _, d := range s.Details() {
		if f, ok := d.(*pb.Fault); ok {
			return FromFault(f)
		}
	}
	switch s.Code() {
	case codes.Canceled:
		return &fault.Error{Kind: fault.Canceled, Op: op, Err: context.Canceled}
	case codes.Unavailable, codes.DeadlineExceeded:
		// gRPC says Unavailable also when the connection broke after the request was sent.
		return &fault.Error{Kind: fault.Unknown, Op: op, Err: errors.New(s.Message())}
	case codes.ResourceExhausted:
		return &fault.Error{Kind: fault.TooLarge, Op: op, Err: errors.New(s.Message())}
	case codes.InvalidArgument:
		return &fault.Error{Kind: fault.Invalid, Op: op, Err: errors.New(s.Message())}
	}
	return &fault.Error{Kind: fault.Internal, Op: op, Err: errors.New(s.Message())}
}

// FaultOf is what goes over the wire of err. It may speak of names that are not
// UTF-8, and goes over all the same.
func FaultOf(err error) *pb.Fault {
	var e *fault.Error
	if !errors.As(err, &e) {
		return &pb.Fault{Kind: uint32(fault.Of(err)), Text: printable(err.Error())}
	}
	f := &pb.Fault{Kind: uint32(e.Kind), Op: printable(e.Op), Name: printable(e.Name), Facts: printables(e.Facts)}
	if e.Err != nil {
		f.Text = printable(e.Err.Error())
	}
	return f
}

// printable is text as protobuf takes it.
func printable(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func printables(facts map[string]string) map[string]string {
	if facts == nil {
		return nil
	}
	clean := make(map[string]string, len(facts))
	for name, text := range facts {
		clean[printable(name)] = printable(text)
	}
	return clean
}

// FromFault is the inverse of FaultOf.
func FromFault(f *pb.Fault) error {
	e := &fault.Error{Kind: fault.Kind(f.Kind), Op: f.Op, Name: f.Name, Facts: f.Facts}
	if f.Text != "" {
		e.Err = errors.New(f.Text)
	}
	return e
}

func code(k fault.Kind) codes.Code {
	switch k {
	case fault.Invalid:
		return codes.InvalidArgument
	case fault.NotFound, fault.Gone, fault.Moved:
		return codes.NotFound
	case fault.Unauthenticated:
		return codes.Unauthenticated
	case fault.Forbidden, fault.Withheld:
		return codes.PermissionDenied
	case fault.Stale, fault.Conflict, fault.ReadOnly, fault.Misplaced, fault.Locked:
		return codes.FailedPrecondition
	case fault.TooLarge, fault.Full:
		return codes.ResourceExhausted
	case fault.Unavailable:
		return codes.Unavailable
	case fault.Unknown:
		return codes.Unknown
	case fault.Corrupt:
		return codes.DataLoss
	case fault.Canceled:
		return codes.Canceled
	}
	return codes.Internal
}
