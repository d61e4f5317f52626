// Package arrivals takes orders in as soon as the shop announces them. A notice is a hint: it says only which order to look
// at. A [Queue] holds the numbers of these orders in memory, reads the orders again from the shop, decides by the rules of
// the poll, and starts the workflow that a poll would start, under the same ID.
//
// The poll is the guarantee. Whatever a queue loses (by a crash, when it is full, while the shop or Temporal is away), the
// next poll finds.
package arrivals
