package doctor

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/giftbridge/giftbridge/internal/app/later"
	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/doctor/exam"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/token"
)

// The names of the checks. They must not change, because monitors read them.
const (
	FourWayShop      = "four way shop"
	FourWayShopItems = "four way shop items"
	Callbacks        = "callbacks"
)

// fourWayShopExams returns the checks of the account at Four Way Shop; none if it is not used.
func (x *examination) fourWayShopExams() []exam.Exam {
	if !x.Config.FourWayShop.On() {
		return nil
	}
	return []exam.Exam{
		{Name: FourWayShop, Reads: []string{"FOURWAYSHOP_", "PLAIN_HTTP_HOSTS"}, Do: x.fourWayShopLogin},
		{Name: FourWayShopItems, Needs: []string{FourWayShop}, Do: x.fourWayShopItems},
		{Name: Callbacks, Reads: []string{"RECEIVER_URL", "CALLBACK_KEYS"}, Do: x.callbacks},
	}
}

// fourWayShopLogin checks the credentials by a login.
func (x *examination) fourWayShopLogin(ctx context.Context) check.Check {
	all, err := later.NewIssuers(x.Config, http.DefaultTransport, nil)
	if err != nil {
		return exam.Fail(x.why(ctx, err), "set the FOURWAYSHOP_* variables as described in docs/configuration.md")
	}
	err = all[fourwayshop.Issuer].Prober.Probe(ctx)
	if err == nil {
		return exam.OK("credentials accepted")
	}
	const cureURL = "set FOURWAYSHOP_BASE_URL to your own address of the service, and allow outbound connections to it from this " +
		"machine"
	switch status := rest.StatusOf(err); {
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusOK:
		return exam.Fail("credentials refused: "+x.why(ctx, err),
			"set FOURWAYSHOP_USERNAME and FOURWAYSHOP_PASSWORD to the account's credentials, and check that FOURWAYSHOP_BASE_URL is "+
				"in the same environment (test or production)")
	case status == http.StatusNotFound, status < http.StatusBadRequest:
		return exam.Fail(x.why(ctx, err), cureURL)
	}
	return exam.Fail(x.why(ctx, err), "try again later; if it still fails, ask Four Way Shop and give the time of this request")
}

// fourWayShopItems says what cannot be checked: only a card that is made shows whether its item exists.
func (x *examination) fourWayShopItems(context.Context) check.Check {
	items := x.Config.FourWayShop.Items
	return exam.Skip(fmt.Sprintf("not checked: only making a card shows whether an item code is known: %s", items))
}

// callbacks compares the keys of this configuration with the receiver's: it reads an address that each key signs, and that
// belongs to no card. Only a POST to it would tell a workflow anything.
func (x *examination) callbacks(ctx context.Context) check.Check {
	base, keys := x.Config.Receiver.URL, x.Config.FourWayShop.CallbackKeys
	for _, k := range keys {
		address, err := callback.New(base, token.Keys{{ID: k.ID, Secret: []byte(k.Secret.Reveal())}}).For(callback.Target{
			Issuer: fourwayshop.Issuer, WorkflowID: "doctor", Step: issuer.Generating, Attempt: 1,
		})
		if err != nil {
			return exam.Fail(err.Error(), "see docs/configuration.md, CALLBACK_KEYS")
		}
		status, said, err := readPage(ctx, address)
		switch {
		case err != nil:
			return exam.Fail(base+" does not answer: "+withoutPath(x.why(ctx, err)), "see the check receiver")
		case status == http.StatusMethodNotAllowed && said == callback.OnlyPOST:
		case status == http.StatusNotFound && said == callback.NothingHere:
			return exam.Fail(fmt.Sprintf("the receiver does not know the key %q: cards whose answers it signs wait for the next look "+
				"at them, and no card is generated", k.ID),
				"give workers and receivers the same CALLBACK_KEYS, with the same IDs, and restart them")
		default:
			return exam.Fail(fmt.Sprintf("%s takes no answers of issuers (it answers %d): no card is made", base, status),
				"give the receiver the same CALLBACK_KEYS, have RECEIVER_SERVES contain "+config.ServeCallbacks+", and have a proxy in "+
					"front pass on paths below "+callback.Path)
		}
	}
	return exam.OK("the receiver knows all keys: %d", len(keys))
}

// readPage returns the status of the answer to a GET, and the beginning of its body.
func readPage(ctx context.Context, address string) (status int, said string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	defer t.CloseIdleConnections()
	c := &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := c.Do(r)
	if err != nil {
		return 0, "", err
	}
	const enough = 100
	body, err := io.ReadAll(io.LimitReader(answer.Body, enough))
	_ = answer.Body.Close()
	return answer.StatusCode, strings.TrimSpace(string(body)), err
}
