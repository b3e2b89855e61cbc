// Package local runs a whole cell on one machine: fs-services, repo-apis and
// a balancer as processes of this same binary, under one data directory.
//
//	up.lock         held while it runs: one directory, one cell
//	up.json         the Plan: names and addresses, drawn at the first start and kept
//	NAME/           what the part NAME keeps
//	log/NAME.log    what it says; bounded, the part before is in NAME.log.1
//	run/NAME.pid    its process
//	run/NAME.hold   made by hand: a part that dies stays dead while this file exists
//
// A part that dies is started again. When the owner ends, by its own will or by
// kill -9, every part ends; should one be left over all the same, the next start
// ends it.
package local
