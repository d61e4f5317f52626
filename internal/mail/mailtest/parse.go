package mailtest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/textproto"
	"strings"
)

// Mail is a parsed mail.
type Mail struct {
	// Header is as sent, with encoded words not decoded; Subject, From and To are decoded.
	Header     netmail.Header
	Subject    string
	From       []*netmail.Address
	To         []*netmail.Address
	Text, HTML string
	// Attachments are the parts that are declared as attachments.
	Attachments []Attachment
	// Inline are the parts that the HTML may show, which have a Content-ID.
	Inline []Attachment
}

// Attachment is a file in a mail.
type Attachment struct {
	Name, ContentType string
	// ContentID has no angle brackets. Only a part that the HTML may show has one.
	ContentID string
	Data      []byte
}

// maxDepth is the maximum nesting depth of parts.
const maxDepth = 8

// Parse parses the mail.
func (m Message) Parse() (Mail, error) { return Parse(m.Data) }

// Parse parses a mail (RFC 5322, RFC 2045).
func Parse(data []byte) (Mail, error) {
	raw, err := netmail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return Mail{}, fmt.Errorf("read mail: %w", err)
	}
	m := Mail{Header: raw.Header}
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(raw.Header.Get("Subject")); err != nil {
		return Mail{}, fmt.Errorf("decode subject: %w", err)
	}
	for name, list := range map[string]*[]*netmail.Address{"From": &m.From, "To": &m.To} {
		if *list, err = raw.Header.AddressList(name); err != nil && !errors.Is(err, netmail.ErrHeaderNotPresent) {
			return Mail{}, fmt.Errorf("read %s: %w", name, err)
		}
	}
	if err := m.part(textproto.MIMEHeader(raw.Header), raw.Body, 0); err != nil {
		return Mail{}, fmt.Errorf("read mail: %w", err)
	}
	return m, nil
}

func (m *Mail) part(header textproto.MIMEHeader, body io.Reader, depth int) error {
	if depth > maxDepth {
		return errors.New("parts are nested too deep")
	}
	contentType := header.Get("Content-Type")
	if contentType == "" {
		contentType = "text/plain"
	}
	media, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return fmt.Errorf("content type: %w", err)
	}
	if strings.HasPrefix(media, "multipart/") {
		return m.parts(multipart.NewReader(body, parameters["boundary"]), depth)
	}
	switch encoding := strings.ToLower(header.Get("Content-Transfer-Encoding")); encoding {
	case "", "7bit", "8bit", "binary":
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	default:
		return fmt.Errorf("unknown transfer encoding %q", encoding)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return fmt.Errorf("%s: %w", media, err)
	}
	disposition, file, _ := mime.ParseMediaType(header.Get("Content-Disposition"))
	switch {
	case disposition == "attachment":
		name, err := new(mime.WordDecoder).DecodeHeader(file["filename"])
		if err != nil {
			return fmt.Errorf("file name: %w", err)
		}
		m.Attachments = append(m.Attachments, Attachment{Name: name, ContentType: contentType, Data: data})
	case disposition == "inline" && header.Get("Content-Id") != "":
		m.Inline = append(m.Inline, Attachment{
			Name: file["filename"], ContentType: contentType, Data: data,
			ContentID: strings.Trim(header.Get("Content-Id"), "<>"),
		})
	case media == "text/plain" && m.Text == "":
		m.Text = unix(data)
	case media == "text/html" && m.HTML == "":
		m.HTML = unix(data)
	}
	return nil
}

func (m *Mail) parts(r *multipart.Reader, depth int) error {
	for {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := m.part(p.Header, p, depth+1); err != nil {
			return err
		}
	}
}

func unix(b []byte) string { return strings.ReplaceAll(string(b), "\r\n", "\n") }
