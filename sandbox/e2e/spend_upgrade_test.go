package e2e_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/sandbox/internal/programs"
	"github.com/giftbridge/giftbridge/workflows"
)

// However workers are replaced while the issuer has not answered yet, each amount is taken off a card once, no workflow task
// fails, and what was asked for before is known after.
func TestUpgradeOfOpenRedemptions(t *testing.T) {
	t.Parallel()
	present := programs.Folder(t)
	older := *previous
	if older == "" || !spends(t, older) {
		older = present
	}
	for name, tt := range map[string]struct {
		releases []string
		killed   bool
	}{
		"upgrade of workers that are stopped":             {[]string{older, present}, false},
		"upgrade and rollback of workers that are killed": {[]string{older, present, older}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			replaceWorkersOfCards(t, tt.releases, tt.killed)
		})
	}
}

// spends reports whether a worker knows the workflow of a card that is spent. Those of releases before it do not.
func spends(t *testing.T, folder string) bool {
	t.Helper()
	program, err := os.ReadFile(filepath.Join(folder, programs.Worker))
	require.NoError(t, err)
	return bytes.Contains(program, []byte(workflows.ClaimRedemptionType))
}

func replaceWorkersOfCards(t *testing.T, releases []string, killed bool) {
	o := bothIssuers(fourwayshoptest.Options{})
	o.NoWorker, o.NoSchedule = true, true
	o.Configure = func(c *config.Config) { c.Payload.BindNamespace, c.Payload.Compress = false, false }
	w := start(t, o)
	c := w.hurried(1)
	code := c.card()
	now := w.deploy(releases[0])
	c.take("k-0", code, 500, redemption.Succeeded)
	left := int64(5500)
	for i, release := range releases[1:] {
		w.Later.Queue().Pause(true)
		keys := []string{string(rune('a'+i)) + "-1", string(rune('a'+i)) + "-2"}
		for _, key := range keys {
			c.begin(key, code, 1000)
		}
		before := now
		if killed {
			before.kill()
		}
		now = w.deploy(release)
		if !killed {
			before.stop()
			before.ended()
		}
		w.Later.Queue().Pause(false)
		for _, key := range keys {
			w.await(key+" is settled", func() bool {
				r, err := c.desk.Redemption(w.ctx, "shop", c.desk.RedemptionID("shop", key))
				return err == nil && r != nil && r.State == redemption.Succeeded
			})
			c.take(key, code, 1000, redemption.Succeeded)
		}
		left -= 2000
	}
	cards := w.Later.Cards()
	require.Len(t, cards, 1)
	require.Equal(t, left, int64(cards[0].Amount))
	require.Zero(t, w.Later.Stats().SpentTwice)
	w.requireNoFailedTasks()
}

// begin asks for an amount, and goes away once the workflow of the card knows.
func (c till) begin(key string, code issuer.Code, amount int64) {
	c.t.Helper()
	ctx, leave := context.WithCancel(c.ctx)
	var shop sync.WaitGroup
	shop.Go(func() { _, _ = c.desk.Redeem(ctx, asked(key, code, amount)) }) // Nobody hears the answer.
	c.await(key+" is known", func() bool {
		r, err := c.desk.Redemption(c.ctx, "shop", c.desk.RedemptionID("shop", key))
		return err == nil && r != nil
	})
	leave()
	shop.Wait()
}
