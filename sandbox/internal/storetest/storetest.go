// Package storetest lets tests choose where Temporal servers keep their state: in SQLite, which needs no setup, or with
// -temporal-store postgresql in PostgreSQL, as in production.
package storetest

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/giftbridge/giftbridge/sandbox/internal/postgres"
)

// The values of the flag.
const (
	sqlite     = "sqlite"
	postgresql = "postgresql"
)

var chosen = flag.String("temporal-store", sqlite, "where Temporal servers keep their state: sqlite or postgresql")

// cluster is the PostgreSQL cluster if PostgreSQL is chosen. Run stops it.
var cluster *postgres.Server

// Run runs a package's tests, with PostgreSQL if that is chosen, and returns the exit code. It belongs in TestMain. If
// PostgreSQL cannot be started, the run fails.
func Run(run func() int) int {
	flag.Parse()
	switch *chosen {
	case sqlite:
		return run()
	case postgresql:
	default:
		fmt.Fprintf(os.Stderr, "-temporal-store is %q, not sqlite or postgresql\n", *chosen)
		return 2
	}
	var err error
	if cluster, err = postgres.Start(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := run()
	if err := cluster.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// PostgreSQL returns the address of a database for this test alone, which the server that is given it creates, or the
// empty string if SQLite is chosen.
func PostgreSQL(testing.TB) string {
	if cluster == nil {
		return ""
	}
	return cluster.URL("temporal_" + strings.ToLower(rand.Text()))
}
