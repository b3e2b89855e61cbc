package server

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// traceField carries the caller's trace (W3C Trace Context). It is passed back, so
// that a person can quote it, and its id is in the log; no spans are made here.
const traceField = "Traceparent"

// traceOf returns the traceparent of a request and the id in it; "" if there is none
// of a version that is known here.
func traceOf(r *http.Request) (parent, id string) {
	lines := r.Header[traceField]
	if len(lines) != 1 {
		return "", ""
	}
	parts := strings.Split(lines[0], "-")
	if len(parts) != 4 || parts[0] != "00" || !hexadecimal(parts[1], 32) || !hexadecimal(parts[2], 16) || !hexadecimal(parts[3], 2) ||
		strings.Trim(parts[1], "0") == "" || strings.Trim(parts[2], "0") == "" {
		return "", ""
	}
	return lines[0], parts[1]
}

func hexadecimal(s string, length int) bool {
	return len(s) == length && strings.Trim(s, "0123456789abcdef") == ""
}

// timing is the value of Server-Timing: milliseconds until the answer began.
func timing(took time.Duration) string {
	return "app;dur=" + strconv.FormatFloat(float64(took)/float64(time.Millisecond), 'f', 2, 64)
}
