package temporalserver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
)

const (
	// host is the address that the server listens on. It has no authentication, so other machines must not reach it.
	host = "127.0.0.1"
	// DefaultNamespace is the only namespace that the server creates.
	DefaultNamespace = "default"
	// DefaultRetention is how long a closed workflow is kept by default. With the server's own default, a day, a workflow
	// ID could be used again after a day, although its work has already been done.
	DefaultRetention = 30 * 24 * time.Hour
	// NoUI as UIPort omits the Web UI.
	NoUI = -1
)

// Options configures a server. The zero value is a server in memory, on free ports, with a Web UI.
type Options struct {
	// Port is the frontend's gRPC port, a free one if zero.
	Port int
	// UIPort is the Web UI's HTTP port, a free one if zero, none if NoUI.
	UIPort int
	// UICodecEndpoint is the URL of the codec server that the Web UI asks to decode payloads.
	UICodecEndpoint string
	// Retention is how long the namespace keeps closed workflows, DefaultRetention if zero.
	Retention time.Duration
	// DBFile is a SQLite file that outlives the server, even if the server is killed. If empty, everything is in memory.
	DBFile string
	// PostgreSQL is the address of a database to use instead of SQLite, postgres://user:password@host:port/name with the
	// parameters that libpq knows (?host= is the folder of a socket). This database and name_visibility are created if
	// they do not exist, and they outlive the server.
	PostgreSQL string
	// SearchAttributes are custom search attributes to add to the ones that the namespace already has.
	SearchAttributes map[string]enumspb.IndexedValueType
	// DynamicConfig overrides the server's dynamic configuration, for example "frontend.WorkflowPauseEnabled": true.
	DynamicConfig map[string]any
}

func (o Options) validate() error {
	if o.Retention < 0 {
		return fmt.Errorf("retention %s is negative", o.Retention)
	}
	if o.DBFile != "" && o.PostgreSQL != "" {
		return errors.New("state is kept either in a database file or in PostgreSQL")
	}
	if o.DBFile == "" {
		return nil
	}
	// SQLite reports a missing directory as "out of memory".
	if _, err := os.Stat(filepath.Dir(o.DBFile)); err != nil {
		return fmt.Errorf("find directory of database file: %w", err)
	}
	return nil
}
