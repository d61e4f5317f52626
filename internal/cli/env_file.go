package cli

import (
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/envfile"
)

// EnvFile adds the flag --env-file to a root command. The files are read while flags are parsed, before any command
// reads its configuration.
func EnvFile(root *cobra.Command) {
	root.PersistentFlags().Var(&envFiles{set: map[string]bool{}}, "env-file",
		"read variables from a `file` of NAME=value lines; the environment overrides it, and a later file an earlier one")
	cobra.CheckErr(root.MarkPersistentFlagFilename("env-file"))
}

// envFiles is the value of the flag: it puts the variables of each file into the environment.
type envFiles struct {
	paths []string
	// set holds the names of the variables that come from files.
	set map[string]bool
}

// String implements pflag.Value.
func (e *envFiles) String() string { return strings.Join(e.paths, ", ") }

// Type implements pflag.Value.
func (*envFiles) Type() string { return "file" }

// Set implements pflag.Value.
func (e *envFiles) Set(path string) error {
	variables, err := envfile.Read(path)
	if err != nil {
		return err
	}
	e.paths = append(e.paths, path)
	for _, v := range variables {
		if _, given := os.LookupEnv(v.Name); given && !e.set[v.Name] {
			continue
		}
		if err := os.Setenv(v.Name, v.Value); err != nil {
			return err
		}
		e.set[v.Name] = true
	}
	return nil
}
