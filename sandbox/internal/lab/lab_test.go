package lab_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/sandbox/internal/lab"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/roles"
)

// TestMain also runs the processes of the laboratory, which starts this program for each of them.
func TestMain(m *testing.M) {
	roles.RunMain()
	os.Exit(m.Run())
}

// If the workers wrongly rely on the issuer to deduplicate, cards are made twice, and the auditor notices.
func TestBooksOfDeceivedWorkersDoNotBalance(t *testing.T) {
	t.Parallel()
	report, err := lab.Run(t.Context(), lab.Options{
		Plan: plan.New(3, 60, plan.MinLength).With(plan.WebhooksOn), Deceive: true, Patience: 5 * time.Minute, Say: t.Logf,
	})
	require.NoError(t, err)
	require.False(t, report.OK(), "%+v", report)
	require.Positive(t, report.CardsDuplicate, report.Problems)
	require.Contains(t, strings.Join(report.Problems, "\n"), "duplicate: card ")
	for _, problem := range report.Problems {
		// Nobody looks into the cards in doubt of this run.
		require.True(t, !strings.HasPrefix(problem, "missing: ") || strings.HasSuffix(problem, string(giftcard.OutcomeUnknown)), problem)
	}
}

// An interrupted run leaves neither processes nor files behind.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var said []string
	keep := filepath.Join(t.TempDir(), "kept")
	_, err := lab.Run(ctx, lab.Options{
		Plan: plan.New(1, 10, plan.MinLength).With(plan.WebhooksOn), IssuerDedupes: true, Keep: keep, Patience: time.Minute,
		Say: func(format string, args ...any) {
			said = append(said, fmt.Sprintf(format, args...))
			if strings.Contains(format, "customers and faults") {
				cancel()
			}
		},
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, "interrupted: all processes are stopped", said[len(said)-1])
	for _, name := range []string{
		"temporal.db", "worker-1.log", "worker-2.log", "receiver-1.log", "receiver-2.log", "shop.log", "issuer.log", "later.log",
		"mail.log",
	} {
		require.FileExists(t, filepath.Join(keep, name))
	}
}
