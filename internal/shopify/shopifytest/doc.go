// Package shopifytest simulates the part of Shopify's GraphQL Admin API that giftbridge uses. It is an [http.Handler]
// with an in-memory shop, for tests, demonstrations and benchmarks. It is to Shopify what net/http/httptest is to a
// server.
//
// The simulation is strict. Queries are parsed and validated against schema.graphql, so a field that does not exist is
// refused. Requests need a token, page sizes are limited, and every query costs points from a bucket that can run
// empty. The search index may lag behind writes. A time without quotes in a search is silently misread, as Shopify
// does. Behaviour of Shopify that is unknown and had to be assumed is marked in the code.
//
// The orders and products are in package shop, what searches find in package index, what changes an order in package
// mutation, what webhooks the app has asked for in package subscription, and what a query costs and how it runs in package
// graphql. This package is the HTTP side: tokens, versions, faults, counts and control routes.
//
// Besides the API there are control routes, for clients in another process. They need no token, so serve the handler on
// a loopback address only.
//
//	GET    /_control/stats        requests, statuses, errors, faults and points so far
//	DELETE /_control/stats        resets the counts to zero
//	PUT    /_control/faults       {"seed": 1, "latency": "20ms", "rates": [{"fault": FAULT, "probability": 0.05}]}
//	POST   /_control/faults       {"fault": FAULT, "times": 3}: applies to the next three queries, before any rate
//	DELETE /_control/faults       removes all faults
//	PUT    /_control/lag          {"lag": "30s"}: how long writes from now on stay invisible to searches
//	GET    /_control/orders       all orders, oldest first, in the JSON of [Order]
//	PUT    /_control/orders       an [Order], which is added, or replaces the order with its id
//	PATCH  /_control/orders/{id}  the fields of an [Order] to change; an empty object counts as a change too
//	POST   /_control/orders       an orders/create webhook payload, which becomes an order
//
// FAULT is {"kind": KIND} with the fields "status", "retry_after" and "delay" if the kind has them; see [FaultKind].
package shopifytest
