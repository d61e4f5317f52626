package mail

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	netmail "net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

// maxSubject keeps a header line below the 998 characters of RFC 5322, section 2.1.1.
const maxSubject = 900

// encodedWord is the start of an encoded word, which mail readers decode (RFC 2047, section 2). A text that contains it
// would be displayed differently from what it says here.
const encodedWord = "=?"

// Message is a mail.
type Message struct {
	// From, To and ReplyTo are addresses as in RFC 5322: "giftbridge <from@example.com>". ReplyTo may be empty.
	From    string
	To      []string
	ReplyTo string
	Subject string
	// Text is required. HTML is the same content for mail readers that can display it.
	Text, HTML  string
	Attachments []Attachment
	// MessageID is the mail's identity, without angle brackets: "digest.2026-08-22@example.com". A mail that is sent
	// again keeps its MessageID.
	MessageID string
	Date      time.Time
}

// Attachment is a file in a mail.
type Attachment struct {
	Name string
	// ContentType is a media type without a name: "text/csv; charset=utf-8".
	ContentType string
	Data        []byte
	// ContentID, if set, makes the file a part of the HTML, which names it as "cid:" and this ID (RFC 2392). It has no
	// angle brackets: "barcode@example.com".
	ContentID string
}

// letter is a message in the form in which it is transmitted.
type letter struct {
	from, replyTo *netmail.Address
	to            []*netmail.Address
	content       []byte
}

// all returns every address of the letter.
func (l letter) all() []*netmail.Address {
	var all []*netmail.Address
	for _, a := range append([]*netmail.Address{l.from, l.replyTo}, l.to...) {
		if a != nil {
			all = append(all, a)
		}
	}
	return all
}

// messageID matches dot-atom-text, an at sign, and dot-atom-text again (RFC 5322, section 3.6.4).
var messageID = regexp.MustCompile("^[0-9A-Za-z!#$%&'*+/=?^_`{|}~.-]+@[0-9A-Za-z!#$%&'*+/=?^_`{|}~.-]+$")

func (m Message) letter() (letter, error) {
	l, err := m.addresses()
	if err != nil {
		return letter{}, err
	}
	switch {
	case m.Subject == "":
		return letter{}, errors.New("subject is empty")
	case !oneLine(m.Subject):
		return letter{}, errors.New("subject holds a control character")
	case strings.Contains(m.Subject, encodedWord):
		return letter{}, errors.New("subject looks encoded")
	case len(m.Subject) > maxSubject:
		return letter{}, errors.New("subject is too long")
	case m.Text == "":
		return letter{}, errors.New("text is empty")
	case len(m.MessageID) > maxSubject || !messageID.MatchString(m.MessageID):
		return letter{}, errors.New("message id is not of the form name@domain")
	case m.Date.IsZero():
		return letter{}, errors.New("date is not set")
	}
	for i, a := range m.Attachments {
		if err := a.check(); err != nil {
			return letter{}, fmt.Errorf("attachment %d: %w", i+1, err)
		}
	}
	if l.content, err = m.compose(l); err != nil {
		return letter{}, fmt.Errorf("compose: %w", err)
	}
	return l, nil
}

func (m Message) addresses() (letter, error) {
	var l letter
	var err error
	if l.from, err = address(m.From); err != nil {
		return letter{}, fmt.Errorf("sender: %w", err)
	}
	if m.ReplyTo != "" {
		if l.replyTo, err = address(m.ReplyTo); err != nil {
			return letter{}, fmt.Errorf("reply to: %w", err)
		}
	}
	if len(m.To) == 0 {
		return letter{}, errors.New("no recipient")
	}
	for i, to := range m.To {
		a, err := address(to)
		if err != nil {
			return letter{}, fmt.Errorf("recipient %d: %w", i+1, err)
		}
		l.to = append(l.to, a)
	}
	return l, nil
}

// address parses an address. The error does not repeat it.
func address(s string) (*netmail.Address, error) {
	if !oneLine(s) {
		return nil, errors.New("address holds a control character")
	}
	a, err := netmail.ParseAddress(s)
	if err != nil {
		return nil, errors.New("not a mail address")
	}
	if strings.ContainsFunc(a.Address, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsPrint(r) }) {
		return nil, errors.New("address holds a character beyond ASCII")
	}
	if !oneLine(a.Name) || strings.Contains(a.Name, encodedWord) { // An encoded word can hold either.
		return nil, errors.New("name holds a control character or looks encoded")
	}
	return a, nil
}

// envelope returns the address in the form for an SMTP command, with its local part quoted if necessary.
func envelope(a *netmail.Address) string { return (&netmail.Address{Address: a.Address}).String() }

func oneLine(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' })
}

func (a Attachment) check() error {
	if a.Name == "" || !oneLine(a.Name) || strings.Contains(a.Name, encodedWord) || strings.ContainsAny(a.Name, `"\/`) {
		return errors.New("not a file name")
	}
	if a.contentType() == "" {
		return errors.New("not a content type")
	}
	if a.ContentID != "" && !messageID.MatchString(a.ContentID) {
		return errors.New("content id is not of the form name@domain")
	}
	return nil
}

// contentType returns the content type in its canonical form, to which the name can be appended as a parameter. It
// returns an empty string if the content type is invalid or already has a name.
func (a Attachment) contentType() string {
	media, parameters, err := mime.ParseMediaType(a.ContentType)
	if err != nil || !oneLine(a.ContentType) {
		return ""
	}
	if _, ok := parameters["name"]; ok {
		return ""
	}
	return mime.FormatMediaType(media, parameters)
}

func (m Message) compose(l letter) ([]byte, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(l.from)
	msg.ToMailAddress(l.to...)
	if l.replyTo != nil {
		msg.ReplyToMailAddress(l.replyTo)
	}
	// A run of spaces could be folded into lines of white space alone, which some servers take for the end of the
	// header.
	msg.Subject(strings.Join(strings.Fields(m.Subject), " "))
	msg.SetMessageIDWithValue(m.MessageID)
	msg.SetDateWithValue(m.Date)
	// RFC 3834: asks for no out-of-office replies.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	for _, a := range m.Attachments {
		add := msg.AttachReader
		options := []gomail.FileOption{
			gomail.WithFileEncoding(gomail.EncodingB64), gomail.WithFileContentType(gomail.ContentType(a.contentType())),
		}
		if a.ContentID != "" {
			add, options = msg.EmbedReader, append(options, gomail.WithFileContentID("<"+a.ContentID+">"))
		}
		if err := add(a.Name, bytes.NewReader(a.Data), options...); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
