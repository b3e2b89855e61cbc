// Package refs owns what is true: where every ref points, which repositories
// there are, which replicas hold a shard and in which epoch, and which requests
// were done. All of it is records in etcd; no document is.
//
// What holds:
//
//   - Every ref is a linearizable register with compare-and-swap. Apply moves
//     any number of refs of one repository in one etcd transaction, guarded by
//     what each was expected to be, by the shard's epoch and by the repository's
//     life. All or nothing; durable on a majority of the voters on return.
//   - A transaction has at most one effect, however often it was sent. Each
//     move leaves a Done in its record; where an answer was lost, the same
//     transaction is sent again, and its conditions or its Done say what became
//     of the first.
//   - A node answers every question from its own view: maps fed by one watch of
//     all keys. The view is some revision of the truth, never a mixture of two.
//     After Barrier it is at least as new as the moment when Barrier was called.
//
// Everything may be called from any goroutine. A call that needs the other
// voters goes on trying until its context ends: give it a deadline.
//
// # Keys and their sizes
//
//	ref/KEY/refs/heads/main   where it points       20 bytes, and 36 for each of up to 32 Done
//	gone/KEY/refs/heads/old   a deleted ref's Done   the same; expires after Remembered
//	repo/NAME                 a Repo, JSON           some 300 bytes; a name that was given up keeps one
//	live/KEY                  NAME; there while the repository is not deleted
//	place/7f                  a Placement, JSON      some 50 bytes; 256 of them
//	node/NAME                 a Node, JSON           some 100 bytes
//	note/NAME                 a Note's value         some 100 bytes, at most 16 KiB
//	errand/HASH               what was asked, its owner and the answer; some 700 bytes, at
//	                          most 64 KiB; expires after ErrandKept, and all are bounded
//	hold/HASH                 the owner of an errand that is under way; expires soon
//	token/ID                  a Token, JSON          some 300 bytes; no secret is in it
//
// KEY is 32 hexadecimal digits. A ref that was moved often is 1.2 KB, a tag
// about 150 bytes with its key; a view holds about as much in memory. History is
// compacted every five minutes, and the file that etcd keeps is reused after
// that: it stays at the size of the records plus ten minutes of changes.
package refs
