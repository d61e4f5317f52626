// Package bench measures the system beside the bare engine: what an order costs, how many orders fit into a second, and
// which requests the outside services receive. Everything that is measured runs in a process of its own, and the worker
// is the program that is deployed. The simulated services run in the measuring process.
//
// [Build] builds the programs. [Programs.OpenRig] starts a system, whose orders are placed with [Rig.Place], taken in
// with [Rig.Poll] and waited for with [Rig.Await], [Rig.AwaitCards] and [Rig.Settle]. [Process.Usage] returns what a
// process has used. The result is a report with [Bar]s, the limits that the figures have to meet.
//
// The host may be shared and noisy, so figures from different runs are not comparable. Ratios within one run are.
package bench
