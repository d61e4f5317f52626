// Schemacut reduces the official schema of Shopify's Admin API to the fields that some GraphQL documents use, and
// writes it in GraphQL's schema language. The whole schema has thousands of types; the part that giftbridge uses is
// small enough to be read, reviewed, and compared between versions of the API.
//
// The official schema is an introspection result, gzipped, in the npm package @shopify/dev-mcp (ISC licence):
//
//	npm pack @shopify/dev-mcp@1.16.0
//	tar xzf shopify-dev-mcp-1.16.0.tgz package/dist/data/admin_2026-07.json.gz
//	go run ./schemacut -from package/dist/data/admin_2026-07.json.gz -to shopifytest/schema.graphql *.graphql shopifytest/webhooks.graphql
//
// The command with all documents is in the documentation of package shopify.
//
// It refuses documents that select a deprecated field, except those that its flag names: a field may have a successor only
// in a later version of the API.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
)

func main() {
	from := flag.String("from", "", "introspection `file` (.json.gz)")
	to := flag.String("to", "", "schema `file` to write")
	old := flag.String("deprecated", "", "deprecated `fields` that documents may select, such as Order.email, separated by commas")
	flag.Parse()
	if err := run(*from, *to, strings.Split(*old, ","), flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "schemacut:", err)
		os.Exit(1)
	}
}

func run(from, to string, old, documents []string) error {
	if from == "" || to == "" || len(documents) == 0 {
		return fmt.Errorf("need -from, -to and at least one document")
	}
	full, err := readIntrospection(from)
	if err != nil {
		return err
	}
	var all ast.QueryDocument
	for _, name := range documents {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		doc, err := parser.ParseQuery(&ast.Source{Name: name, Input: string(text)})
		if err != nil {
			return fmt.Errorf("parse document: %w", err)
		}
		all.Operations = append(all.Operations, doc.Operations...)
		all.Fragments = append(all.Fragments, doc.Fragments...)
	}
	schema, err := cut(full, &all, old...)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Part of Shopify's Admin API schema, cut from %s of npm package\n", filepath.Base(from))
	fmt.Fprintf(&b, "# @shopify/dev-mcp 1.16.0 (ISC licence). Generated, do not edit: the command is in doc.go of package shopify.\n\n")
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatSchemaDocument(schema)
	return os.WriteFile(to, b.Bytes(), 0o644)
}

func readIntrospection(name string) (*schema, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	var answer struct {
		Data struct {
			Schema schema `json:"__schema"`
		} `json:"data"`
	}
	if err := json.NewDecoder(z).Decode(&answer); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if answer.Data.Schema.QueryType.Name == "" {
		return nil, fmt.Errorf("read %s: no __schema in it", name)
	}
	return &answer.Data.Schema, nil
}
