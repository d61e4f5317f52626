// Package executions reads giftbridge's workflows from Temporal: their runs, states, histories and results, and the
// data stored with them. Everything that is shown to people or reported in a digest starts here.
package executions
