package problem

import (
	"net/http"

	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
)

// Type is a kind of problem.
type Type struct {
	Slug   string `json:"-"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"description"` // where nothing more special is known
}

// ofKind returns the type of a fault: the one table from kinds to statuses.
func ofKind(k fault.Kind) Type {
	switch k {
	case fault.Invalid:
		return Type{"invalid", "The request makes no sense", http.StatusBadRequest,
			"Something in the request is not well formed or not allowed; the same again will not succeed."}
	case fault.NotFound:
		return Type{"not-found", "There is no such thing", http.StatusNotFound,
			"There is nothing at this target."}
	case fault.Gone:
		return Type{"gone", "It was taken away", http.StatusGone,
			"What was at this target was taken away on purpose."}
	case fault.Stale:
		return Type{"stale", "A precondition is false", http.StatusPreconditionFailed,
			"What is there is not what the request's conditions expect: read it again, and decide again."}
	case fault.Conflict:
		return Type{"conflict", "What is there forbids it", http.StatusConflict,
			"The request conflicts with the state of its target."}
	case fault.ReadOnly:
		return Type{"read-only", "This never changes", http.StatusMethodNotAllowed,
			"A version or a commit is read only; write to a branch."}
	case fault.TooLarge:
		return Type{"too-large", "It is too large", http.StatusRequestEntityTooLarge,
			"The content is larger than this server takes."}
	case fault.Unavailable, fault.Misplaced:
		return Type{"unavailable", "Not now", http.StatusServiceUnavailable,
			"Nothing was done. The same request may succeed in a moment."}
	case fault.Unknown:
		return Type{"unknown-outcome", "It may or may not have been done", http.StatusServiceUnavailable,
			"Send the same request again with the same X-Request-Id: it is done at most once."}
	case fault.Full:
		return Type{"full", "There is no room to store it", http.StatusInsufficientStorage,
			"Nothing was stored."}
	case fault.Canceled:
		return Type{"canceled", "The request was given up", http.StatusServiceUnavailable,
			"The connection ended before the answer was known."}
	case fault.Corrupt:
		return Type{"corrupt", "Stored bytes are damaged", http.StatusInternalServerError,
			"The bytes that are stored are not those that were sent. They are not served."}
	case fault.Unauthenticated:
		return Type{"unauthorized", "It is not clear who asks", http.StatusUnauthorized,
			"It takes a token: Authorization: Bearer, or Basic with the token as password."}
	case fault.Forbidden:
		return Type{"forbidden", "It is not permitted", http.StatusForbidden,
			"Who asks may not do this; rule says what refused it, and needed what it would take."}
	case fault.Locked:
		return Type{"locked", "It is frozen", http.StatusLocked,
			"Nobody may change it now; by says who froze it, and reason why."}
	case fault.Moved: // of the request's own target it becomes a redirection
		return Type{"moved", "It goes by another name now", http.StatusConflict,
			"Something that the request speaks of was renamed; to says what it is called now."}
	case fault.Withheld:
		return Type{"withheld", "It is withheld by law", http.StatusUnavailableForLegalReasons,
			"The law demands that it is not shown; reason says why, and blocked_by who carries it out."}
	}
	return Type{"internal", "Something went wrong here", http.StatusInternalServerError,
		"It is not the request's fault. The log has more under the instance's id."}
}

// ofStatus has the types of what the flow itself refuses and no fault names.
var ofStatus = map[int]Type{
	http.StatusMethodNotAllowed: {"method-not-allowed", "The method is not allowed here", http.StatusMethodNotAllowed,
		"The Allow field says which methods are."},
	http.StatusNotAcceptable: {"not-acceptable", "There is no such representation", http.StatusNotAcceptable,
		"None of what there is matches the Accept fields."},
	http.StatusRequestTimeout: {"timeout", "The request took too long", http.StatusRequestTimeout,
		"The content stopped coming before its end."},
	http.StatusLengthRequired: {"length-required", "A length is required", http.StatusLengthRequired,
		"Send a Content-Length."},
	http.StatusRequestURITooLong: {"target-too-long", "The target is too long", http.StatusRequestURITooLong,
		"The request's target is longer than this server takes."},
	http.StatusUnsupportedMediaType: {"unsupported-content", "The content's type or coding is not supported", http.StatusUnsupportedMediaType,
		"The Accept, Accept-Post, Accept-Patch or Accept-Encoding field says what is."},
	http.StatusUnprocessableEntity: {"unprocessable", "It can't be done to what is there", http.StatusUnprocessableEntity,
		"The request is well formed, but what would come of it makes no sense."},
	http.StatusRequestedRangeNotSatisfiable: {"range", "The range lies outside", http.StatusRequestedRangeNotSatisfiable,
		"No byte of the range exists; Content-Range says how many there are."},
	http.StatusPreconditionRequired: {"condition-required", "A precondition is required", http.StatusPreconditionRequired,
		"Changing what exists takes an If-Match with its ETag, so that nobody's edit is lost; If-Match: * means whatever is there."},
	http.StatusTooManyRequests: {"too-many-requests", "Too many requests", http.StatusTooManyRequests,
		"Wait for as long as Retry-After says."},
	http.StatusNotImplemented: {"unknown-method", "The method is unknown", http.StatusNotImplemented,
		"No resource of this server knows the method."},
}

// kinds has, for a status that the flow chose, the fault that means the same.
var kinds = map[int]fault.Kind{
	http.StatusBadRequest: fault.Invalid, http.StatusNotFound: fault.NotFound, http.StatusGone: fault.Gone,
	http.StatusUnauthorized: fault.Unauthenticated, http.StatusForbidden: fault.Forbidden, http.StatusLocked: fault.Locked,
	http.StatusPreconditionFailed: fault.Stale, http.StatusConflict: fault.Conflict,
	http.StatusRequestEntityTooLarge: fault.TooLarge, http.StatusServiceUnavailable: fault.Unavailable,
}

// typeOf returns the type of a refusal: the fault's if it has this status, and
// otherwise the status's own.
func typeOf(f flow.Refusal) Type {
	if f.Err != nil {
		if typ := ofKind(fault.Of(f.Err)); typ.Status == f.Status {
			return typ
		}
	}
	if typ, ok := ofStatus[f.Status]; ok {
		return typ
	}
	return ofKind(kinds[f.Status])
}

// Types returns every type of problem.
func Types() []Type {
	var types []Type
	for k := fault.Internal; k <= fault.Withheld; k++ {
		if k != fault.Misplaced {
			types = append(types, ofKind(k))
		}
	}
	for _, typ := range ofStatus {
		types = append(types, typ)
	}
	return types
}
