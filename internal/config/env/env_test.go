package env_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config/env"
)

// kettle is a section of a configuration that has nothing to do with giftbridge.
type kettle struct {
	Litres float64       `envconfig:"KETTLE_LITRES" default:"1.5"`
	Within time.Duration `envconfig:"KETTLE_WITHIN" default:"5m"`
	Owner  string        `envconfig:"KETTLE_OWNER" required:"true"`
	Code   env.Secret    `envconfig:"KETTLE_CODE"`
	Seen   bool          `ignored:"true"`
}

type configuration struct{ Kettle kettle }

var schema = env.Schema{
	Sections: []env.Section{{
		Field: "Kettle", Heading: "The kettle", Prefixes: []string{"KETTLE_"},
		Variables: map[string]env.Reference{
			"KETTLE_LITRES": {Want: "a number of litres", About: "How much it holds."},
			"KETTLE_WITHIN": {Want: env.WantDuration, About: "How soon it boils."},
			"KETTLE_OWNER":  {Want: env.WantText, About: "Who may use it."},
			"KETTLE_CODE":   {Want: env.WantSecret, About: "What opens it."},
		},
	}},
	Others: []string{"STOVE_TYPE"},
}

// Any struct of sections is a configuration.
func TestRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "code")
	require.NoError(t, os.WriteFile(file, []byte("hush\n"), 0o600))
	for name, value := range map[string]string{
		"KETTLE_LITRES": "2", "KETTLE_CODE_FILE": file, "KETTLE_OWNERS": "me", "STOVE_TIPE": "gas", "KETTLE_WITHIN": "soon",
	} {
		t.Setenv(name, value)
	}

	var c configuration
	found := schema.Read(&c)
	invalid := schema.Problems()
	env.Required(&c, invalid)
	invalid.Bad("KETTLE_WITHIN", "0s")
	found.Merge(invalid)

	require.Equal(t, kettle{Litres: 2, Within: 5 * time.Minute, Code: env.NewSecret("hush")}, c.Kettle)
	require.EqualError(t, found.Err(), `configuration: 4 problems
  KETTLE_WITHIN: "soon": need a duration such as 90s, 10m or 336h
  KETTLE_OWNERS: unknown; did you mean KETTLE_OWNER?
  STOVE_TIPE: unknown; did you mean STOVE_TYPE?
  KETTLE_OWNER: is not set: need text`)
}

// What a configuration says of itself: for people without secrets, for another process with them.
func TestDescribe(t *testing.T) {
	t.Parallel()
	var c, def configuration
	env.Default(&c)
	env.Default(&def)
	c.Kettle.Owner, c.Kettle.Code = "me", env.NewSecret("hush")
	require.Equal(t, []env.Setting{
		{Name: "KETTLE_LITRES", Value: "1.5", IsDefault: true, About: "How much it holds."},
		{Name: "KETTLE_WITHIN", Value: "5m", IsDefault: true, About: "How soon it boils."},
		{Name: "KETTLE_OWNER", Value: "me", About: "Who may use it."},
		{Name: "KETTLE_CODE", Value: "[redacted]", About: "What opens it."},
	}, schema.Describe(&c, &def))
	require.Equal(t, []string{"KETTLE_LITRES=1.5", "KETTLE_WITHIN=5m0s", "KETTLE_OWNER=me", "KETTLE_CODE=hush"}, env.Environ(&c))
	require.Equal(t, `
## The kettle

| variable | value | default | meaning |
|---|---|---|---|
| `+"`KETTLE_LITRES` | a number of litres | `1.5` | How much it holds. |\n"+
		"| `KETTLE_WITHIN` | a duration such as 90s, 10m or 336h | `5m` | How soon it boils. |\n"+
		"| `KETTLE_OWNER` | text | **required** | Who may use it. |\n"+
		"| `KETTLE_CODE` | a secret | - | What opens it. |\n", schema.Markdown(&c))
}

// A default that cannot be parsed is a mistake in the code.
func TestDefaultPanics(t *testing.T) {
	t.Parallel()
	var c struct {
		Kettle struct {
			Litres int `envconfig:"KETTLE_LITRES" default:"many"`
		}
	}
	require.Panics(t, func() { env.Default(&c) })
}
