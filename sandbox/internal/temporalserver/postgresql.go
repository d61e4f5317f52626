package temporalserver

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	"go.temporal.io/server/tools/common/schema"
	sqltool "go.temporal.io/server/tools/sql"
)

const (
	// visibilitySuffix forms the name of the visibility database, as in Temporal's container images.
	visibilitySuffix = "_visibility"
	// maintenanceDatabase is the database to connect to in order to create others.
	maintenanceDatabase = "postgres"
	defaultPort         = "5432"

	// Each of the server's four services has a pool of this many connections to each of the two databases, which limits a
	// server to 48 connections. If fewer could be idle, connections would be opened and closed all the time, each at the
	// price of a process.
	mainConns       = 8
	visibilityConns = 4
)

// openPostgreSQL creates the two databases and their tables if they do not exist, and brings older tables up to date.
func openPostgreSQL(address string, l log.Logger) (store, error) {
	db, err := parsePostgreSQL(address)
	if err != nil {
		return store{}, err
	}
	visibility := *db
	visibility.DatabaseName += visibilitySuffix
	visibility.MaxConns, visibility.MaxIdleConns = visibilityConns, visibilityConns
	for directory, db := range map[string]*config.SQL{"temporal": db, "visibility": &visibility} {
		if err := prepareDatabase(db, "postgresql/v12/"+directory, l); err != nil {
			return store{}, fmt.Errorf("prepare database %s: %w", db.DatabaseName, err)
		}
	}
	return store{main: db, visibility: &visibility, close: func() error { return nil }}, nil
}

// parsePostgreSQL parses the address. Its errors do not repeat the address, because it may contain a password.
func parsePostgreSQL(address string) (*config.SQL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, errors.New("address of the database is not of the form postgres://user:password@host:port/database")
	}
	name := strings.TrimPrefix(u.Path, "/")
	if name == "" || u.Hostname() == "" && !u.Query().Has("host") {
		return nil, errors.New("address of the database names no host or no database")
	}
	port := u.Port()
	if port == "" {
		port = defaultPort
	}
	attributes := map[string]string{}
	for key, values := range u.Query() {
		attributes[key] = values[0]
	}
	password, _ := u.User.Password()
	return &config.SQL{
		PluginName:        postgresql.PluginName,
		ConnectAddr:       net.JoinHostPort(u.Hostname(), port),
		User:              u.User.Username(),
		Password:          password,
		DatabaseName:      name,
		ConnectAttributes: attributes,
		MaxConns:          mainConns,
		MaxIdleConns:      mainConns,
	}, nil
}

// prepareDatabase uses Temporal's own code to do what temporal-sql-tool does: create-database, setup-schema to a
// version before all others, and update-schema to this server's version.
func prepareDatabase(db *config.SQL, versions string, l log.Logger) error {
	maintenance := *db
	if err := sqltool.DoCreateDatabase(&maintenance, maintenanceDatabase, l); err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	conn, err := sqltool.NewConnection(db, l)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer conn.Close()
	if err := schema.NewSetupSchemaTask(conn, &schema.SetupConfig{InitialVersion: "0.0"}, l).Run(); err != nil {
		return fmt.Errorf("set up schema: %w", err)
	}
	if err := schema.NewUpdateSchemaTask(conn, &schema.UpdateConfig{SchemaName: versions}, l).Run(); err != nil {
		return fmt.Errorf("update schema: %w", err)
	}
	return nil
}
