// Package shopify reads orders from Shopify's GraphQL Admin API, and marks those whose cards exist.
//
// It uses Shopify's terms and knows nothing about gift cards. Package adminapi exchanges the queries. It does not log, and
// does not retry except once, with a renewed token after a 401. It waits for the query points that a query needs, at most
// ten seconds. Every failed exchange is returned as a [*rest.Error] for the caller to judge, including failures that
// Shopify reports with status 200.
//
// The queries are in the .graphql files beside this one. Their Go types are generated against the part of the official
// schema in shopifytest/schema.graphql. That part must be cut out again when a query or the version of the API changes:
//
//	npm pack @shopify/dev-mcp@1.16.0
//	tar xzf shopify-dev-mcp-1.16.0.tgz package/dist/data/admin_2026-07.json.gz
//	go run ./schemacut -from package/dist/data/admin_2026-07.json.gz -to shopifytest/schema.graphql -deprecated CustomerPhoneNumber.marketingState *.graphql subscriptions/*.graphql disputes/*.graphql retailing/*.graphql shopifytest/webhooks.graphql
//	go generate ./...
//
// The successor of the deprecated field exists since 2026-10 only.
package shopify

//go:generate go tool genqlient
