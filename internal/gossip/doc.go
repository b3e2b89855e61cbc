// Package gossip answers "who is alive?": a ring of processes that tell each
// other their names, roles and addresses. memberlist is known here only.
//
// An answer is a hint. It comes quickly and without a quorum, and it may be
// wrong for a while in both directions: a paused process is called dead, a dead
// one is called alive for about a second, and two sides of a cut see two rings.
// Nothing's safety rests on it: whoever acts on a hint must survive its being
// wrong (a caller tries the next node; what is true is asked of etcd).
//
// Nothing here is durable. A Ring may be asked from any goroutine, before,
// during and after its Run; outside of Run it knows only itself.
package gossip
