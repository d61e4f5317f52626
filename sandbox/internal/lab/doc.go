// Package lab is the fault laboratory. It runs the whole system as the processes that it consists of in production,
// lets customers place orders, and injects the faults of a bad day: workers and the Temporal server are killed,
// requests are lost before and after they took effect, services are slow, limit rates and return nonsense, the shop's
// index lags and its clock is off. When the faults are over and the system is at rest, package audit compares the
// books.
//
// What happens and when is a [plan.Plan], which is a function of a seed. Package storm makes the services misbehave, and
// the processes are those of package roles. Package resolver plays the operator, package customers has
// those who are told about their orders, package forwarded the ERP that takes the shop's
// events, and package report has the result.
package lab
