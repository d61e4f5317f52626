package doctor

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/doctor/exam"
	"github.com/giftbridge/giftbridge/internal/doctor/page"
	"github.com/giftbridge/giftbridge/internal/maillink"
)

// Links is the name of the check of the links in the digest's mail. It must not change, because monitors read it.
const Links = "digest links"

// linksExams returns the check of the links in the digest's mail; none if nothing that they need is configured.
func (x *examination) linksExams() []exam.Exam {
	if x.Config.Receiver.URL == "" && len(x.Config.Links.Keys) == 0 {
		return nil
	}
	return []exam.Exam{{Name: Links, Reads: []string{"RECEIVER_URL", "ACTION_KEYS"}, Do: x.links}}
}

// links compares the keys of this configuration with the receiver's: it follows a link of each key that expired long ago, which
// can do nothing. The receiver's answer says whether it knows the key.
func (x *examination) links(ctx context.Context) check.Check {
	base, keys := x.Config.Receiver.URL, x.Config.Links.Keys
	switch {
	case base == "":
		return exam.Warn("ACTION_KEYS is set, and RECEIVER_URL is not: the digest's mail has no links",
			"set RECEIVER_URL, and run the receiver; or unset ACTION_KEYS")
	case len(keys) == 0:
		_, serves, err := x.follow(ctx, "none")
		if err == nil && serves {
			return exam.Warn("the receiver serves links, and ACTION_KEYS is not set here: if the workers have none either, the "+
				"digest's mail has no links", "give the workers the receiver's ACTION_KEYS")
		}
		return exam.OK("off: ACTION_KEYS is not set")
	}
	for _, k := range keys {
		token, err := maillink.Keys{{ID: k.ID, Secret: []byte(k.Secret.Reveal())}}.Sign(maillink.Link{
			WorkflowID: "doctor", RunID: "00000000-0000-0000-0000-000000000000", Action: maillink.Settle, Day: "2000-01-01",
			Expires: time.Date(2000, time.January, 4, 0, 0, 0, 0, time.UTC),
		})
		if err != nil {
			return exam.Fail(err.Error(), "see docs/configuration.md, ACTION_KEYS")
		}
		status, serves, err := x.follow(ctx, token)
		switch {
		case err != nil:
			return exam.Fail(base+" does not answer: "+page.WithoutAddress(x.why(ctx, err)), "see the check receiver")
		case !serves:
			return exam.Fail(fmt.Sprintf("%s serves no links (it answers %d): those of the digest's mail lead nowhere", base, status),
				"give the receiver the same ACTION_KEYS, have RECEIVER_SERVES contain "+config.ServeActions+", and have a proxy in "+
					"front pass on paths below "+maillink.Path)
		case status != http.StatusGone:
			return exam.Fail(fmt.Sprintf("the receiver does not know the key %q: the links that it signs are refused", k.ID),
				"give workers and receivers the same ACTION_KEYS, with the same IDs, and restart them")
		}
	}
	return exam.OK("the receiver knows all keys: %d", len(keys))
}

// follow follows a link, and returns the status of the answer, and whether it is the answer of giftbridge's page.
func (x *examination) follow(ctx context.Context, token string) (status int, serves bool, err error) {
	answer, err := page.Read(ctx, strings.TrimSuffix(x.Config.Receiver.URL, "/")+maillink.Path+token)
	if err != nil {
		return 0, false, err
	}
	// No proxy's page asks robots to stay away and loads nothing.
	serves = strings.HasPrefix(answer.Header.Get("Content-Security-Policy"), "default-src 'none'") &&
		answer.Header.Get("X-Robots-Tag") != ""
	return answer.Status, serves, nil
}

// untimely returns a warning that the risk of an order is looked at before it is known.
func untimely() check.Check {
	c := exam.Warn("RISK=hold without ISSUE_AFTER: cards are issued as soon as an order is paid, and Shopify's judgement may come "+
		"later", "set ISSUE_AFTER, such as 15m, and run: giftbridge schedules")
	c.Name = Configuration
	return c
}
