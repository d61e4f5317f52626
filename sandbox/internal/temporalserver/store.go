package temporalserver

import (
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
)

// store is where a server keeps its state.
type store struct {
	// main and visibility are the same database for SQLite.
	main, visibility *config.SQL
	// close is called once the server has stopped.
	close func() error
}

func openStore(opts Options, l log.Logger) (store, error) {
	if opts.PostgreSQL != "" {
		return openPostgreSQL(opts.PostgreSQL, l)
	}
	return openSQLite(opts.DBFile)
}
