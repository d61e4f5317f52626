package temporalserver

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence"
	"go.temporal.io/server/common/persistence/serialization"
	"go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/resolver"
	"go.temporal.io/server/common/searchattribute/sadefs"
	sqliteschema "go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

// setNamespace creates the namespace, or changes the existing one. Before the server runs, this takes effect at once. A
// change through the server's API reaches its caches only seconds later.
func (s store) setNamespace(
	ctx context.Context, name string, retention time.Duration, attributes map[string]enumspb.IndexedValueType,
) error {
	fresh, err := sqliteschema.NewNamespaceConfig(clusterName, name, false, nil)
	if err != nil {
		return fmt.Errorf("make namespace: %w", err)
	}
	// This works for any database of the server, despite the name of the package.
	if err := sqliteschema.CreateNamespaces(s.main, fresh); err != nil {
		return fmt.Errorf("make namespace: %w", err)
	}
	db, err := sql.NewSQLDB(sqlplugin.DbKindMain, s.main,
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

// addAliases assigns a column of the right type to each search attribute that has no column yet. SQL visibility has a
// fixed number of columns of each type, and aliases map a column to the attribute that it holds.
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
