package main

import "context"

// welcome is what the person at the terminal is told once the service is ready. Each line
// that begins with two spaces and a command works as it stands, in this order.
type welcome struct {
	url    string
	data   string   // the data directory
	first  string   // an admin's token, told this once; "": it was told at the first start
	closed bool     // it takes a token to do more than to read what is published
	tries  []string // what curl may be told
}

func (w welcome) lines() []string {
	lines := []string{"Rhapsode is ready at " + w.url + "  (Ctrl-C stops it)"}
	another := "rhapsode token new --admin --data " + w.data
	switch {
	case w.first != "":
		lines = append(lines, "", "An admin's token, shown this once ("+another+" makes another):",
			"  export "+tokenVariable+"="+w.first,
			"  curl "+bearing+w.url+"/me")
	case w.closed:
		lines = append(lines, "Who brings no token reads what is published. For an admin's: "+another)
	}
	if len(w.tries) > 0 {
		lines = append(lines, "", "Worth trying:")
	}
	for _, try := range w.tries {
		if w.closed {
			try = bearing + try
		}
		lines = append(lines, "  curl "+try)
	}
	return lines
}

// bearing has curl send the token that a shell has in its environment.
const bearing = `-H "Authorization: Bearer $` + tokenVariable + `" `

// exampleTries show the example book.
func exampleTries(url string) []string {
	base := url + "/content/" + exampleRepo + "@main/"
	return []string{
		base,
		"-i " + base + "META-INF/books.xml",
		"-i -X PUT -H 'If-None-Match: *' --data-binary 'Hello.' " + base + "notes/hello.txt",
	}
}

// emptyTries begin where there is nothing yet.
func emptyTries(url string) []string {
	return []string{
		"-i -X PUT -H 'If-None-Match: *' -H 'Content-Type: application/json' --data '{}' " + url + "/repos/notes",
		"-i -X PUT -H 'If-None-Match: *' --data-binary 'Hello.' " + url + "/content/notes@main/hello.txt",
	}
}

// settled waits until the service knows the first token, if there is one.
func (w welcome) settled(ctx context.Context) error {
	if w.first == "" {
		return nil
	}
	return awaitToken(ctx, w.url, w.first)
}
