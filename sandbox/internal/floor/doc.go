// Package floor is the bare engine: a parent that starts children, each of which runs two empty activities one after
// the other. It has the shape of a poll and of orders that look their merchants up (17 events per child) without the
// work that they do, so no system of that shape on the same server can be faster. Orders whose merchants come with the
// poll's page have one activity and 11 events.
package floor
