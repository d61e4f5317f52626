package mischief

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
)

// Mails is what befalls the mails that a mail server accepts.
type Mails struct {
	Troubles []plan.MailTrouble
	// Folder is an existing folder for the record of what has befallen. It is in files because the mail server is killed.
	Folder string
}

// mailFaults are the faults of the mail server.
var mailFaults = map[plan.What]mailtest.FaultKind{
	plan.MailUnanswered: mailtest.CloseBeforeReply, plan.MailRefused: mailtest.RefuseRecipient,
}

// file returns the file that exists once a trouble has befallen its mail.
func (m Mails) file(t plan.MailTrouble) string {
	return filepath.Join(m.Folder, string(t.What)+"-"+strconv.FormatInt(t.Order, 10))
}

func (m Mails) befell(t plan.MailTrouble) bool {
	_, err := os.Stat(m.file(t))
	return err == nil
}

// Faults returns the faults of the troubles that have not befallen their mails yet.
func (m Mails) Faults() (faults []mailtest.Fault) {
	for _, t := range m.Troubles {
		if !m.befell(t) {
			faults = append(faults, mailtest.Fault{Kind: mailFaults[t.What], Recipient: t.Address})
		}
	}
	return faults
}

// OnFault records that a fault has befallen a mail.
func (m Mails) OnFault(f mailtest.Fault) {
	for _, t := range m.Troubles {
		if mailFaults[t.What] != f.Kind || t.Address != f.Recipient {
			continue
		}
		if err := os.WriteFile(m.file(t), nil, 0o600); err != nil {
			panic(fmt.Sprintf("record that a mail met %s: %v", t.What, err))
		}
	}
}

// Befallen returns how many orders each trouble has befallen.
func (m Mails) Befallen() map[plan.What]int {
	out := map[plan.What]int{}
	for _, t := range m.Troubles {
		if m.befell(t) {
			out[t.What]++
		}
	}
	return out
}
