// Package retailing reads orders and products as their customers see them: with parcels, payments, refunds, images and
// addresses, and with money in the currency that the customer paid in. It uses Shopify's terms.
//
// An order needs read_orders, read_customers and read_products, and access to protected customer data of both levels. The
// place that a parcel was sent from needs read_locations; it is left out unless asked for. A variant needs read_products.
// The weight of lines exists since version 2026-07 of the API.
//
// In points, which a query requests before it runs, an order costs at most 132, each further 250 of its lines at most 80,
// each further 250 lines of a parcel or a refund 25, a variant 11 and a page of 250 changed orders 13. What Shopify charges
// after the query ran depends on the size of the order: an order of two lines that was sent in one parcel costs about 20.
package retailing

//go:generate go tool genqlient
