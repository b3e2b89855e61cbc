// Package replica keeps the copies of a pool alike: it writes objects to a quorum
// of the shard's replicas, reads one from whichever replica has it, and fetches
// what this replica's disk should have and lacks.
//
// Objects are immutable and named by their hash, so copying needs no agreement:
// a copy is right or it is detectably wrong. What agreement there has to be is about refs,
// and is none of this room's business.
//
// # Closed
//
// A commit (or annotated tag) is closed on a disk when everything it reaches is
// there. The mark is written in the same synced batch as the objects that complete it,
// and never while something is missing; so a replica that finds its ref's target
// closed has nothing to do, however long it was away, and one that does not walks
// from that target to the nearest closed commits and fetches the rest. Nothing
// has to remember which changes a replica missed.
package replica
