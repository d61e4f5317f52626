// Package shopify reads orders from Shopify's GraphQL Admin API.
//
// It speaks Shopify's words and knows nothing of gift cards. It never retries, sleeps or logs: every exchange that goes
// wrong is a [*rest.Error] for the caller to judge, also where Shopify hides it in an answer of status 200.
//
// The queries are in the .graphql files beside this one. Their Go types are generated against the part of the official
// schema in shopifytest/schema.graphql, which is cut out when a query or the version of the API changes:
//
//	npm pack @shopify/dev-mcp@1.16.0
//	tar xzf shopify-dev-mcp-1.16.0.tgz package/dist/data/admin_2026-07.json.gz
//	go run ./schemacut -from package/dist/data/admin_2026-07.json.gz -to shopifytest/schema.graphql *.graphql
//	go generate .
package shopify

//go:generate go tool genqlient
