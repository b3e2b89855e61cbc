// Package access is who may do what, as rules without I/O: roles and what they permit,
// tokens and what they are limited to, a repository's settings, and the judgement of one
// caller in one repository (Rights). Whoever moves a ref or reads for somebody asks it,
// with what is true at that moment; nobody else decides.
//
// What holds:
//
//   - A caller may do what their roles permit and their token is not limited from.
//   - What a caller may not know of is NotFound, in the same words as what is not there. To who
//     did not say who they are it is Unauthenticated, for every name alike.
//   - A refusal to who may know names the rule that refused and what would be needed.
package access
