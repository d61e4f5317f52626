// Package mails reads what an installation has sent: digests, and the mails that bring cards to their recipients.
package mails

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// Mail is the content of a digest's attachment.
type Mail struct {
	MessageID string
	Rows      []Row
}

// Row is a row of the attachment.
type Row struct {
	// State is "failed", "recovered", "mixed" and so on.
	State string
	// Order is the order's name.
	Order string
	Kind  string
}

// ErrNotDigest says that a mail is no digest: it has no table.
var ErrNotDigest = errors.New("the mail is no digest")

// Parse parses a digest: a mail with one CSV table attached.
func Parse(content []byte) (Mail, error) {
	m, err := mail.ReadMessage(bytes.NewReader(content))
	if err != nil {
		return Mail{}, err
	}
	tables, err := partsIn("text/csv", m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
	if err != nil {
		return Mail{}, err
	}
	if len(tables) == 0 {
		return Mail{}, ErrNotDigest
	}
	if len(tables) != 1 {
		return Mail{}, fmt.Errorf("it has %d tables, want 1", len(tables))
	}
	rows, err := parseTable(tables[0])
	return Mail{MessageID: m.Header.Get("Message-Id"), Rows: rows}, err
}

// Card is a mail that brings a card to its recipient.
type Card struct {
	MessageID string
	// To are the addresses to which the mail server delivered it.
	To []string
	// Words are the words of its text.
	Words []string
	// Unanswered reports that the sender may not have learnt that the mail was accepted.
	Unanswered bool
}

// ParseCard parses a mail with a card, as the mail server keeps it.
func ParseCard(content []byte) (Card, error) {
	m, err := mail.ReadMessage(bytes.NewReader(content))
	if err != nil {
		return Card{}, err
	}
	texts, err := partsIn("text/plain", m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
	if err != nil {
		return Card{}, err
	}
	if len(texts) == 0 {
		return Card{}, errors.New("it has no text")
	}
	return Card{
		MessageID: m.Header.Get("Message-Id"), To: m.Header["Delivered-To"], Words: strings.Fields(string(texts[0])),
	}, nil
}

// partsIn returns the parts of a body that are of a media type.
func partsIn(want, contentType, encoding string, body io.Reader) ([][]byte, error) {
	media, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(media, "multipart/") {
		if media != want {
			return nil, nil
		}
		switch strings.ToLower(encoding) {
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, body)
		case "quoted-printable":
			body = quotedprintable.NewReader(body)
		}
		content, err := io.ReadAll(body)
		return [][]byte{content}, err
	}
	var found [][]byte
	for parts := multipart.NewReader(body, parameters["boundary"]); ; {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		inside, err := partsIn(want, part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part)
		if err != nil {
			return nil, err
		}
		found = append(found, inside...)
	}
}

func parseTable(table []byte) ([]Row, error) {
	cells, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(table, []byte("\ufeff")))).ReadAll()
	if err != nil || len(cells) == 0 {
		return nil, errors.Join(errors.New("its table cannot be read"), err)
	}
	column := map[string]int{}
	for i, name := range cells[0] {
		column[strings.TrimPrefix(name, "\ufeff")] = i
	}
	for _, name := range []string{"state", "order", "kind"} {
		if _, ok := column[name]; !ok {
			return nil, fmt.Errorf("its table has no column %q", name)
		}
	}
	var rows []Row
	for _, c := range cells[1:] {
		rows = append(rows, Row{State: c[column["state"]], Order: c[column["order"]], Kind: c[column["kind"]]})
	}
	return rows, nil
}
