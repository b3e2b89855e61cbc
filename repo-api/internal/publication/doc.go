// Package publication turns a state of the work into an edition.
//
// A publication is asked for, checked, accepted by those who are named in it,
// moderated where that is due, and then there is an edition: annotated tags that never
// move, a record of what it is, and downloads that were made of it.
//
// What holds:
//
//   - Every transition is one commit on the repository's record (Ref), made on the condition that
//     the record is as it was read. So it survives any crash, can be read years later, and
//     of two workers that do the same work at once one gets through.
//   - An edition, its tags and the record of them come to be in one transaction
//     (fsapi.Releaser). There is never a tag without its record, nor the reverse.
//   - A publication that has not ended, and waits for nobody, is a task: a note in the cell that
//     says who works on it, and until when that holds. Whoever finds a task that nobody
//     works on takes it. Tasks are only about getting on: what is right rests on the above.
//   - A number once given is not given again. The latest edition is the newest whose
//     downloads are all made and that is not withdrawn.
//
// A Publisher may be used from any goroutine. Run works on tasks until its context ends.
package publication
