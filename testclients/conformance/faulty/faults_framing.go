package faulty

func framingFaults() []Fault {
	return []Fault{
		{Name: "two Hosts accepted", rules: func(r *rules) { r.twoHosts = true }, Cases: []string{"9112/3.2/two-hosts"}},
		{Name: "Content-Length and Transfer-Encoding accepted", rules: func(r *rules) { r.lengthAndChunks = true }, Cases: []string{"9112/6.1/length-and-chunks"}},
		{Name: "two lengths accepted", rules: func(r *rules) { r.lengthsDiffer = true }, Cases: []string{"9112/6.3/two-lengths", "9112/6.3/list-of-lengths"}},
		{Name: "content cut short is taken", rules: func(r *rules) { r.shortIsWhole = true }, Cases: []string{"9112/6.3/cut"}},
		{Name: "a broken message is 500", rules: func(r *rules) { r.oursToBlame = true }, Cases: []string{
			"9112/2.2/bare-lf", "9112/5.2/folding", "9112/3.2/no-host", "9112/3.2/bad-host", "9112/3/space", "9112/5.1/space-before-colon",
			"9112/5.5/controls", "9112/6.3/bad-chunk", "9112/6.3/not-chunked-last", "9112/6.3/signed-length", "9112/6.3/negative-length", "9112/6.3/hex-length",
		}},
		{Name: "any Host accepted", rules: func(r *rules) { r.anyHost = true }, Cases: []string{"9112/3.2/no-host", "9112/3.2/two-hosts", "9112/3.2/bad-host"}},
		{Name: "white space before the colon accepted", rules: func(r *rules) { r.looseNames = true }, Cases: []string{"9112/5.1/space-before-colon"}},
		{Name: "a length with a sign accepted", rules: func(r *rules) { r.looseLengths = true }, Cases: []string{"9112/6.3/signed-length"}},
		{Name: "what follows a chunk is dropped", rules: func(r *rules) { r.looseChunks = true }, Cases: []string{"9112/6.3/bad-chunk"}},
		{Name: "a folded line is dropped", rules: func(r *rules) { r.foldIgnored = true }, Cases: []string{"9112/5.2/folding"}},
		{Name: "field names have a case", rules: func(r *rules) { r.caseMatters = true }, Cases: []string{"9112/5/spaces"}},
		{Name: "chunks refused", rules: func(r *rules) { r.noChunks = true }, Cases: []string{"9112/7.1/chunked"}},
		{Name: "absolute form refused", rules: func(r *rules) { r.noAbsolute = true }, Cases: []string{"9112/3.2.2/absolute-form"}},
		{Name: "one request a connection", before: func(r *request) { r.shut = true }, Cases: []string{"9112/9.3/persistent"}},
		{Name: "Connection: close ignored", before: func(r *request) { r.shut = false }, Cases: []string{"9112/9.6/close"}},
		{Name: "expectations refused", rules: func(r *rules) { r.expectNever = true },
			Cases: []string{"9110/10.1.1/continue", "9110/10.1.1/refused", "9110/10.1.1/unknown"}},
		{Name: "any length awaited", rules: func(r *rules) { r.anyLength = true }, Cases: []string{"9110/15.5.14/before-the-content"}},
		{Name: "any target read", rules: func(r *rules) { r.anyTarget = true }, Cases: []string{"9110/15.5.15/uri"}},
		{Name: "any header section read", rules: func(r *rules) { r.anyHead = true }, Cases: []string{"6585/5/fields"}},
		{Name: "any version spoken", rules: func(r *rules) { r.anyVersion = true }, Cases: []string{"9110/15.6.6/version"}},
	}
}
