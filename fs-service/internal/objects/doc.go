// Package objects keeps git objects on one disk, in two tiers: recent ones one
// by one, in pebble, as the pack entries they would be; imported ones in the
// packs they came in. Fold makes one pack with deltas of what is recent and of packs.
//
// It owns one directory, and no other process uses it meanwhile:
//
//	recent/                            pebble's: objects and marks
//	packs/<pool>/pack-<checksum>.pack  as it came
//	packs/<pool>/pack-<checksum>.idx   as git would write it
//	packs/<pool>/fold.new              a Fold under way; Open removes it
//	packs/<pool>/gone-<n>              what was folded and may still be read; Open removes it
//
// What holds:
//
//   - When Put, MarkClosed or AddPack returns nil, what it did is on the disk and
//     survives kill -9 and the loss of power. A Put is one batch: all of it, or
//     nothing. Concurrent ones share a sync.
//   - What was not acknowledged may be there or not; it is never there in part.
//   - No object leaves the store whose bytes are not those that its digest names.
//   - A pack is seen only when pack, index and both names are on the disk. What
//     is left of one that did not come so far is removed by Open.
//   - Nothing is let go of before the pack that takes its place was read back from the disk,
//     judged, and is durable and seen. Who looks for an object while it goes from one place to
//     another finds it.
//   - A mark says that everything a commit reaches is on this disk. What that
//     takes is the caller's to know; the store keeps the mark no longer than its
//     objects, for it is written with or after them.
//
// All methods may be called from any goroutine until Close.
//
// # When the disk fails
//
// Pebble ends the process, or panics with its locks held, when a write fails. The
// store does not let it see one. When the disk is nearly full (Options.Reserve),
// changes are refused with a fault.Full before they begin. If it fills up all the
// same, pebble's write waits until there is room again, while changes are
// refused; nothing has to be restarted. Any other failed write or sync, and
// every failure of a sync, leaves unknown what is on the disk: the store fails
// for good. Changes are refused, reads go on as far as they can, Failed is
// closed, and the goroutine that pebble was writing in never runs on. The owner
// should end the process; opening the directory again finds everything that was
// acknowledged. What can't be turned into an error: pebble's own bugs, which panic.
package objects
