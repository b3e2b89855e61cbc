package gitserve

func (c *conversation) receivePack(in interface{ Read([]byte) (int, error) }) error { return nil }
