package resource

import "encoding/json"

// Operation is a request that is carried out while nobody waits. One that made
// something is not shown: it leads on to that.
type Operation struct {
	ID      string          `json:"id"`
	State   string          `json:"state"` // running, succeeded, failed, or lost
	Detail  string          `json:"detail"`
	Status  int             `json:"status,omitempty"`  // of the answer that nobody waited for
	Content json.RawMessage `json:"content,omitempty"` // … and what it said: a problem if it failed
	URL     string          `json:"href"`
}

// OperationURL is where an operation is.
func OperationURL(id string) string { return "/operations/" + id }

// OperationOf is the shape of an operation in a state.
func OperationOf(id, state string, status int, content json.RawMessage) Operation {
	return Operation{
		ID: id, State: state, Detail: operationDetails[state], Status: status, Content: content, URL: OperationURL(id),
	}
}

// operationDetails tell a person what each state means.
var operationDetails = map[string]string{
	"running":   "It is under way. When it is done, this leads on to what came of it.",
	"succeeded": "It is done, and made nothing that could be read elsewhere.",
	"failed":    "It was refused, or could not be done: nothing has changed unless the content says otherwise.",
	"lost":      "The process that carried it out ended before it was done. It may be repeated: with its Idempotency-Key, if it had one, it is done at most once.",
}
