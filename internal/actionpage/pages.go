package actionpage

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"github.com/giftbridge/giftbridge/internal/acting"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/maillink"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/workflows"
)

// page is what the layout shows.
type page struct {
	Title string
	Facts []fact
	Says  []string
	// Form is nil if there is nothing to do.
	Form *form
	// Style is the style sheet.
	Style template.CSS
}

// fact is a line about the order.
type fact struct{ Name, Value string }

// form is what a person can send.
type form struct {
	Button  string
	Note    bool
	MaxNote int
	// Problem says what is wrong with the form that was sent before.
	Problem string
}

var (
	//go:embed page.html.tmpl
	source string
	//go:embed page.css
	style  string
	layout = template.Must(template.New("page").Parse(source))

	// headers are those of every page. Browsers load nothing from elsewhere, tell nobody the address, keep no copy, show
	// the page in no frame, and send the form only back here.
	headers = map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'sha256-" + digestOf(style) +
			"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"Referrer-Policy":            "no-referrer",
		"Cache-Control":              "no-store",
		"X-Robots-Tag":               "noindex, nofollow, noarchive",
		"X-Content-Type-Options":     "nosniff",
		"X-Frame-Options":            "DENY",
		"Cross-Origin-Opener-Policy": "same-origin",
	}
)

func digestOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func newPage(title string, facts []fact, says ...string) page {
	return page{Title: title, Facts: facts, Says: says, Style: template.CSS(style)} //nolint:gosec // The style sheet is ours.
}

// plainPage returns a page that is about no order.
func plainPage(title, says string) page { return newPage(title, nil, says) }

var invalidPage = plainPage("This link is not valid",
	"Nothing was done. The address is not one of a giftbridge mail, or it is not complete: a mail program may have cut it off. "+
		"Open the link in the mail again.")

func expiredPage(l maillink.Link) page {
	return plainPage("This link has expired", "Nothing was done. Links of a mail work for "+printable.Duration(maillink.Validity)+
		", and this one is of the mail of "+l.Day+". If there is still something to do, a newer mail has a newer link.")
}

// maxName and maxMessage bound what a page shows of an order, in characters.
const (
	maxName    = 80
	maxMessage = 500
)

func nameOf(o executions.Order) string {
	return "order " + cmp.Or(printable.Line(o.Name, maxName), o.ID)
}

// about returns the facts about a link's order.
func about(l maillink.Link, v acting.View) []fact {
	o := v.Order
	facts := []fact{{"Order", cmp.Or(printable.Line(o.Name, maxName), o.ID)}, {"Shop", printable.Line(o.Shop, maxName)}}
	if o.Cards > 0 {
		cards := fmt.Sprintf("%d gift cards", o.Cards)
		if o.Cards == 1 {
			cards = "1 gift card"
		}
		if o.Amount != "" {
			cards += ", " + printable.Line(o.Amount, maxName) + " " + printable.Line(o.Currency, maxName)
		}
		facts = append(facts, fact{"Cards", cards})
	}
	switch {
	case o.Failure != nil:
		facts = append(facts, fact{"Why it failed", printable.Line(o.Failure.Kind+": "+o.Failure.Message, maxMessage)})
	case o.State == executions.Left:
		facts = append(facts, fact{"Why it is left to people", workflows.Why(o.Reason)})
	}
	return append(facts, fact{"Mail", "digest of " + l.Day})
}

// openPage returns the page of a link that can be used.
func openPage(l maillink.Link, v acting.View, problem string) page {
	until := "The link works until " + moment(l.Expires) + ", once."
	if l.Action == maillink.Settle {
		p := newPage("Settle "+nameOf(v.Order)+"?", about(l, v),
			"This records that nothing is left to do for the order, such as after a refund or a card that was issued by hand. "+
				"No mail lists it any more, and its missing cards are not issued, whatever happens to it in the shop. "+
				"Cards that exist stay valid. The shop and the issuer are not informed.",
			"Someone with access to giftbridge can take it back. "+until)
		p.Form = &form{Button: "Settle " + nameOf(v.Order), Note: true, MaxNote: maxNote, Problem: problem}
		return p
	}
	p := newPage("Run "+nameOf(v.Order)+" again?", about(l, v),
		"giftbridge takes the step that failed again. Cards that exist are kept, and none is issued twice. "+
			"If it fails again, the next mail says so.", until)
	p.Form = &form{Button: "Run " + nameOf(v.Order) + " again", Problem: problem}
	return p
}

// closedPage returns the page of a genuine link with which nothing can be done.
func closedPage(l maillink.Link, v acting.View) page {
	if v.Standing == acting.Gone && v.Use == nil {
		return plainPage("The order is gone", "Nothing was done: Temporal no longer has the order, because its records are kept for a limited time.")
	}
	name := nameOf(v.Order)
	facts := about(l, v)
	switch v.Standing {
	case acting.Used:
		return newPage("This link was used", facts,
			"It was used at "+moment(v.Use.At)+", and each link works once. "+becameOf(l, v), now(v))
	case acting.Running:
		return newPage("There is nothing to do: "+name+" is running", facts,
			"Nothing was done: the order was run again since the mail was written, and is being issued now.")
	case acting.Done:
		return newPage("There is nothing to do: "+name+" has its cards", facts,
			"Nothing was done: the order was run again since the mail was written, and was successful.")
	case acting.Settled:
		return newPage("There is nothing to do: "+name+" is settled", facts,
			"Nothing was done: somebody has settled the order since the mail was written, or had its data removed.")
	default:
		return newPage("This link is out of date", facts,
			"Nothing was done: the order was run again, or decided about, since the mail was written. The next mail says where it stands, with a new link.")
	}
}

// usedNow returns the page after a link was used.
func usedNow(l maillink.Link, v acting.View) (status int, p page) {
	name := nameOf(v.Order)
	title, status := "Recorded: "+name+" will be run again", http.StatusAccepted
	if l.Action == maillink.Settle {
		title = "Recorded: " + name + " will be settled"
	}
	switch u := v.Use; {
	case u.Done && u.RunID == "":
		title, status = "Nothing was done with "+name, http.StatusConflict
	case u.Done && l.Action == maillink.Settle:
		title, status = "Settled: "+name, http.StatusOK
	case u.Done:
		title, status = "Running again: "+name, http.StatusOK
	}
	return status, newPage(title, about(l, v)[:2], becameOf(l, v))
}

// becameOf returns what became of a link's use.
func becameOf(l maillink.Link, v acting.View) string {
	settles := l.Action == maillink.Settle
	switch u := v.Use; {
	case !u.Done && settles:
		return "It is recorded. The order is settled as soon as a worker is free; there is nothing more for you to do."
	case !u.Done:
		return "It is recorded. The order is run again as soon as a worker is free; there is nothing more for you to do."
	case u.Failed != "":
		return "It could not be done: " + printable.Line(u.Failed, maxMessage) + "."
	case u.RunID == "":
		return "Nothing was done: " + printable.Line(u.LeftAlone, maxMessage) + "."
	case settles:
		return "The order was settled, and no mail lists it any more. The record says: settled by " + acting.By(l) + "."
	}
	return "The order was run again. If it fails again, the next mail says so."
}

// now returns where the order of a used link stands now.
func now(v acting.View) string {
	switch v.Order.State {
	case executions.Running:
		return "At the moment, the order is being issued."
	case executions.Completed:
		return "By now, the order has its cards."
	case executions.Failed, executions.Canceled:
		return "At the moment, the order is failed."
	case executions.Settled:
		return "By now, the order is settled."
	case executions.Left:
		return "At the moment, the order is left to people."
	case executions.Redacted:
		return "By now, the order's data is removed."
	}
	return "Temporal no longer has the order."
}

func moment(t time.Time) string { return t.UTC().Format("2 January 2006 15:04") + " UTC" }
