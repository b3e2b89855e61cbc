package openapi_test

import (
	"slices"
	"testing"
	"time"

	"rhapsode/repo-api/internal/openapi"
)

type thing struct {
	Name string    `json:"name"`
	Size *int64    `json:"size,omitempty"`
	Made time.Time `json:"made"`
	Kept string    `json:"-"`
}

// List is named after what it lists.
type List[T any] struct {
	Items []T `json:"items"`
}

func TestADescriptionSaysWhatTheTypesSay(t *testing.T) {
	doc, err := openapi.Describe("1", []openapi.Path{
		{Path: "/things", Summary: "All", Operations: []openapi.Operation{{
			Method: "GET", Summary: "Read", Query: []string{"after"},
			Gives: []openapi.Answer{{Status: 200, Contents: []openapi.Content{{Media: "application/json", Shape: List[thing]{}}, {Media: "text/html"}}}},
		}}},
		{Path: "/things/{name}", Summary: "One", Operations: []openapi.Operation{{
			Method: "PUT", Summary: "Write", Takes: []openapi.Content{{Media: "application/json", Shape: thing{}}},
			Gives: []openapi.Answer{{Status: 201}, {Status: 204}},
		}}},
	}, openapi.Content{Media: "application/problem+json", Shape: struct {
		Title string `json:"title"`
	}{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	schema := doc.Components.Schemas["thing"]
	if schema == nil || doc.Components.Schemas["thingList"] == nil {
		t.Fatalf("schemas: %v", doc.Components.Schemas)
	}
	slices.Sort(schema.Value.Required)
	if got := schema.Value.Required; !slices.Equal(got, []string{"made", "name"}) || schema.Value.Properties["Kept"] != nil {
		t.Errorf("required: %v", got)
	}
	for path, want := range map[string][]string{"/things": {"GET", "HEAD", "OPTIONS"}, "/things/{name}": {"OPTIONS", "PUT"}} {
		var got []string
		for method := range doc.Paths.Value(path).Operations() {
			got = append(got, method)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	if head := doc.Paths.Value("/things").Head; len(head.Responses.Status(200).Value.Content) != 0 {
		t.Error("HEAD is said to have content")
	}
	if location := doc.Paths.Value("/things/{name}").Put.Responses.Status(201).Value.Headers["Location"]; location == nil || !location.Value.Required {
		t.Error("201 is said to do without Location")
	}
}
