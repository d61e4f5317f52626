// Package rig runs what benchmarks measure: programs that are built for that purpose, in processes of their own, and a
// Temporal server in memory.
package rig
