package refs

// Kill ends the voter without handing over its leadership, as a crash would.
// Its Run returns an error.
func (s *Server) Kill() { s.etcd.Server.HardStop() }
