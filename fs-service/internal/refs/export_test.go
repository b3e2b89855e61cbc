package refs

import "context"

// Kill ends the voter without handing over its leadership, as a crash would.
// Its Run returns an error.
func (s *Server) Kill() { s.etcd.Server.HardStop() }

// PlainPut is etcd without anything of ours, as a floor for benchmarks.
func (e *Etcd) PlainPut(ctx context.Context, key, value string) error {
	_, err := e.etcd.client.Put(ctx, key, value)
	return err
}
