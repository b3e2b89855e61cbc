package faulty

import "slices"

// Fault is one rule broken.
type Fault struct {
	Name   string
	Cases  []string               // of the judge, each of which must catch it
	rules  func(*rules)           // what the server holds to be right
	before func(*request)         // what of a request it sees
	after  func(*request, *reply) // what of an answer it sends
}

// Faults are all faults, one for each way in which servers are known to go wrong.
func Faults() []Fault {
	return slices.Concat(conditionFaults(), rangeFaults(), answerFaults(), negotiationFaults(), changeFaults(), framingFaults(),
		whoFaults(), versionFaults(), repeatFaults())
}

// blind makes a server that does not see a field.
func blind(name string) func(*request) { return func(r *request) { r.header.Del(name) } }

// without makes a server that leaves a field out of answers of a status; 0 is any.
func without(name string, status int) func(*request, *reply) {
	return func(_ *request, a *reply) {
		if status == 0 || a.status == status {
			a.header.Del(name)
		}
	}
}

// instead makes a server that sends one status for another.
func instead(method string, was, is int) func(*request, *reply) {
	return func(r *request, a *reply) {
		if a.status == was && (method == "" || r.method == method) {
			a.status = is
		}
	}
}
