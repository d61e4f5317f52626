// Package mails reads the digests that an installation has sent.
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
	tables, err := tablesIn(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
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

// tablesIn returns the CSV parts of a body.
func tablesIn(contentType, encoding string, body io.Reader) ([][]byte, error) {
	media, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(media, "multipart/") {
		if media != "text/csv" {
			return nil, nil
		}
		switch strings.ToLower(encoding) {
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, body)
		case "quoted-printable":
			body = quotedprintable.NewReader(body)
		}
		table, err := io.ReadAll(body)
		return [][]byte{table}, err
	}
	var tables [][]byte
	for parts := multipart.NewReader(body, parameters["boundary"]); ; {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return tables, nil
		}
		if err != nil {
			return nil, err
		}
		inside, err := tablesIn(part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part)
		if err != nil {
			return nil, err
		}
		tables = append(tables, inside...)
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
