// Package bench measures the system beside the bare engine: what an order costs, how many fit into a second, and what is
// asked of the outside services. Everything that is measured is a process of its own, the worker the very program that
// is deployed; the simulated services run in the process that measures.
//
// [Build] makes the programs. [Programs.OpenRig] starts a system whose orders are placed with [Rig.Place], taken in with
// [Rig.Poll] and waited for with [Rig.Await], [Rig.AwaitCards] and [Rig.Settle]; [Process.Usage] tells what a process has
// used. What comes out is a report with [Bar]s: what the figures have to be.
//
// The host may be shared and noisy, so figures of different runs do not compare. Ratios inside one run do.
package bench
