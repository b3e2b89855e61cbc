// Package flow decides how an HTTP request is answered.
//
// It is the well-known decision diagram (webmachine's, version 3) as a table:
// each node asks one question, names the section of RFC 9110 that it obeys and
// says where yes and no lead. An Engine walks the table for a Resource, which
// answers only what it cares about; every other question has the answer that is
// right for a plain resource. Where the diagram contradicts the RFC, the table
// follows the RFC and keeps the diagram's names for its nodes; a node that the
// diagram does not have stands at a place that the diagram left free.
//
// What holds: every status of every answer is chosen by the table, or, for an
// error that a resource returned, by the Engine's Status; whatever field HTTP
// demands of a status (Allow, Content-Range, Location, ETag, Accept) is on the
// answer; a HEAD has the fields of the GET; preconditions are judged in the order
// of 13.2.2 and only where 13.2.1 wants them.
//
// The package knows nothing of any service, opens nothing and keeps nothing
// between requests. An Engine and the handlers made from it may be used from any
// goroutine; an Exchange belongs to the goroutine that serves its request.
package flow
