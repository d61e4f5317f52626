package temporalserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence"
	"go.temporal.io/server/common/persistence/serialization"
	"go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/resolver"
	"go.temporal.io/server/common/searchattribute/sadefs"
	sqliteschema "go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

// namespaceTable is a table that every database of the server has.
const namespaceTable = "namespaces"

// store is the SQLite database of one server. The server's driver keeps a database open until the process ends.
type store struct {
	config *config.SQL
	file   bool
}

// openStore makes the database's tables unless it has them.
func openStore(file string) (store, error) {
	if file == "" {
		// Databases in memory are shared by name within the process; the driver makes the tables.
		return store{config: &config.SQL{
			PluginName:        sqliteplugin.PluginName,
			DatabaseName:      rand.Text(),
			ConnectAttributes: map[string]string{"mode": "memory", "cache": "shared"},
		}}, nil
	}
	s := store{file: true, config: &config.SQL{
		PluginName:   sqliteplugin.PluginName,
		DatabaseName: (&url.URL{Path: file}).EscapedPath(), // it becomes part of a URI
		// A write-ahead log survives the process being killed and needs no sync on every commit; the default journal
		// costs two thirds of the throughput.
		ConnectAttributes: map[string]string{"mode": "rwc", "journal_mode": "WAL", "synchronous": "NORMAL"},
	}}
	return s, s.createTables()
}

func (s store) createTables() error {
	db, err := s.admin()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	tables, err := db.ListTables(s.config.DatabaseName)
	switch {
	case err != nil:
		return fmt.Errorf("list tables: %w", err)
	case slices.Contains(tables, namespaceTable):
		return nil
	case len(tables) > 0:
		return errors.New("database file is not one of a temporal server")
	}
	// In one transaction, or a process killed here would leave a file that never works again.
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

// setNamespace makes the namespace, or changes the one that is there. Before the server runs this takes effect at once;
// a change through its API reaches the server's caches only seconds later.
func (s store) setNamespace(
	ctx context.Context, name string, retention time.Duration, attributes map[string]enumspb.IndexedValueType,
) error {
	fresh, err := sqliteschema.NewNamespaceConfig(clusterName, name, false, nil)
	if err != nil {
		return fmt.Errorf("make namespace: %w", err)
	}
	if err := sqliteschema.CreateNamespaces(s.config, fresh); err != nil {
		return fmt.Errorf("make namespace: %w", err)
	}
	db, err := sql.NewSQLDB(sqlplugin.DbKindMain, s.config,
		resolver.NewNoopResolver(), log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.SelectFromNamespace(ctx, sqlplugin.NamespaceFilter{Name: &name})
	if err != nil {
		return fmt.Errorf("read namespace: %w", err)
	}
	row, serializer := rows[0], serialization.NewSerializer()
	detail, err := serializer.NamespaceDetailFromBlob(persistence.NewDataBlob(row.Data, row.DataEncoding))
	if err != nil {
		return fmt.Errorf("read namespace: %w", err)
	}
	before := proto.Clone(detail)
	detail.Config.Retention = durationpb.New(retention)
	detail.Config.CustomSearchAttributeAliases, err = addAliases(detail.Config.CustomSearchAttributeAliases, attributes)
	if err != nil {
		return err
	}
	if proto.Equal(before, detail) {
		return nil
	}
	detail.ConfigVersion++
	blob, err := serializer.NamespaceDetailToBlob(detail)
	if err != nil {
		return fmt.Errorf("write namespace: %w", err)
	}
	row.Data, row.DataEncoding = blob.GetData(), blob.GetEncodingType().String()
	if _, err := db.UpdateNamespace(ctx, &row); err != nil {
		return fmt.Errorf("write namespace: %w", err)
	}
	return nil
}

// addAliases gives each search attribute that has none yet a column of its type. SQL visibility has a fixed number of
// columns of each type, and aliases map a column to the attribute that lives in it.
func addAliases(
	aliases map[string]string, attributes map[string]enumspb.IndexedValueType,
) (map[string]string, error) {
	types := sadefs.GetDBIndexSearchAttributes(nil).GetCustomSearchAttributes()
	columns := slices.Sorted(maps.Keys(types))
	added := make(map[string]string, len(aliases)+len(attributes))
	columnOf := make(map[string]string, len(aliases))
	for column, attribute := range aliases {
		added[column] = attribute
		columnOf[attribute] = column
	}
	for _, attribute := range slices.Sorted(maps.Keys(attributes)) {
		want := attributes[attribute]
		if column, ok := columnOf[attribute]; ok {
			if types[column] != want {
				return nil, fmt.Errorf("search attribute %s is of type %s, not %s", attribute, types[column], want)
			}
			continue
		}
		free := slices.IndexFunc(columns, func(column string) bool {
			return types[column] == want && added[column] == ""
		})
		if free < 0 {
			return nil, fmt.Errorf("no column is left for search attribute %s of type %s", attribute, want)
		}
		added[columns[free]] = attribute
	}
	return added, nil
}

// close moves what the write-ahead log holds into the database file, so that the one file is all there is to copy.
func (s store) close() error {
	if !s.file {
		return nil
	}
	db, err := s.admin()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if err := db.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return fmt.Errorf("checkpoint database: %w", err)
	}
	return nil
}

func (s store) admin() (sqlplugin.AdminDB, error) {
	db, err := sql.NewSQLAdminDB(sqlplugin.DbKindUnknown, s.config,
		resolver.NewNoopResolver(), log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return db, nil
}
