package temporalserver

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/resolver"
	sqliteschema "go.temporal.io/server/schema/sqlite"
)

// namespaceTable is a table that every database of the server has.
const namespaceTable = "namespaces"

// openSQLite creates the database's tables if they do not exist. The server's driver keeps a database open until the
// process ends.
func openSQLite(file string) (store, error) {
	if file == "" {
		// Databases in memory are shared by name within the process. The driver creates the tables.
		memory := &config.SQL{
			PluginName:        sqliteplugin.PluginName,
			DatabaseName:      rand.Text(),
			ConnectAttributes: map[string]string{"mode": "memory", "cache": "shared"},
		}
		return store{main: memory, visibility: memory, close: func() error { return nil }}, nil
	}
	db := &config.SQL{
		PluginName:   sqliteplugin.PluginName,
		DatabaseName: (&url.URL{Path: file}).EscapedPath(), // it becomes part of a URI
		// A write-ahead log survives the killing of the process and needs no sync on every commit. The default journal costs
		// two thirds of the throughput.
		ConnectAttributes: map[string]string{"mode": "rwc", "journal_mode": "WAL", "synchronous": "NORMAL"},
	}
	return store{main: db, visibility: db, close: func() error { return checkpoint(db) }}, createTables(db)
}

func createTables(file *config.SQL) error {
	db, err := admin(file)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	tables, err := db.ListTables(file.DatabaseName)
	switch {
	case err != nil:
		return fmt.Errorf("list tables: %w", err)
	case slices.Contains(tables, namespaceTable):
		return nil
	case len(tables) > 0:
		return errors.New("database file is not one of a temporal server")
	}
	// In one transaction, because otherwise a process killed here would leave a file that never works again.
	if err := db.Exec("BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin to create tables: %w", err)
	}
	if err := sqliteschema.SetupSchemaOnDB(db); err != nil {
		return errors.Join(fmt.Errorf("create tables: %w", err), db.Exec("ROLLBACK"))
	}
	if err := db.Exec("COMMIT"); err != nil {
		return fmt.Errorf("create tables: %w", err)
	}
	return nil
}

// checkpoint moves the contents of the write-ahead log into the database file, so that only this file needs to be
// copied.
func checkpoint(file *config.SQL) error {
	db, err := admin(file)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if err := db.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return fmt.Errorf("checkpoint database: %w", err)
	}
	return nil
}

func admin(file *config.SQL) (sqlplugin.AdminDB, error) {
	db, err := sql.NewSQLAdminDB(sqlplugin.DbKindUnknown, file,
		resolver.NewNoopResolver(), log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return db, nil
}
