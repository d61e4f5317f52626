// Package lab is the fault laboratory: it runs the whole system as the processes that it consists of in production,
// lets customers place orders, and does to it what a bad day does: workers and the Temporal server are killed, requests
// are lost before and after they took effect, services are slow, limit rates and answer nonsense, the shop's index lags
// and its clock is off. When all is calm again, package audit compares the books.
//
// What happens, and when, is a [Plan]: a function of a seed.
package lab
