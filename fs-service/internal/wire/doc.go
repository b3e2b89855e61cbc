// Package wire is how the processes of a cell speak: protobuf over gRPC, and
// the translation between its messages and the nouns of content and fsapi.
//
// What comes off the wire is checked by the constructors of content, as if it
// had come from a stranger. A fault.Error crosses with its kind, operation and
// text; its cause does not.
package wire

//go:generate protoc -I pb --go_out=pb --go_opt=paths=source_relative --go-grpc_out=pb --go-grpc_opt=paths=source_relative rhapsode.proto

// MaxMessage is the largest message in bytes: a batch of objects, or a page of
// a list. Bodies and packs are streamed in chunks.
const MaxMessage = 64 << 20

// ChunkSize is how many bytes of a stream travel in one message.
const ChunkSize = 256 << 10
