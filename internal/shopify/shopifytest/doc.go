// Package shopifytest simulates the part of Shopify's GraphQL Admin API that giftbridge uses. It is an [http.Handler]
// with an in-memory shop, for tests, demonstrations and benchmarks. It is to Shopify what net/http/httptest is to a
// server.
//
// The simulation is strict. Queries are parsed and validated against schema.graphql, so a field that does not exist is
// refused. Requests need a token, page sizes are limited, and every query costs points from a bucket that can run
// empty. The search index may lag behind writes. A time without quotes in a search is silently misread, as Shopify
// does. Behaviour of Shopify that is unknown and had to be assumed is marked in the code.
//
// Changes of the shop are delivered to the webhook subscriptions of the app, as Shopify does it. A delivery can be lost,
// late, doubled, broken or forged.
//
// What an order is, and how the API shows it, is in package order, products are in package goods, both for a shop in package
// shop. What searches find is in package index, what changes an order in package mutation, what answers are made of in
// package object, and what a query costs and how it runs in package graphql. What webhooks the app has asked for is in package
// subscription, what happens in the shop that concerns
// them in package events, what they say in package payload, and how they are sent in package delivery. This package is the HTTP
// side: tokens, versions, faults, counts and control routes.
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
//	POST   /_control/orders/{id}/fulfillments       a [Fulfillment], by default of all units that are left
//	PATCH  /_control/orders/{id}/fulfillments/{id}  the fields to change, such as {"trackings": […]} or {"status": "CANCELLED"}
//	POST   /_control/orders/{id}/fulfillments/{id}/delivery  reports it as delivered
//	POST   /_control/orders/{id}/refunds            a [Refund] of units, or of an amount alone
//	GET    /_control/variants     the variants of the shop's products
//	PUT    /_control/variants     a [Variant], which is added, or replaces the one with its SKU
//	PUT    /_control/stock        {"sku": "MUG", "stock": 0}: sells a variant out; a number above 0 restocks it
//	POST   /_control/disputes     {"order": 5}: a customer disputes the payment of the order
//	DELETE /_control/app          removes the app from the shop
//
//	GET    /_control/subscriptions          the app's webhook subscriptions
//	PUT    /_control/subscriptions          a subscription, stored as it is: {"topic": "ORDERS_CREATE", "uri": "http://…"}
//	DELETE /_control/subscriptions          deletes all of them
//	DELETE /_control/subscriptions/{topic}  deletes those to a topic, such as ORDERS_CREATE
//	GET    /_control/webhooks               what was sent, how it was answered, and what troubles befell it
//	DELETE /_control/webhooks               forgets that
//	PUT    /_control/webhooks/troubles      {"shares": [{"trouble": TROUBLE, "share": 0.05, "topics": ["orders/create"]}]}
//	POST   /_control/webhooks/troubles      {"trouble": TROUBLE, "times": 3}: befalls the next three deliveries
//	DELETE /_control/webhooks/troubles      ends all troubles
//	PUT    /_control/webhooks/secret        {"secret": "…"}: rotates the app's secret
//	PUT    /_control/webhooks/paused        {"paused": true}: holds all deliveries back
//
// FAULT is {"kind": KIND} with the fields "status", "retry_after" and "delay" if the kind has them; see [FaultKind].
// TROUBLE is a [delivery.Trouble].
package shopifytest
