// Package gitserve is the server's side of git's own protocol (gitprotocol-v2,
// gitprotocol-pack) over a repository's refs and objects: what stock git clones,
// fetches from and pushes to.
//
// It owns nothing but what it remembers of closures, which is bounded and only a saving. A
// fetch changes nothing and copies objects in the form in which they are stored. A
// push is checked before anything refers to it: the pack is judged whole, every
// commit, tree and tag in it is, and everything the new tips reach has to be there and durable
// on a quorum; then the coordinator judges the refs and moves them. Until then nothing of it can
// be seen; what a refused push leaves behind is unreferenced.
//
// Branches, tags and what lies under refs/meta are shown; a clone --mirror takes all that a
// person ever put in. The rest (drafts) is hidden. A want has to be shown, or reachable from
// what is.
//
// Serve may be called from any goroutine. Nothing here runs between calls.
package gitserve
