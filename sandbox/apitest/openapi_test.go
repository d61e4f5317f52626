package apitest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi/datamodel/high/base"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
	"github.com/pb33f/libopenapi/orderedmap"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/checkout/api"
)

// document is the document, and what checks requests and answers by it.
type document struct {
	model *v3.Document
	valid validator.Validator
	text  string
}

func load(t *testing.T) document {
	t.Helper()
	text, err := os.ReadFile("../../docs/openapi.yaml")
	require.NoError(t, err)
	doc, err := libopenapi.NewDocument(text)
	require.NoError(t, err)
	require.Equal(t, "3.1.0", doc.GetVersion())
	model, err := doc.BuildV3Model()
	require.NoError(t, err)
	valid, errs := validator.NewValidator(doc, config.WithFormatAssertions())
	require.Empty(t, errs)
	return document{&model.Model, valid, string(text)}
}

// operation is an operation of the document.
type operation struct {
	method, path string
	item         *v3.PathItem
	*v3.Operation
}

func (d document) operations() []operation {
	var out []operation
	for path, item := range d.model.Paths.PathItems.FromOldest() {
		for method, op := range item.GetOperations().FromOldest() {
			out = append(out, operation{strings.ToUpper(method), path, item, op})
		}
	}
	return out
}

// examplesOf returns the examples of a content, which has one media type.
func examplesOf(t *testing.T, content *orderedmap.Map[string, *v3.MediaType], typ string) *orderedmap.Map[string, *base.Example] {
	t.Helper()
	require.Equal(t, 1, content.Len())
	media, ok := content.Get(typ)
	require.True(t, ok)
	require.Positive(t, media.Examples.Len())
	return media.Examples
}

// jsonOf returns an example as JSON.
func jsonOf(t *testing.T, e *base.Example) []byte {
	t.Helper()
	var v any
	require.NoError(t, e.Value.Decode(&v))
	out, err := json.Marshal(v)
	require.NoError(t, err)
	return out
}

// request returns the request of an operation that is an example with a name, or is the first one.
func (o operation) request(t *testing.T, name string) (*http.Request, []byte) {
	t.Helper()
	r := httptest.NewRequest(o.method, o.path, http.NoBody)
	r.Header.Set("Authorization", "Bearer example")
	for _, p := range append(slices.Clone(o.item.Parameters), o.Parameters...) {
		var value string
		require.NoError(t, p.Example.Decode(&value))
		switch p.In {
		case "path":
			r.URL.Path = strings.ReplaceAll(r.URL.Path, "{"+p.Name+"}", value)
		case "header":
			r.Header.Set(p.Name, value)
		default:
			t.Fatalf("a parameter in %s", p.In)
		}
	}
	if o.RequestBody == nil {
		return r, nil
	}
	r.Header.Set("Content-Type", "application/json")
	all := examplesOf(t, o.RequestBody.Content, "application/json")
	e, ok := all.Get(name)
	if !ok {
		e = all.First().Value()
	}
	return r, jsonOf(t, e)
}

// The document is one as OpenAPI 3.1 has it, and says something about everything in it.
func TestDocument(t *testing.T) {
	t.Parallel()
	d := load(t)
	ok, errs := d.valid.ValidateDocument()
	for _, err := range errs {
		t.Log(err.Message, err.Reason)
	}
	require.True(t, ok)
	seen := map[string]bool{}
	for _, o := range d.operations() {
		require.NotEmpty(t, o.OperationId)
		require.False(t, seen[o.OperationId], o.OperationId)
		seen[o.OperationId] = true
		require.NotEmpty(t, o.Summary, o.OperationId)
		require.NotEmpty(t, o.Description, o.OperationId)
		require.Len(t, o.Tags, 1, o.OperationId)
		for _, status := range []string{"401", "403", "405"} {
			require.NotNil(t, o.Responses.Codes.GetOrZero(status), "%s %s", o.OperationId, status)
		}
		for status, response := range o.Responses.Codes.FromOldest() {
			require.NotEmpty(t, response.Description, "%s %s", o.OperationId, status)
		}
	}
	for name, schema := range d.model.Components.Schemas.FromOldest() {
		require.NotEmpty(t, schema.Schema().Description, name)
		for field, property := range schema.Schema().Properties.FromOldest() {
			require.True(t, property.IsReference() || property.Schema().Description != "", "%s.%s", name, field)
		}
	}
	for kind, names := range map[string][]string{
		"schemas": slices.Collect(d.model.Components.Schemas.KeysFromOldest()), "responses": slices.Collect(d.model.Components.Responses.KeysFromOldest()),
		"parameters": slices.Collect(d.model.Components.Parameters.KeysFromOldest()), "headers": slices.Collect(d.model.Components.Headers.KeysFromOldest()),
		"examples": slices.Collect(d.model.Components.Examples.KeysFromOldest()),
	} {
		require.NotEmpty(t, names)
		for _, name := range names {
			require.Contains(t, d.text, "'#/components/"+kind+"/"+name+"'", "nothing uses it")
		}
	}
}

// The document has all routes and all types of problems that there are, and no others.
func TestComplete(t *testing.T) {
	t.Parallel()
	d := load(t)
	var documented, served []string
	for _, o := range d.operations() {
		documented = append(documented, o.method+" "+o.path)
	}
	for _, endpoint := range api.Endpoints() {
		served = append(served, endpoint)
	}
	require.ElementsMatch(t, served, documented)

	var types []string
	problem := d.model.Components.Schemas.GetOrZero("Problem").Schema()
	for _, node := range problem.Properties.GetOrZero("type").Schema().AnyOf[0].Schema().Enum {
		types = append(types, node.Value)
	}
	var known []string
	for _, typ := range api.Types() {
		known = append(known, string(typ))
	}
	require.ElementsMatch(t, known, types)
}

// Each example of an answer is what the API answers to the request with its name, and both are as the document says.
func TestExamples(t *testing.T) {
	t.Parallel()
	d := load(t)
	used, types := map[string]bool{}, map[string]bool{}
	for _, o := range d.operations() {
		for status, response := range o.Responses.Codes.FromOldest() {
			typ := "application/problem+json"
			if status < "400" {
				typ = "application/json"
			}
			for name, want := range examplesOf(t, response.Content, typ).FromOldest() {
				used[name] = true
				t.Run(o.OperationId+"/"+status+"/"+name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						answer := d.execute(t, o, name)
						require.Equal(t, status, strconv.Itoa(answer.Code), answer.Body)
						require.Equal(t, typ, answer.Header().Get("Content-Type"))
						requireSame(t, jsonOf(t, want), answer.Body.Bytes(), types)
						requireHeaders(t, response, answer)
					})
				})
			}
		}
		if o.RequestBody != nil {
			for name := range examplesOf(t, o.RequestBody.Content, "application/json").KeysFromOldest() {
				require.True(t, used[name], "%s: no answer has the name of the request %s", o.OperationId, name)
			}
		}
	}
	for name := range scenarios {
		require.True(t, used[name], name)
	}
	for _, typ := range api.Types() { //nolint:paralleltest // It has the types that the examples have answered before.
		require.True(t, types[string(typ)], "no example answers %s", typ)
	}
}

// execute sends the request of an example to the API.
func (d document) execute(t *testing.T, o operation, name string) *httptest.ResponseRecorder {
	t.Helper()
	scenario, ok := scenarios[name]
	require.True(t, ok, "there is no scenario %s", name)
	e := &example{world: newWorld(), t: t, operation: o.OperationId}
	e.request, e.body = o.request(t, name)
	e.prepare()
	scenario(e)
	answer := e.ask(e.again(), e.body)
	if e.request.Method != o.method {
		return answer // It is no request of the document's.
	}
	asked := e.again()
	asked.Body = http.NoBody
	if len(e.body) > 0 {
		asked.Body, asked.ContentLength = io.NopCloser(bytes.NewReader(e.body)), int64(len(e.body))
	}
	ok, errs := d.valid.ValidateHttpRequest(asked)
	wrong := answer.Code == http.StatusBadRequest || answer.Code == http.StatusUnauthorized ||
		answer.Code == http.StatusRequestEntityTooLarge || answer.Code == http.StatusUnsupportedMediaType
	require.Equal(t, !wrong, ok, "%v", errs)
	ok, errs = d.valid.ValidateHttpResponse(asked, answer.Result())
	require.True(t, ok, "%v", errs)
	return answer
}

// requireSame compares an answer with an example. An example may leave out the detail, which is for people.
func requireSame(t *testing.T, want, got []byte, types map[string]bool) {
	t.Helper()
	var expected, actual map[string]any
	require.NoError(t, json.Unmarshal(want, &expected))
	require.NoError(t, json.Unmarshal(got, &actual))
	if expected["detail"] == nil {
		delete(actual, "detail")
	}
	require.Equal(t, expected, actual)
	if typ, ok := actual["type"].(string); ok {
		types[typ] = true
	}
}

// requireHeaders checks that an answer has the headers that the document says, and no others.
func requireHeaders(t *testing.T, response *v3.Response, answer *httptest.ResponseRecorder) {
	t.Helper()
	general := []string{"Content-Type", "Cache-Control"}
	for name := range answer.Header() {
		documented := slices.ContainsFunc(slices.Collect(response.Headers.KeysFromOldest()), func(h string) bool {
			return strings.EqualFold(h, name)
		})
		require.True(t, documented || slices.Contains(general, name), name)
	}
	for name := range response.Headers.KeysFromOldest() {
		require.True(t, name == "Retry-After" || answer.Header().Get(name) != "", name)
	}
}
