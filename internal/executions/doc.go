// Package executions reads giftbridge's workflows from Temporal: their runs, states, histories and results, and what was
// stored with them. Everything that people and digests are told begins here.
package executions
