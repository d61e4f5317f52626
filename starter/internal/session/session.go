// Package session connects a command to a running giftbridge.
package session

import (
	"context"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/logging"
	"github.com/giftbridge/giftbridge/internal/operator"
)

// Operate runs do with an operator. Commands that only read need only a part of the configuration.
func Operate(cmd *cobra.Command, load func() (config.Config, error), do func(context.Context, *operator.Operator) error) error {
	cfg, err := load()
	if err != nil {
		return &cli.UsageError{Err: err}
	}
	temporal, err := app.TemporalFromEnvironment()
	if err != nil {
		return &cli.UsageError{Err: err}
	}
	// At a prompt, only the SDK's errors are of interest.
	cfg.Log.Level = zerolog.ErrorLevel.String()
	log, err := logging.New(cmd.ErrOrStderr(), cfg.Log)
	if err != nil {
		return &cli.UsageError{Err: err}
	}
	o, err := app.NewOperator(cmd.Context(), temporal, cfg, log)
	if err != nil {
		return err
	}
	defer o.Close()
	return do(cmd.Context(), o)
}

// OnlyToLook loads the configuration of commands that need nothing but Temporal and the payload keys.
func OnlyToLook() (config.Config, error) {
	cfg, err := config.Read()
	if err != nil {
		return cfg, err
	}
	return cfg, cfg.Payload.Validate()
}

// Now returns the present in the digest's time zone, in which people name days.
func Now() time.Time {
	now := time.Now().UTC()
	cfg, err := OnlyToLook()
	if err != nil {
		return now // The command reports what is wrong when it connects.
	}
	if zone, err := cfg.Digest.Location(); err == nil {
		return now.In(zone)
	}
	return now
}
