package postgres

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Who lacks PostgreSQL is told what to install.
func TestBinariesAreMissing(t *testing.T) {
	t.Parallel()
	_, err := find("initdb-of-nobody", t.TempDir())
	require.ErrorContains(t, err, "initdb-of-nobody is neither on the PATH nor in ")
	require.ErrorContains(t, err, "apt-get install postgresql")
}
