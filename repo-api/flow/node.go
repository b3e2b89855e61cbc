package flow

// Node is a place in the diagram.
type Node uint8

// The nodes, in the order in which a request can meet them.
const (
	B13 Node = iota
	B12
	B11
	B10
	B9
	A9
	B8
	B7
	B6
	B5
	A4
	B4
	B3
	A3
	A2
	C3
	C4
	D4
	D5
	F6
	F7
	G7
	G6
	G8
	G9
	G11
	H10
	H11
	H12
	I12
	I13
	K13
	J18
	L13
	L14
	L17
	L18
	H6
	I7
	I4
	K7
	K5
	K4
	L5
	L6
	M6
	M5
	N5
	L7
	M7
	H7
	P2
	P3
	M16
	M20
	N16
	N11
	O16
	O14
	O17
	P16
	P11
	P12
	O20
	O21
	O22
	O23
	O24
	O18
	nodes // how many there are
)

// Question is what is asked at a node.
type Question struct {
	Name    string // the node's, in the diagram
	Asks    string
	RFC     string // the section of RFC 9110, or of the RFC that is named
	Yes, No Next
	ask     func(*Exchange) (bool, error)
}

// Next is where an answer leads: to a node, or to the end with a status.
type Next struct {
	Node   Node
	Status int // 0: the walk goes on at Node
}

func to(n Node) Next          { return Next{Node: n} }
func end(status int) Next     { return Next{Status: status} }
func (n Node) String() string { return table[n].Name }

// acts says whether the answer to n is known only when the change is made.
func (n Node) acts() bool {
	switch n {
	case P3, M20, N11, O14, P16:
		return true
	}
	return false
}

// Table returns the diagram, node by node.
func Table() []Question { return append([]Question(nil), table[:]...) }

// table is the diagram. It is a constant that Go can't declare as one.
var table = [nodes]Question{
	// Who asks, and for what.
	B13: {"B13", "is the service available?", "15.6.4", to(B12), end(503), (*Exchange).available},
	B12: {"B12", "is the method known?", "15.6.2", to(B11), end(501), (*Exchange).methodKnown},
	B11: {"B11", "is the target too long?", "15.5.15", end(414), to(B10), (*Exchange).targetTooLong},
	B10: {"B10", "is the method allowed here?", "15.5.6", to(B9), end(405), (*Exchange).methodAllowed},
	B9:  {"B9", "is the request malformed?", "15.5.1", end(400), to(A9), (*Exchange).malformed},
	A9:  {"A9", "is it a PUT of a part?", "14.5", end(400), to(B8), (*Exchange).partialPut},
	B8:  {"B8", "is it clear who asks?", "11.6.1", to(B7), end(401), (*Exchange).authenticated},
	B7:  {"B7", "is it forbidden?", "15.5.4", end(403), to(B6), (*Exchange).forbidden},
	B6:  {"B6", "is the content's coding unsupported?", "8.4", end(415), to(B5), (*Exchange).codingUnsupported},
	B5:  {"B5", "is the content's type unsupported?", "15.5.16", end(415), to(A4), (*Exchange).typeUnsupported},
	A4:  {"A4", "is a length missing that is required?", "15.5.12", end(411), to(B4), (*Exchange).lengthMissing},
	B4:  {"B4", "is the content too large?", "15.5.14", end(413), to(B3), (*Exchange).tooLarge},
	B3:  {"B3", "is it OPTIONS?", "9.3.7", end(204), to(A3), (*Exchange).isOptions},

	// Is its answer recorded? It is then that of another walk, which leads on from here.
	A3: {"A3", "has it a key, or need nobody wait for it?", "RFC 7240, 4.1", to(A2), to(C3), (*Exchange).isErrand},
	A2: {"A2", "is its answer known by now?", "15.3.3", end(Recorded), end(202), (*Exchange).answerKnown},

	// Which of its representations.
	C3: {"C3", "does it matter which types the client takes?", "12.5.1", to(C4), to(D4), (*Exchange).hasAccept},
	C4: {"C4", "is one of the types acceptable?", "15.5.7", to(D4), end(406), (*Exchange).typeAcceptable},
	D4: {"D4", "does it matter which languages the client takes?", "12.5.4", to(D5), to(F6), (*Exchange).hasAcceptLanguage},
	D5: {"D5", "is one of the languages acceptable? If not, the first is sent", "12.5.4", to(F6), to(F6), (*Exchange).languageAcceptable},
	F6: {"F6", "does the client say which codings it takes?", "12.5.3", to(F7), to(G7), (*Exchange).hasAcceptEncoding},
	F7: {"F7", "is one of the codings acceptable, or none at all?", "12.5.3", to(G7), end(406), (*Exchange).codingAcceptable},

	// What is there.
	G7: {"G7", "does the resource exist?", "15.5.5", to(G6), to(H6), (*Exchange).exists},

	// It exists: preconditions, in the order of 13.2.2.
	G6:  {"G6", "does the resource judge the conditions of this change itself?", "13.2.1", to(M16), to(G8), (*Exchange).judgesItself},
	G8:  {"G8", "is there an If-Match?", "13.1.1", to(G9), to(H10), (*Exchange).hasIfMatch},
	G9:  {"G9", "is If-Match *?", "13.1.1", to(I12), to(G11), (*Exchange).ifMatchAny},
	G11: {"G11", "is the tag in If-Match, compared strongly?", "13.1.1", to(I12), end(412), (*Exchange).ifMatchHolds},
	H10: {"H10", "is there an If-Unmodified-Since?", "13.1.4", to(H11), to(I12), (*Exchange).hasUnmodifiedSince},
	H11: {"H11", "is it a date, and a date of modification known?", "13.1.4", to(H12), to(I12), (*Exchange).unmodifiedSinceValid},
	H12: {"H12", "modified since?", "13.1.4", end(412), to(I12), (*Exchange).modifiedSinceIUS},
	I12: {"I12", "is there an If-None-Match?", "13.1.2", to(I13), to(L13), (*Exchange).hasIfNoneMatch},
	I13: {"I13", "is If-None-Match *?", "13.1.2", to(J18), to(K13), (*Exchange).ifNoneMatchAny},
	K13: {"K13", "is the tag in If-None-Match, compared weakly?", "13.1.2", to(J18), to(L18), (*Exchange).ifNoneMatchHit},
	J18: {"J18", "is it GET or HEAD?", "13.1.2", end(304), end(412), (*Exchange).isRead},
	L13: {"L13", "is it a GET or HEAD with If-Modified-Since?", "13.1.3", to(L14), to(L18), (*Exchange).hasModifiedSince},
	L14: {"L14", "is it a date, and a date of modification known?", "13.1.3", to(L17), to(L18), (*Exchange).modifiedSinceValid},
	L17: {"L17", "modified since?", "13.1.3", to(L18), end(304), (*Exchange).modifiedSinceIMS},
	L18: {"L18", "is it a change that should have had a condition?", "RFC 6585, 3", end(428), to(M16), (*Exchange).unconditional},

	// It does not exist: is it elsewhere, is it gone, can it be created?
	H6: {"H6", "does the resource judge the conditions of this change itself?", "13.2.1", to(M16), to(I7), (*Exchange).judgesItself},
	I7: {"I7", "is it PUT?", "9.3.4", to(I4), to(K7), (*Exchange).isPut},
	I4: {"I4", "should it go to another target?", "15.4.9", end(308), to(H7), (*Exchange).movedForGood},
	K7: {"K7", "did it exist before?", "15.5.11", to(K5), to(L7), (*Exchange).existedBefore},
	K5: {"K5", "has it moved for good?", "15.4.9", end(308), to(K4), (*Exchange).movedForGood},
	K4: {"K4", "is it known under another name?", "15.4.2", end(301), to(L5), (*Exchange).hasOtherName},
	L5: {"L5", "has it moved for now?", "15.4.8", end(307), to(L6), (*Exchange).movedForNow},
	L6: {"L6", "is it found at another target?", "15.4.3", end(302), to(M6), (*Exchange).foundElsewhere},
	M6: {"M6", "is it something else that should be read instead?", "15.4.4", end(303), to(M5), (*Exchange).seeOther},
	M5: {"M5", "is it POST to what is gone?", "15.5.11", to(N5), end(410), (*Exchange).isPost},
	N5: {"N5", "may one POST to what is gone?", "15.5.11", to(H7), end(410), (*Exchange).mayPostToMissing},
	L7: {"L7", "is it POST to what is missing?", "15.5.5", to(M7), end(404), (*Exchange).isPost},
	M7: {"M7", "may one POST to what is missing?", "15.5.5", to(H7), end(404), (*Exchange).mayPostToMissing},
	H7: {"H7", "is there an If-Match for what is to be created?", "13.1.1", end(412), to(P2), (*Exchange).hasIfMatch},
	P2: {"P2", "is it PUT?", "9.3.4", to(P3), to(N11), (*Exchange).isPut},
	P3: {"P3", "does what is there forbid to create it?", "15.5.10", end(409), to(P11), (*Exchange).put},

	// It is done.
	M16: {"M16", "is it DELETE?", "9.3.5", to(M20), to(N16), (*Exchange).isDelete},
	M20: {"M20", "is it deleted now?", "9.3.5", to(O20), end(202), (*Exchange).delete},
	N16: {"N16", "is it POST?", "9.3.3", to(N11), to(O16), (*Exchange).isPost},
	N11: {"N11", "is the answer elsewhere?", "15.4.4", end(303), to(P11), (*Exchange).post},
	O16: {"O16", "is it PUT?", "9.3.4", to(O14), to(O17), (*Exchange).isPut},
	O14: {"O14", "does what is there forbid to replace it?", "15.5.10", end(409), to(P11), (*Exchange).put},
	O17: {"O17", "is it PATCH?", "RFC 5789, 2", to(P16), to(O21), (*Exchange).isPatch},
	P16: {"P16", "does what is there forbid to patch it?", "RFC 5789, 2.2", end(409), to(P11), (*Exchange).patch},
	P11: {"P11", "has something been created?", "15.3.2", end(201), to(P12), (*Exchange).created},
	P12: {"P12", "is it accepted, but not done yet?", "15.3.3", end(202), to(O20), (*Exchange).pending},
	O20: {"O20", "has the answer content?", "15.3.5", to(O18), end(204), (*Exchange).hasContent},

	// It is read.
	O21: {"O21", "is a range asked for that could be served?", "14.2", to(O22), to(O18), (*Exchange).rangeAsked},
	O22: {"O22", "is there an If-Range?", "13.1.5", to(O23), to(O24), (*Exchange).hasIfRange},
	O23: {"O23", "is what the client has a part of still current?", "13.1.5", to(O24), to(O18), (*Exchange).ifRangeHolds},
	O24: {"O24", "does the range lie within the representation?", "15.5.17", end(206), end(416), (*Exchange).rangeSatisfiable},
	O18: {"O18", "are there several representations to choose from?", "15.4.1", end(300), end(200), (*Exchange).severalChoices},
}
