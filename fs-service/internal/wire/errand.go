package wire

import (
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/wire/pb"
	"rhapsode/internal/fault"
)

// FromErrand writes an errand.
func FromErrand(e content.Errand) *pb.ErrandRequest {
	return &pb.ErrandRequest{Key: e.Key[:], Asked: e.Asked[:], Owner: e.Owner[:], Hold: int64(e.Hold / time.Second)}
}

// Errand reads an errand.
func Errand(p *pb.ErrandRequest) (e content.Errand, err error) {
	if e.Key, err = ErrandKey(p.GetKey()); err != nil {
		return e, err
	}
	if len(p.Asked) != len(e.Asked) {
		return e, fault.Newf(fault.Invalid, "errand", "a hash of %d bytes", len(p.Asked))
	}
	e.Asked, e.Hold = [32]byte(p.Asked), time.Duration(p.Hold)*time.Second
	e.Owner, err = Request(p.Owner)
	return e, err
}

// ErrandKey reads the key of an errand.
func ErrandKey(b []byte) (content.ErrandKey, error) {
	if len(b) != len(content.ErrandKey{}) {
		return content.ErrandKey{}, fault.Newf(fault.Invalid, "errand", "a key of %d bytes", len(b))
	}
	return content.ErrandKey(b), nil
}

// FromAttempt writes what is known of an errand.
func FromAttempt(a content.Attempt) *pb.ErrandReply {
	return &pb.ErrandReply{Errand: FromErrand(a.Errand), State: uint32(a.State), Answer: a.Answer}
}

// Attempt reads what is known of an errand.
func Attempt(p *pb.ErrandReply) (content.Attempt, error) {
	e, err := Errand(p.Errand)
	return content.Attempt{Errand: e, State: content.ErrandState(p.State), Answer: p.Answer}, err
}
