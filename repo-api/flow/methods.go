package flow

import (
	"math/bits"
	"net/http"
	"strings"
)

// Methods is a set of methods.
type Methods uint16

// The methods that are known; any other is 501. Whoever allows GET allows HEAD,
// and OPTIONS is allowed everywhere.
const (
	GET Methods = 1 << iota
	HEAD
	POST
	PUT
	PATCH
	DELETE
	OPTIONS
	CONNECT
	TRACE

	reads   = GET | HEAD
	changes = POST | PUT | PATCH | DELETE
)

var methodNames = [...]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"}

// methodOf returns the set that holds just the method called name, or nothing.
func methodOf(name string) Methods {
	switch name {
	case http.MethodGet:
		return GET
	case http.MethodHead:
		return HEAD
	case http.MethodPut:
		return PUT
	case http.MethodPost:
		return POST
	case http.MethodDelete:
		return DELETE
	case http.MethodPatch:
		return PATCH
	case http.MethodOptions:
		return OPTIONS
	case http.MethodConnect:
		return CONNECT
	case http.MethodTrace:
		return TRACE
	}
	return 0
}

// complete adds what is allowed wherever m is.
func (m Methods) complete() Methods {
	if m&GET != 0 {
		m |= HEAD
	}
	return m | OPTIONS
}

// Names returns the methods of m and those that they imply.
func (m Methods) Names() []string {
	m = m.complete()
	var names []string
	for i, name := range methodNames {
		if m&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// String is the value of an Allow field.
func (m Methods) String() string { return strings.Join(m.Names(), ", ") }

// name returns the name of the one method that m holds.
func (m Methods) name() string { return methodNames[bits.TrailingZeros16(uint16(m))] }
