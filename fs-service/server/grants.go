package server

import (
	"context"
	"time"

	"rhapsode/fs-service/access"
	"rhapsode/fs-service/grants"
)

// grantRound is how often the data directory is looked at for grants.
const grantRound = time.Second

// takeGrants makes tokens of what is left in the data directory, until ctx ends.
func (s *Server) takeGrants(ctx context.Context) error {
	select {
	case <-s.ready:
	case <-ctx.Done():
		return nil
	}
	tick := time.NewTicker(grantRound)
	defer tick.Stop()
	for {
		err := grants.Take(s.config.DataDir, func(t access.Token) error {
			try, cancel := context.WithTimeout(ctx, 5*time.Second)
			defer cancel()
			return s.refs.PutToken(try, t)
		}, func(name string, err error) {
			s.config.Log.Warn("a grant makes no sense", "file", name, "error", err)
		})
		if err != nil && ctx.Err() == nil {
			s.config.Log.Warn("grants wait", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
