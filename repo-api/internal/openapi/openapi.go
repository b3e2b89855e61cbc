// Package openapi describes the surface as OpenAPI 3.1. A description is made of
// the routes and of the very types that are written and read, so that it can't say
// anything else than the code; the tests of package api hold every exchange to it.
//
// Descriptions are made once, at the start, and never change.
package openapi

import (
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3gen"

	"rhapsode/internal/fault"
)

// MediaType is that of a description.
const MediaType = "application/json"

// Path is what can be asked of one kind of resource.
type Path struct {
	Path       string // with its parameters in braces; one called path may hold slashes
	Summary    string
	Operations []Operation
}

// Operation is one method of a resource.
type Operation struct {
	Method  string
	Summary string
	Query   []string  // parameters that may be there
	Takes   []Content // of which a request has one
	Gives   []Answer  // unless it fails
}

// Answer is a way to succeed.
type Answer struct {
	Status   int
	Contents []Content // of which it has one; none: no content
}

// Content is what a request or an answer may hold.
type Content struct {
	Media string // "*/*": anything
	Shape any    // a value of the type that is JSON then; nil: it is no JSON
}

// Describe makes a description of the paths; problem has the shape of what every
// failure answers, of the media type.
func Describe(version string, paths []Path, failure Content) (*openapi3.T, error) {
	d := describer{
		schemas: openapi3.Schemas{},
		doc: &openapi3.T{
			OpenAPI: "3.1.0",
			Info: &openapi3.Info{
				Title: "Rhapsode", Version: version,
				Description: "A versioned content repository over plain HTTP.",
				License:     &openapi3.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Paths: openapi3.NewPaths(), Components: &openapi3.Components{},
			Servers: openapi3.Servers{{URL: "/"}},
		},
	}
	d.failure = d.response("It failed, and why", []Content{failure})
	d.secure()
	for _, p := range paths {
		d.path(p)
	}
	d.doc.Components.Schemas = d.schemas
	if d.err != nil {
		return nil, fault.New(fault.Internal, "describe", "", d.err)
	}
	return d.doc, nil
}

type describer struct {
	doc     *openapi3.T
	schemas openapi3.Schemas
	failure *openapi3.Response
	err     error // the first
}

func (d *describer) path(p Path) {
	item := &openapi3.PathItem{Summary: p.Summary}
	for _, match := range parameter.FindAllStringSubmatch(p.Path, -1) {
		item.Parameters = append(item.Parameters, &openapi3.ParameterRef{
			Value: openapi3.NewPathParameter(match[1]).WithSchema(openapi3.NewStringSchema()),
		})
	}
	for _, o := range p.Operations {
		item.SetOperation(o.Method, d.operation(p, o))
		if o.Method == http.MethodGet {
			head := o
			head.Method, head.Summary = http.MethodHead, "Its fields alone"
			item.SetOperation(http.MethodHead, d.operation(p, head))
		}
	}
	item.SetOperation(http.MethodOptions, d.operation(p, Operation{
		Method: http.MethodOptions, Summary: "What is allowed here, in the state that it is in", Gives: []Answer{{Status: http.StatusNoContent}},
	}))
	d.doc.Paths.Set(p.Path, item)
}

func (d *describer) operation(p Path, o Operation) *openapi3.Operation {
	op := &openapi3.Operation{
		Summary: o.Summary, OperationID: operationID(o.Method, p.Path), Responses: openapi3.NewResponsesWithCapacity(len(o.Gives) + 1),
	}
	for _, name := range o.Query {
		op.Parameters = append(op.Parameters, &openapi3.ParameterRef{
			Value: openapi3.NewQueryParameter(name).WithSchema(openapi3.NewStringSchema()),
		})
	}
	if len(o.Takes) > 0 {
		op.RequestBody = &openapi3.RequestBodyRef{Value: &openapi3.RequestBody{Content: d.content(o.Takes)}}
	}
	for _, a := range o.Gives {
		contents := a.Contents
		if o.Method == http.MethodHead {
			contents = nil
		}
		response := d.response(http.StatusText(a.Status), contents)
		response.Headers = headers(a.Status)
		op.Responses.Set(strconv.Itoa(a.Status), &openapi3.ResponseRef{Value: response})
	}
	if strings.Contains(p.Path, "{repo}") && o.Method != http.MethodOptions {
		d.renamed(op)
	}
	failure := d.failure
	if o.Method == http.MethodHead {
		failure = d.response("It failed", nil)
	}
	for _, r := range refusals() {
		refusal := *failure
		refusal.Description, refusal.Headers = &r.says, headers(r.status)
		op.Responses.Set(strconv.Itoa(r.status), &openapi3.ResponseRef{Value: &refusal})
	}
	op.Responses.Set("default", &openapi3.ResponseRef{Value: failure})
	return op
}

// secure says how who asks shows who they are. What is public takes neither.
func (d *describer) secure() {
	bearer := openapi3.NewSecurityScheme().WithType("http").WithScheme("bearer").WithDescription("A token")
	basic := openapi3.NewSecurityScheme().WithType("http").WithScheme("basic").WithDescription("Any name, and a token as the password: for git, and others that know nothing else")
	d.doc.Components.SecuritySchemes = openapi3.SecuritySchemes{
		"bearer": {Value: bearer}, "basic": {Value: basic},
	}
	d.doc.Security = openapi3.SecurityRequirements{{"bearer": {}}, {"basic": {}}, {}}
}

// renamed says where a repository is that goes by another name.
func (d *describer) renamed(op *openapi3.Operation) {
	status := http.StatusPermanentRedirect
	response := d.response("The repository goes by another name, or the target has another form", nil)
	response.Headers = headers(status)
	op.Responses.Set(strconv.Itoa(status), &openapi3.ResponseRef{Value: response})
}

// refusal is a failure that has nothing to do with what is asked.
type refusal struct {
	status int
	says   string
}

// refusals are those that any operation may meet.
func refusals() []refusal {
	return []refusal{
		{http.StatusUnauthorized, "It takes a token, or a better one"},
		{http.StatusForbidden, "Who asks may not; rule and needed say why"},
		{http.StatusUnavailableForLegalReasons, "It is withheld by law; reason and blocked_by say why, and who carries it out"},
		{http.StatusTooManyRequests, "Who asks, or their address, asked too often"},
	}
}

// headers are the fields that an answer of a status always has.
func headers(status int) openapi3.Headers {
	var names []string
	switch status {
	case http.StatusCreated, http.StatusFound, http.StatusMovedPermanently, http.StatusPermanentRedirect:
		names = []string{"Location"}
	case http.StatusPartialContent:
		names = []string{"Content-Length"}
	case http.StatusUnauthorized:
		names = []string{"WWW-Authenticate"}
	case http.StatusTooManyRequests:
		names = []string{"Retry-After"}
	}
	all := openapi3.Headers{}
	for _, name := range names {
		all[name] = &openapi3.HeaderRef{Value: &openapi3.Header{Parameter: openapi3.Parameter{
			Required: true, Schema: openapi3.NewStringSchema().NewRef(),
		}}}
	}
	return all
}

func (d *describer) response(description string, contents []Content) *openapi3.Response {
	r := openapi3.NewResponse().WithDescription(description)
	if len(contents) > 0 {
		r.Content = d.content(contents)
	}
	return r
}

func (d *describer) content(contents []Content) openapi3.Content {
	all := openapi3.NewContent()
	for _, c := range contents {
		media := openapi3.NewMediaType()
		if c.Shape != nil {
			media.Schema = d.schema(c.Shape)
		}
		all[c.Media] = media
	}
	return all
}

// schema is that of a type, kept once under its name.
func (d *describer) schema(shape any) *openapi3.SchemaRef {
	name := nameOf(reflect.TypeOf(shape))
	if _, there := d.schemas[name]; !there && name != "" {
		d.schemas[name] = d.generate(shape)
	}
	if name == "" {
		return d.generate(shape)
	}
	return openapi3.NewSchemaRef("#/components/schemas/"+name, d.schemas[name].Value)
}

func (d *describer) generate(shape any) *openapi3.SchemaRef {
	var recursive []reflect.Type
	customize := func(name string, t reflect.Type, tag reflect.StructTag, schema *openapi3.Schema) error {
		if holdsItself(t) {
			recursive = append(recursive, t)
		}
		return customize(name, t, tag, schema)
	}
	ref, err := openapi3gen.NewSchemaRefForValue(shape, nil, openapi3gen.SchemaCustomizer(customize))
	if err != nil && d.err == nil {
		d.err = err
	}
	for _, t := range recursive { // such a type is referred to by its name from within itself
		if _, there := d.schemas[t.Name()]; !there {
			d.schemas[t.Name()] = ref // holds the place while it is generated
			d.schemas[t.Name()] = d.generate(reflect.Zero(t).Interface())
		}
	}
	return ref
}

// holdsItself says whether t is a struct with a list of its own kind: a tree.
func holdsItself(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	return slices.ContainsFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool { return f.Type == reflect.SliceOf(t) })
}

// customize says of a struct what its tags say: a member without omitempty or omitzero is
// always there, and none is ever null.
func customize(_ string, t reflect.Type, _ reflect.StructTag, schema *openapi3.Schema) error {
	schema.Nullable = false
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || len(schema.Properties) == 0 {
		return nil
	}
	for _, field := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if schema.Properties[name] != nil && options != "omitempty" && options != "omitzero" {
			schema.Required = append(schema.Required, name)
		}
	}
	return nil
}

var (
	parameter = regexp.MustCompile(`\{(\w+)\}`)
	generic   = regexp.MustCompile(`^List\[.*\.(\w+)\]$`)
	nonWord   = regexp.MustCompile(`\W+`)
)

// nameOf is the name of a type's schema; "": it has none.
func nameOf(t reflect.Type) string {
	if match := generic.FindStringSubmatch(t.Name()); match != nil {
		return match[1] + "List"
	}
	return t.Name()
}

func operationID(method, path string) string {
	return strings.ToLower(method) + strings.TrimRight(nonWord.ReplaceAllString(path, "_"), "_")
}
