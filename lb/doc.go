// Package lb stands in front of the APIs and keeps nginx's list of them true.
//
// It watches the ring: an API that is born gets requests within a second, one
// that dies or drains gets none within two. nginx does the work; where there is
// no nginx, a balancer of our own does, by the same rules:
//
//   - the request target reaches an API as it came, byte for byte;
//   - the body is whole before an API sees any of it, and has a limit;
//   - a request gets an id here, the client's own is thrown away;
//   - after a failure the next API gets the request, unless it is a POST or PATCH
//     of which anything was sent: PUT and DELETE carry their id, so that their
//     repeat is known as one;
//   - what goes wrong here is answered as problem+json with a true status.
//
// The ring is a hint and may be empty by mistake, so the last API known is
// never taken off the list. Nothing here is durable: the directory holds
// nginx's configuration, logs and temporary files and may be thrown away.
package lb
