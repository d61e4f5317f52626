// Package cli holds what the commands share: exit codes and wrong usage, questions and their answers, tables, JSON, and
// flags that mean the same everywhere. It knows no Temporal and no configuration.
package cli
