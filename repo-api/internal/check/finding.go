package check

import (
	"cmp"
	"fmt"
	"slices"

	"rhapsode/content"
	"rhapsode/repo-api/internal/book"
)

// Severity says whether a finding forbids publication.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Code names a kind of finding.
type Code string

// The codes of errors.
const (
	Malformed         Code = "malformed"
	MissingCollection Code = "missing-collection"
	EmptyCollection   Code = "empty-collection"
	MissingModule     Code = "missing-module"
	MissingFile       Code = "missing-file"
	MissingLinkModule Code = "missing-link-module"
	MissingVersion    Code = "missing-link-version"
	MissingTarget     Code = "missing-link-target"
	NoTitle           Code = "no-title"
	NoLicence         Code = "no-licence"
	NoAuthor          Code = "no-author"
	ForbiddenLicence  Code = "forbidden-licence"
)

// The codes of warnings.
const (
	InexactPath     Code = "inexact-path"
	LinkOutside     Code = "link-outside"
	MissingFragment Code = "missing-fragment"
	UnusedModule    Code = "unused-module"
	RepeatedModule  Code = "repeated-module"
	EmptyChapter    Code = "empty-chapter"
	UntitledChapter Code = "untitled-chapter"
	UnknownSubject  Code = "unknown-subject"
	NoLanguage      Code = "no-language"
	Format          Code = "format" // a rule of CNXML that book.Remark knows; they are not its schema
)

// Finding is something that is wrong.
type Finding struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity"`
	Path     string   `json:"path,omitempty"` // "": the work as a whole
	Line     int      `json:"line,omitempty"`
	Column   int      `json:"column,omitempty"`
	Message  string   `json:"message"`
	Mend     string   `json:"mend"` // what would mend it
}

// String is a finding as compilers write them.
func (f Finding) String() string {
	place := cmp.Or(f.Path, "(the work)")
	if f.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", place, f.Line, f.Column)
	}
	return fmt.Sprintf("%s: %s: %s [%s]", place, f.Severity, f.Message, f.Code)
}

// Report is all that was found, ordered by place.
type Report struct {
	Findings  []Finding
	Truncated bool // there are more than MaxFindings
	Documents int  // that were checked
}

// MaxFindings is how many findings a Report holds at the most. Errors come first
// among those that are kept.
const MaxFindings = 5000

// Errors counts the findings that forbid publication.
func (r *Report) Errors() int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == Error {
			n++
		}
	}
	return n
}

// findings collects what is found in one document.
type findings struct {
	path content.Path
	all  []Finding
}

func (fs *findings) add(s Severity, code Code, at book.Position, mend, message string, args ...any) {
	fs.all = append(fs.all, Finding{
		Code: code, Severity: s, Path: fs.path.String(), Line: at.Line, Column: at.Column,
		Message: fmt.Sprintf(message, args...), Mend: mend,
	})
}

func (fs *findings) fail(code Code, at book.Position, mend, message string, args ...any) {
	fs.add(Error, code, at, mend, message, args...)
}

func (fs *findings) warn(code Code, at book.Position, mend, message string, args ...any) {
	fs.add(Warning, code, at, mend, message, args...)
}

// report orders findings by place, and bounds them.
func report(all []Finding, documents int) *Report {
	r := &Report{Findings: all, Documents: documents}
	if len(all) > MaxFindings {
		slices.SortStableFunc(all, func(a, b Finding) int { return cmp.Compare(a.Severity, b.Severity) })
		r.Findings, r.Truncated = all[:MaxFindings], true
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Code, b.Code))
	})
	return r
}
