// Package book says what the documents of a work mean: what a module and a
// collection are, who made them, under which licence, and what refers to what.
//
// Bytes are stored blindly; here they are read. Reading is liberal (namespaces
// by their URI, any order, the dialects of CNXML from 0.5 on, unknown elements
// are passed over) and reports exactly: whatever is said of a document carries
// the line and column it was found at. It judges nothing: what is missing stays
// empty, and repo-api/internal/check says whether that matters.
//
// Readers are pure and may be called from any goroutine. They load nothing from
// outside (no entity, no schema), and what they hold is bounded by MaxDocument
// and MaxDepth. What they return is shared by those who keep it: nobody writes to it.
package book
