package digest

// Mail is a rendered report.
type Mail struct {
	// Subject is one line.
	Subject string
	// Text and HTML say the same.
	Text, HTML string
	// CSV holds every row of the report, those too that Text and HTML leave out.
	CSV []byte
}
